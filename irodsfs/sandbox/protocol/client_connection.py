"""The socket of one client, and the messages that come and go over it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from contextlib import ExitStack
from typing import BinaryIO, cast

from irodsfs.sandbox.protocol.wire import Message, read_message, send_message

GOODBYE_SECONDS = 1
BUFFER = 65536


class ClientConnection:
    """A connected socket; ``address`` is the host it comes from, ``stream`` what is read of it."""

    def __init__(self, connection: socket.socket) -> None:
        self.address = str(connection.getpeername()[0])
        self._socket = connection
        self.stream = cast(BinaryIO, connection.makefile("rb", buffering=BUFFER))

    def receive(self) -> Message | None:
        """The next message of the client, None when it hung up."""
        return read_message(self.stream)

    def send(self, message: Message) -> None:
        """Sends a message; raises OSError when the connection is lost."""
        send_message(self._socket, message)

    def converse(self, interim: Message) -> bytes:
        """Sends an interim status of a long operation; what the client says to it (4 bytes) lets it go on."""
        self.send(interim)
        return self.stream.read(4)

    def secure(self, tls: ssl.SSLContext) -> None:
        """Goes on over TLS, as its server."""
        self._socket = tls.wrap_socket(self._socket, server_side=True)
        self.stream = cast(BinaryIO, self._socket.makefile("rb", buffering=BUFFER))

    def is_lost(self) -> bool:
        """Whether the client has hung up; what it may have sent stays to be read."""
        try:
            # Past any TLS layer: what counts is whether the connection is there, not what comes over it
            return not socket.socket.recv(self._socket, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        """Ends the connection, and a TLS layer in such a way that the client sees no cut."""
        with ExitStack() as steps:
            steps.callback(self._socket.close)
            steps.callback(self._end_tls)
            steps.callback(self.stream.close)

    def _end_tls(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self._socket.settimeout(GOODBYE_SECONDS)
                self._socket.unwrap()
