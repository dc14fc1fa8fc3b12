"""What a server says before anybody has logged in: whether it speaks the protocol, lets clients in, and uses TLS."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from irods.account import iRODSAccount
from irods.client_server_negotiation import (
    CS_NEG_RESULT_KW,
    FAILURE,
    REQUEST_NEGOTIATION,
    REQUIRE_SSL,
    REQUIRE_TCP,
)
from irods.connection import Connection
from irods.message import ClientServerNegotiation, StartupPack, VersionResponse, iRODSMessage

from irodsfs.grid.errors import NotIrods, ServerFull, TlsRefused, TlsRequired, ZoneUnreachable, describe, zone_error

NOBODY, APPLICATION = "anonymous", "irodsfs"

MAX_CONNECT_COUNT_EXCEEDED = -118000
NEGOTIATION_FAILED = (-1824000, -1825000)
"""What servers answer whose policy the client does not fit, as the client's fault and as their own."""

LARGE_HEADER = b"\0\0"
"""How the length of a message's header begins, as headers are much shorter than 64 KiB; no text begins so."""

SHOWN = 40
"""Bytes of what something else says that are shown."""


class GreetedConnection(Connection):  # type: ignore[misc]  # python-irodsclient has no types
    """python-irodsclient's connection, which also heeds what the server answers to a client that it does not let in."""

    server_policy = ""
    """The server's side of the negotiation, once it has said it."""

    def recv(self, *arguments: Any, **keywords: Any) -> iRODSMessage:
        if not isinstance(self.socket, ssl.SSLSocket):
            _require_message(self.socket)
        message = super().recv(*arguments, **keywords)
        if message.msg_type == "RODS_VERSION":
            self._heed(message.get_main_message(VersionResponse).status)
        elif message.msg_type == "RODS_CS_NEG_T":
            self.server_policy = message.get_main_message(ClientServerNegotiation).result
        return message

    def _heed(self, status: int) -> None:
        if status in NEGOTIATION_FAILED:
            raise self._misfit()
        require_welcome(status)
        if self._policy == REQUIRE_SSL and not self.server_policy:
            raise self._misfit()

    def require_fit(self) -> None:
        """Raises `TlsRequired` or `TlsRefused` when that is why nothing came of the negotiation."""
        if {self._policy, self.server_policy} == {REQUIRE_SSL, REQUIRE_TCP}:
            raise self._misfit()

    def drop(self) -> None:
        """Close the line without a word."""
        if self.socket is not None:
            self.socket.close()

    @property
    def _policy(self) -> str:
        """The client's side: TLS is to be had by negotiation only."""
        return str(REQUIRE_SSL if requires_tls(self.account) else REQUIRE_TCP)

    def _misfit(self) -> ZoneUnreachable:
        if self._policy == REQUIRE_SSL:
            return TlsRefused("the server does without TLS (CS_NEG_REFUSE), which is required here (CS_NEG_REQUIRE)")
        return TlsRequired("the server requires TLS (CS_NEG_REQUIRE), which is not used here (CS_NEG_REFUSE)")


DONT_CARE = "CS_NEG_DONT_CARE"


def choose_policy(account: iRODSAccount, seconds: float) -> None:
    """Settle for TLS or none where an account leaves it to the server; as the icommands do, TLS when it may be."""
    if getattr(account, "client_server_policy", "") == DONT_CARE:
        policy = ask_policy(account.host, account.port, seconds)
        account.client_server_policy = REQUIRE_TCP if policy == REQUIRE_TCP else REQUIRE_SSL


def ask_policy(host: str, port: int, seconds: float) -> str:
    """A server's side of the negotiation, of which nothing is made; CS_NEG_REFUSE where it does not negotiate.

    Waits for `seconds` at each step. Raises OSError, `ZoneUnreachable`, and much else for what is no message.
    """
    startup = StartupPack((NOBODY, ""), (NOBODY, ""), APPLICATION)
    startup.option += REQUEST_NEGOTIATION
    with socket.create_connection((host, port), seconds) as line:
        line.sendall(iRODSMessage(msg_type="RODS_CONNECT", msg=startup).pack())
        _require_message(line)
        answer = iRODSMessage.recv(line)
        if answer.msg_type != "RODS_CS_NEG_T":
            require_welcome(answer.get_main_message(VersionResponse).status)
            return str(REQUIRE_TCP)
        none = ClientServerNegotiation(status=0, result=f"{CS_NEG_RESULT_KW}={FAILURE};")
        line.sendall(iRODSMessage(msg_type="RODS_CS_NEG_T", msg=none).pack())
        return str(answer.get_main_message(ClientServerNegotiation).result)


def require_welcome(status: int) -> None:
    """Raises for the status of a version message that ends a connection."""
    if status == MAX_CONNECT_COUNT_EXCEEDED:
        raise ServerFull("the server has as many connections as it allows")
    if status < 0:
        raise ZoneUnreachable(f"the server lets nobody in: {describe(zone_error(status))}")


def requires_tls(account: iRODSAccount) -> bool:
    """Whether an account of python-irodsclient's gets a line that TLS protects, or none."""
    negotiates = getattr(account, "client_server_negotiation", "") == REQUEST_NEGOTIATION
    return negotiates and bool(getattr(account, "client_server_policy", "") == REQUIRE_SSL)


def _require_message(line: socket.socket) -> None:
    """Raises `NotIrods` when what comes next can be no message: python-irodsclient would wait for the rest of it."""
    start = line.recv(SHOWN, socket.MSG_PEEK)
    if not LARGE_HEADER.startswith(start[: len(LARGE_HEADER)]):
        raise NotIrods(f"it says {start.decode('ascii', 'backslashreplace').strip()!r}")
