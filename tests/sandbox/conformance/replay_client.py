"""The client side of one replayed connection."""

from __future__ import annotations

import socket
from contextlib import suppress

from irodsfs.sandbox.protocol.error_numbers import ProtocolError
from irodsfs.sandbox.protocol.wire import Message, read_message, send_message

PATIENCE = 20.0  # seconds until a server that says nothing counts as gone


class DisconnectedError(Exception):
    """The server ended the connection, or says nothing any more."""


class Client:
    """A connection to our server on which recorded requests are sent as they are."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def send(self, message: Message) -> None:
        """Sends without waiting for an answer; a server that is gone shows when the answer is missing."""
        with suppress(OSError):
            send_message(self.socket, message)

    def receive(self) -> Message:
        """The next answer; raises DisconnectedError."""
        try:
            message = read_message(self.stream)
        except (OSError, ProtocolError) as error:
            raise DisconnectedError(str(error)) from error
        if message is None:
            raise DisconnectedError("the server closed the connection")
        return message

    def hang_up(self) -> None:
        """Goes away without a word, and waits until the server has put its things in order."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:  # the server was first
            return
        self.await_end()

    def await_end(self) -> bool:
        """Whether the server ends the connection without saying anything more."""
        try:
            return self.stream.read(1) == b""
        except OSError:
            return False

    def close(self) -> None:
        self.stream.close()
        self.socket.close()
