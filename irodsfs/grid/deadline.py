"""How long a request, or a reply, may take as a whole: what comes byte by byte is never late to a socket's timeout."""

from __future__ import annotations

import os
import socket
import ssl
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import IO

LEAST_SPEED = 4 * 1024
"""Bytes a second, slower than which nothing needs to be: a zone that is takes up who waits for it."""

PIECE = 256 * 1024
"""Bytes sent between two looks at the clock."""


class Deadline(AbstractContextManager["Deadline"]):
    """What goes over a socket in the block has the socket's timeout, and more time the more of it has gone.

    Raises TimeoutError when that is over.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._limit = sock.gettimeout()
        self._ends = time.monotonic() + (self._limit or 0.0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.settimeout(self._limit)

    def receive(self, size: int) -> bytearray:
        """Exactly so many bytes."""
        buffer = bytearray(size)
        view = memoryview(buffer)
        while view:
            self._go_on()
            received = self._socket.recv_into(view)
            if not received:
                raise OSError("closed by the zone")
            self._moved(received)
            view = view[received:]
        return buffer

    def send(self, content: bytes | bytearray | memoryview) -> None:
        """All of it."""
        view = memoryview(content)
        while view:
            self._go_on()
            sent = self._socket.send(view[:PIECE])
            self._moved(sent)
            view = view[sent:]

    def send_file(self, file: IO[bytes], offset: int, size: int) -> None:
        """`size` bytes at `offset` of a file, which the kernel takes from there itself."""
        if isinstance(self._socket, ssl.SSLSocket):
            self.send(os.pread(file.fileno(), size, offset))
            return
        end = offset + size
        while offset < end:
            self._go_on()
            sent = self._socket.sendfile(file, offset, min(PIECE, end - offset))
            if not sent:
                raise OSError("a local file became shorter while it was sent")
            self._moved(sent)
            offset += sent

    def _go_on(self) -> None:
        if self._limit is None:
            return
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        self._socket.settimeout(left)

    def _moved(self, size: int) -> None:
        self._ends += size / LEAST_SPEED
