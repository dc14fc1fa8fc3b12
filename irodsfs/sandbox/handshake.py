"""How a connection begins: startup pack, negotiation of TLS, version."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

from irodsfs.sandbox.error_numbers import ProtocolError, code_of
from irodsfs.sandbox.wire import Message, Struct, decode, encode, read_header, send_message

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

RELEASE = "rods5.0.2"
API_VERSION = "d"
NEGOTIATION_REQUEST = "request_server_negotiation"
GOODBYE_SECONDS = 1


def greet(agent: Agent) -> bool:
    """Goes through the handshake; False when the client may not go on."""
    message = agent.receive()
    if message is None:
        return False
    if message.type != "RODS_CONNECT":
        raise ProtocolError(f"a connection began with {message.type[:40]!r}")
    agent.startup = decode(message.body)
    wants_negotiation = NEGOTIATION_REQUEST in agent.startup.text("option")
    status = negotiate(agent) if wants_negotiation else without_negotiation(agent)
    send(agent, "RODS_VERSION", version(status))
    if status == 0 and agent.negotiated == "CS_NEG_USE_SSL":
        secure(agent)
    return status == 0


def without_negotiation(agent: Agent) -> int:
    return code_of("CLIENT_NEGOTIATION_ERROR") if agent.zone.negotiation == "CS_NEG_REQUIRE" else 0


def negotiate(agent: Agent) -> int:
    """Offers the zone's policy and takes the client's result; the status is negative when they don't agree."""
    send(agent, "RODS_CS_NEG_T", Struct("CS_NEG_PI", ("status", 1), ("result", agent.zone.negotiation)))
    message = agent.receive()
    if message is None or message.type != "RODS_CS_NEG_T":
        raise ProtocolError("the client did not negotiate")
    answer = decode(message.body)
    result = answer.text("result").removeprefix("cs_neg_result_kw=").rstrip(";")
    if answer.integer("status") != 1 or result not in ("CS_NEG_USE_TCP", "CS_NEG_USE_SSL"):
        return code_of("SERVER_NEGOTIATION_ERROR")
    agent.negotiated = result
    return 0


def secure(agent: Agent) -> None:
    """Puts TLS under the connection, then takes what the client proposes for encrypted parallel transfer."""
    agent.use_connection(agent.zone.tls().wrap_socket(agent.connection, server_side=True))
    parameters = read_header(agent.stream)  # a header whose lengths are parameters: no body follows
    secret = agent.receive() if parameters else None
    if secret is None or secret.type != "SHARED_SECRET":
        raise ProtocolError("the client did not send its shared secret")


def say_goodbye(connection: socket.socket) -> None:
    """Ends the TLS layer of a connection, if it has one, so that the client sees no cut."""
    if isinstance(connection, ssl.SSLSocket):
        with contextlib.suppress(OSError):
            connection.settimeout(GOODBYE_SECONDS)
            connection.unwrap()


def turn_away(connection: socket.socket) -> None:
    """Tells a client that there are too many, without having read what it wants."""
    status = code_of("SYS_MAX_CONNECT_COUNT_EXCEEDED")
    with contextlib.suppress(OSError), connection:
        send_message(connection, Message("RODS_VERSION", 0, encode(version(status))))
        connection.shutdown(socket.SHUT_WR)
        # What it has sent must be read, or its system would not let it read this.
        connection.settimeout(GOODBYE_SECONDS)
        while connection.recv(4096):
            pass


def send(agent: Agent, kind: str, struct: Struct) -> None:
    send_message(agent.connection, Message(kind, 0, encode(struct)))


def version(status: int) -> Struct:
    return Struct(
        "Version_PI",
        ("status", status),
        ("relVersion", RELEASE),
        ("apiVersion", API_VERSION),
        ("reconnPort", 0),
        ("reconnAddr", ""),
        ("cookie", 400),
    )
