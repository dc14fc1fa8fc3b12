"""One connection among those that bring the chunks of a sequential read."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import trio

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, THREADS, ZoneConnection
from irodsfs.grid.flight import Reply, Request


@dataclass(slots=True, eq=False)
class Chunk:
    """`size` bytes from `start` of a data object; `content` once they are here."""

    start: int
    size: int
    content: memoryview | None = None

    @property
    def end(self) -> int:
        return self.start + self.size


class ReadConnection:
    """Asks for chunks on a connection on which the object is open, and receives them in the order asked for."""

    def __init__(self, connection: ZoneConnection) -> None:
        self.requested: deque[Chunk] = deque()
        self.round_trip = 0.0
        """Seconds that the first request took."""
        self._connection = connection
        self._position = -1
        self._sought: deque[Chunk] = deque()

    async def exchange(self, due: Sequence[Chunk]) -> Chunk:
        """Ask for `due`, and receive the first chunk that was asked for. Raises the zone's or the line's error."""
        flight: list[Request] = []
        for chunk in due:
            if chunk.start != self._position:
                flight.append(requests.seek(FIRST_DESCRIPTOR, chunk.start))
                self._sought.append(chunk)
            flight.append(requests.read(FIRST_DESCRIPTOR, chunk.size))
            self._position = chunk.end
            self.requested.append(chunk)
        reply = await trio.to_thread.run_sync(self._send_and_receive, flight, limiter=THREADS)
        chunk = self.requested.popleft()
        chunk.content = memoryview(reply.check().bs)
        return chunk

    def leave(self) -> None:
        """The connection is fit for other use unless there are replies that nobody waited for."""
        self._connection.broken = self._connection.broken or bool(self.requested)

    def _send_and_receive(self, flight: Sequence[Request]) -> Reply:
        began = time.monotonic()
        if flight:
            self._connection.send(*flight)
        if self._sought and self._sought[0] is self.requested[0]:
            self._sought.popleft()
            sought = self._connection.receive()
            self.round_trip = self.round_trip or time.monotonic() - began
            if sought.failed:
                self._connection.receive()
                return sought
        return self._connection.receive()
