"""A connection to another server, of this zone or another one, on which one session works as its user there."""

from __future__ import annotations

import base64
import contextlib
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from irodsfs.sandbox.catalog.accounts import User, response_to
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.federation.server_address import Address
from irodsfs.sandbox.protocol.error_numbers import IrodsError, ProtocolError
from irodsfs.sandbox.protocol.release import API_VERSION, RELEASE
from irodsfs.sandbox.protocol.wire import Message, Struct, decode, encode, read_message, send_message
from irodsfs.sandbox.served_zone import Zone

CONNECT_SECONDS = 40
INTERIM = 99999990  # and above: how far an operation has come


class Link:
    """A connection whose other end begins as the user ``client`` there; as in the server, a broken one stays broken."""

    def __init__(self, zone: Zone, address: Address, client: User, unreachable: str) -> None:
        """Raises IrodsError ``unreachable`` when no server answers there."""
        self._zone = zone
        self._is_broken = False
        try:
            self._socket = socket.create_connection((address.host, address.port), CONNECT_SECONDS)
        except socket.gaierror:
            raise IrodsError("USER_RODS_HOSTNAME_ERR") from None
        except OSError as error:
            raise IrodsError(unreachable, errno=error.errno or errno.ETIMEDOUT) from None
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = cast(BinaryIO, self._socket.makefile("rb", buffering=65536))
        zone.servers.links.add(self._socket)
        try:
            self._greet(client)
        except BaseException:
            self.close()
            raise

    def _greet(self, client: User) -> None:
        startup = Struct(
            "StartupPack_PI",
            ("irodsProt", 1),
            ("reconnFlag", 0),
            ("connectCnt", 0),
            ("proxyUser", ADMINISTRATOR),
            ("proxyRcatZone", self._zone.name),
            ("clientUser", client.name),
            ("clientRcatZone", client.zone),
            ("relVersion", RELEASE),
            ("apiVersion", API_VERSION),
            ("option", "server"),
        )
        reply = self.exchange(Message("RODS_CONNECT", 0, encode(startup)))
        status = decode(reply.body).integer("status")
        if status < 0:
            raise IrodsError(status)

    def log_in(self, password: str) -> None:
        """Proves that this is the server of its zone: by the password of its administrator; raises IrodsError."""
        challenge = base64.b64decode(decode(self.call(703).body).text("challenge"))
        response = base64.b64encode(response_to(challenge, password)).decode()
        name = f"{ADMINISTRATOR}#{self._zone.name}"
        self.call(704, Struct("authResponseInp_PI", ("response", response), ("username", name)))

    def call(self, number: int, struct: Struct | None = None) -> Message:
        """One request and its reply; raises IrodsError when it is a failure."""
        reply = self.exchange(Message("RODS_API_REQ", number, encode(struct) if struct else b""))
        if reply.int_info < 0:
            raise IrodsError(reply.int_info)
        return reply

    def exchange(self, message: Message, converse: Callable[[Message], bytes] | None = None) -> Message:
        """Passes a message on; raises IrodsError when the connection is broken or breaks.

        ``converse`` passes on how far the operation has come, and answers the client's leave to go on.
        """
        if self._is_broken:
            raise IrodsError("SYS_HEADER_READ_LEN_ERR")
        try:
            send_message(self._socket, message)
            reply = read_message(self._stream)
            while converse and reply and reply.int_info >= INTERIM:
                self._socket.sendall(converse(reply))
                reply = read_message(self._stream)
        except ConnectionResetError as error:
            self._is_broken = True
            raise IrodsError("SYS_SOCK_READ_ERR", errno=error.errno or 0) from None
        except (OSError, ProtocolError):
            reply = None
        if reply is None:
            self._is_broken = True
            raise IrodsError("SYS_HEADER_READ_LEN_ERR")
        return reply

    def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(OSError):
            if not self._is_broken:
                send_message(self._socket, Message("RODS_DISCONNECT"))
        self._zone.servers.links.discard(self._socket)
        self._stream.close()
        self._socket.close()


@dataclass(frozen=True)
class RemoteDescriptor:
    """A descriptor of another server."""

    link: Link
    number: int
