"""How a connection begins: startup pack, negotiation of TLS, version."""

from __future__ import annotations

import contextlib
import socket

from irodsfs.sandbox.protocol.client_connection import GOODBYE_SECONDS
from irodsfs.sandbox.protocol.error_numbers import ProtocolError, code_of
from irodsfs.sandbox.protocol.release import API_VERSION, RELEASE
from irodsfs.sandbox.protocol.wire import Message, Struct, decode, encode, read_header, send_message
from irodsfs.sandbox.session import Session

NEGOTIATION_REQUEST = "request_server_negotiation"


def greet(session: Session) -> bool:
    """Goes through the handshake; False when the client may not go on."""
    message = session.connection.receive()
    if message is None:
        return False
    if message.type != "RODS_CONNECT":
        raise ProtocolError(f"a connection began with {message.type[:40]!r}")
    session.startup = decode(message.body)
    wants_negotiation = NEGOTIATION_REQUEST in session.startup.text("option")
    status = negotiate(session) if wants_negotiation else without_negotiation(session)
    send(session, "RODS_VERSION", version(status))
    if status == 0 and session.negotiated == "CS_NEG_USE_SSL":
        secure(session)
    return status == 0


def without_negotiation(session: Session) -> int:
    return code_of("CLIENT_NEGOTIATION_ERROR") if session.zone.negotiation == "CS_NEG_REQUIRE" else 0


def negotiate(session: Session) -> int:
    """Offers the zone's policy and takes the client's result; the status is negative when they don't agree."""
    send(session, "RODS_CS_NEG_T", Struct("CS_NEG_PI", ("status", 1), ("result", session.zone.negotiation)))
    message = session.connection.receive()
    if message is None or message.type != "RODS_CS_NEG_T":
        raise ProtocolError("the client did not negotiate")
    answer = decode(message.body)
    result = answer.text("result").removeprefix("cs_neg_result_kw=").rstrip(";")
    if answer.integer("status") != 1 or result not in ("CS_NEG_USE_TCP", "CS_NEG_USE_SSL"):
        return code_of("SERVER_NEGOTIATION_ERROR")
    session.negotiated = result
    return 0


def secure(session: Session) -> None:
    """Puts TLS under the connection, then takes what the client proposes for encrypted parallel transfer."""
    session.connection.secure(session.zone.tls())
    parameters = read_header(session.connection.stream)  # a header whose lengths are parameters: no body follows
    secret = session.connection.receive() if parameters else None
    if secret is None or secret.type != "SHARED_SECRET":
        raise ProtocolError("the client did not send its shared secret")


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


def send(session: Session, kind: str, struct: Struct) -> None:
    session.connection.send(Message(kind, 0, encode(struct)))


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
