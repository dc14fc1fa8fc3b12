"""Reading ahead: the chunks of a sequential read, requested before they are asked for."""

from __future__ import annotations

import functools
from collections import deque

import trio

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.transfer.checksums import Verification
from irodsfs.transfer.flights import CHUNK

FIRST_CHUNK = 256 * 1024
AHEAD = 4
"""How many chunks are requested or held ahead of the reader."""

BEHIND = 2 * CHUNK
"""How many bytes are kept behind the one who reads farthest: the kernel's requests overtake one another."""


class ReadAhead:
    """One sequential run over an open descriptor, from `start` to `end` (bytes).

    Chunks double in size up to the largest, several are on their way at a time. `run` owns the connection until it
    returns, which it does when all has been brought, or soon after `stop`.
    """

    def __init__(
        self, connection: ZoneConnection, start: int, end: int, verification: Verification | None = None
    ) -> None:
        self._connection = connection
        self._verification = verification
        self._chunks: deque[tuple[int, memoryview]] = deque()
        self._requested: deque[int] = deque()
        self._start = self._asked_to = self._brought_to = self._read_to = start
        self._end = end
        self._chunk = FIRST_CHUNK
        self._stopped = False
        self._progress = trio.Event()
        self.failure: BaseException | None = None
        self.finished = trio.Event()

    def will_bring(self, offset: int, end: int) -> bool:
        """True when these bytes are held, or come before long."""
        oldest = self._chunks[0][0] if self._chunks else self._brought_to
        return not self._stopped and oldest <= offset and end <= min(self._end, self._asked_to + CHUNK)

    def holds(self, offset: int, end: int) -> bool:
        """True when these bytes are here."""
        return self.will_bring(offset, end) and end <= self._brought_to

    async def read(self, offset: int, end: int) -> bytes | memoryview | None:
        """Bytes that `will_bring` promised; None when the run could not keep its promise."""
        self._read_to = max(self._read_to, end)
        self._move()
        while self._brought_to < end:
            if self.failure is not None:
                raise self.failure
            if self._stopped:
                return None
            await self._progress.wait()
        if self._chunks[0][0] > offset:
            # Others read far ahead while this one waited, and the run did not keep what lies behind them.
            return None
        parts = [chunk[max(0, offset - start) : end - start] for start, chunk in self._chunks if start < end]
        parts = [part for part in parts if part]
        self._forget_behind()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def run(self) -> None:
        """Fetch until the end or `stop`; every reply is received, so the connection is fit for other use then."""
        try:
            await trio.to_thread.run_sync(self._connection.send, requests.seek(FIRST_DESCRIPTOR, self._start))
            (await trio.to_thread.run_sync(self._connection.receive)).check()
            while not self._stopped or self._requested:
                await self._send_due()
                if self._requested:
                    await self._receive()
                elif self._asked_to >= self._end:
                    break
                else:
                    await self._progress.wait()
        except Exception as error:
            # Told to whoever reads: this task has nobody who could handle it.
            self.failure = error
        finally:
            self._stopped = self._stopped or self.failure is not None
            self.finished.set()
            self._move()

    def stop(self) -> None:
        self._stopped = True
        self._move()

    async def _send_due(self) -> None:
        due = []
        while not self._stopped and self._asked_to < self._end and self._outstanding() < AHEAD:
            size = min(self._chunk, self._end - self._asked_to)
            due.append(requests.read(FIRST_DESCRIPTOR, size))
            self._requested.append(size)
            self._asked_to += size
            self._chunk = min(2 * self._chunk, CHUNK)
        if due:
            await trio.to_thread.run_sync(functools.partial(self._connection.send, *due))

    def _outstanding(self) -> int:
        unread = sum(1 for start, chunk in self._chunks if start + len(chunk) > self._read_to)
        return len(self._requested) + unread

    async def _receive(self) -> None:
        reply = await trio.to_thread.run_sync(self._connection.receive)
        size = self._requested.popleft()
        content = reply.check().bs
        if len(content) < size and not self._stopped:
            raise OSError("the object became shorter while it was read")
        self._verify(content)
        self._chunks.append((self._brought_to, memoryview(content)))
        self._brought_to += len(content)
        self._move()

    def _verify(self, content: bytes | bytearray) -> None:
        if self._verification is None:
            return
        self._verification.add(content)
        if self._brought_to + len(content) == self._end:
            self._verification.finish()

    def _forget_behind(self) -> None:
        while self._chunks and self._chunks[0][0] + len(self._chunks[0][1]) <= self._read_to - BEHIND:
            self._chunks.popleft()

    def _move(self) -> None:
        self._progress.set()
        self._progress = trio.Event()
