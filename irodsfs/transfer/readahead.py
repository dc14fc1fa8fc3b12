"""Reading ahead: the chunks of a sequential read, requested before they are asked for."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import trio

from irodsfs.grid.background import Background
from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.transfer.checksums import Verification
from irodsfs.transfer.flights import CHUNK
from irodsfs.transfer.memory import Part, Share
from irodsfs.transfer.read_connection import Chunk, ReadConnection
from irodsfs.transfer.readahead_width import ReadaheadWidth

logger = logging.getLogger(__name__)

FIRST_CHUNK = 256 * 1024
AHEAD = 4
"""How many chunks are requested or held ahead of the reader."""

AHEAD_EACH = 2
"""How many more there are for each connection beside the first."""

IDLE_SECONDS = 5.0
"""Seconds without anything to do after which a connection beside the first is given back."""

BEHIND = 2 * CHUNK
"""How many bytes are kept behind the one who reads farthest: the kernel's requests overtake one another."""

BEYOND = 2 * CHUNK
"""How many bytes beyond what was asked for a read of the run may be: the kernel is up to two of its windows ahead."""

Another = Callable[[], AbstractAsyncContextManager[ZoneConnection | None]]
"""Lends one more connection on which the object is open, or None when there is none to be had."""


class ReadAhead:
    """One sequential run over an open descriptor, from `start` to `end` (bytes).

    Chunks grow up to the largest, several are on their way at a time; where one connection does not fill the line,
    there are more of them. `run` owns the first until it returns, which it does when all has been brought, or soon
    after `end_early` or `stop`; it gives back the others before that. What it has brought is there to be read then,
    unless it was stopped. One that goes on where another one ended takes over its pace: `began` is where that began.
    `chunk` is the size (bytes) of the largest request, where that is not `CHUNK`.
    """

    def __init__(
        self,
        connection: ZoneConnection,
        start: int,
        end: int,
        verification: Verification | None = None,
        another: Another | None = None,
        *,
        began: int | None = None,
        chunk: int | None = None,
    ) -> None:
        self._chunk = chunk or CHUNK
        self.began = start if began is None else began
        self._connection = connection
        self._verification = verification
        self._another = another
        self._chunks: deque[Chunk] = deque()
        self._reads: list[tuple[int, int]] = []  # from where to where
        self._share = Share()  # what the chunks take of the memory, those on their way included
        self._asked_to = self._brought_to = self._read_to = start
        self._end = self._size = end
        self._width = ReadaheadWidth()
        self._connections = 1
        self._stopped = False
        self._verifying = trio.Lock()
        self._progress = trio.lowlevel.ParkingLot()
        self.failure: Exception | None = None
        self.failed_beside = False  # whether the failure is that of a connection beside the first
        self.starved = False  # whether it was stopped because there was no memory for what somebody waits for
        self.finished = trio.Event()

    def will_bring(self, offset: int, end: int) -> bool:
        """True when these bytes are held, or come before long."""
        oldest = self._chunks[0].start if self._chunks else self._brought_to
        return not self._stopped and oldest <= offset and end <= min(self._end, self._asked_to + BEYOND)

    def holds(self, offset: int, end: int) -> bool:
        """True when these bytes are here."""
        return self.will_bring(offset, end) and end <= self._brought_to

    async def read(self, offset: int, end: int) -> bytes | memoryview | None:
        """Bytes that `will_bring` promised; None when the run could not keep its promise."""
        self._reads.append((offset, end))
        try:
            return await self._read(offset, end)
        finally:
            self._reads.remove((offset, end))

    async def _read(self, offset: int, end: int) -> bytes | memoryview | None:
        if end > self._read_to:
            self._read_to = end
            self._move()
        if end > self._brought_to and not await self._wait_for(end):
            return None
        if not self._chunks or self._chunks[0].start > offset:
            # Others read far ahead while this one waited, and the run did not keep what lies behind them.
            return None
        parts = []
        for chunk in self._chunks:
            if chunk.start >= end:
                break
            if chunk.end > offset:
                assert chunk.content is not None
                parts.append(chunk.content[max(0, offset - chunk.start) : end - chunk.start])
        self._forget_behind(BEHIND)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _wait_for(self, end: int) -> bool:
        """True when everything up to `end` has come, False when it never will."""
        with self._width.waiting():
            while self._brought_to < end:
                if self.failure is not None:
                    raise self.failure
                if self._stopped or end > self._end:
                    return False
                await self._progress.park()
        return True

    async def run(self) -> None:
        """Fetch until the end or `stop`; every reply is received, so the connection is fit for other use then."""
        async with trio.open_nursery() as nursery:
            await self._work(ReadConnection(self._connection), 0, Background(nursery))

    def at_end(self) -> None:
        """`run` has returned, or failed: what has been brought is still there to be read."""
        self._stopped = self._stopped or self._brought_to < self._end
        self.finished.set()
        self._forget_if_over()
        self._move()

    @property
    def end(self) -> int:
        """Up to where (bytes) it brings something."""
        return self._end

    def end_early(self) -> None:
        """Ask for nothing more; what has been asked for is brought still."""
        self._end = self._asked_to
        self._move()

    def stop(self) -> None:
        self._stopped = True
        self._forget_if_over()
        self._move()

    async def _work(self, connection: ReadConnection, number: int, background: Background) -> None:
        """Ask for chunks on one connection, and receive them, as long as there are some to ask for."""
        idle_since = trio.current_time()
        try:
            while connection.requested or self._has_work_for(number):
                due = self._due(connection, number)
                if due or connection.requested:
                    await self._arrived(await connection.exchange(due), connection.round_trip)
                    self._employ_more(background)
                    idle_since = trio.current_time()
                else:
                    await self._wait_for_work(number, idle_since)
        except Exception as error:
            # Told to whoever reads: this task has nobody who could handle it.
            if self.failure is None:
                self.failure, self.failed_beside = error, number > 0
            self.stop()
        finally:
            connection.leave()

    async def _wait_for_work(self, number: int, idle_since: float) -> None:
        with trio.move_on_at(math.inf if number == 0 else idle_since + IDLE_SECONDS) as scope:
            await self._progress.park()
        if scope.cancelled_caught:
            # Who reads has paused, or became slower than one connection: others may need these.
            self._width.fall_back()
            self._move()

    def _has_work_for(self, number: int) -> bool:
        return not self._stopped and self._asked_to < self._end and number < self._width.wanted

    def _due(self, connection: ReadConnection, number: int) -> list[Chunk]:
        due: list[Chunk] = []
        most = AHEAD if self._width.wanted == 1 and self._chunk == CHUNK else AHEAD_EACH
        while self._has_work_for(number) and self._has_room() and len(connection.requested) + len(due) < most:
            size = self._with_memory(self._next_size())
            if not size:
                self._starve_unless_more_comes()
                break
            chunk = Chunk(self._asked_to, size)
            self._asked_to = chunk.end
            self._chunks.append(chunk)
            due.append(chunk)
        return due

    def _has_room(self) -> bool:
        unread = sum(1 for chunk in self._chunks if chunk.end > self._read_to)
        first = AHEAD if self._chunk == CHUNK else AHEAD_EACH
        return unread < first + AHEAD_EACH * (self._width.wanted - 1)

    def _with_memory(self, size: int) -> int:
        """How many bytes there is memory for, of `size` that are to be asked for: some at least, or none."""
        part = Part.AHEAD if self._asked_to > self._read_to else Part.HELD
        for behind in (BEHIND, 0):
            self._forget_behind(behind)
            for fewer in (size, min(size, FIRST_CHUNK)):
                if self._share.resize(self._share.size + fewer, part):
                    return fewer
        return 0

    def _starve_unless_more_comes(self) -> None:
        # Nobody tells when there is memory again: whoever waits for more must get it in another way.
        if self._asked_to == self._brought_to and any(end > self._brought_to for _, end in self._reads):
            self.starved = True
            self.stop()

    def _next_size(self) -> int:
        """As much again as was asked for until now, and no chunk across a multiple of the largest.

        So what the kernel asks for lies within one chunk.
        """
        so_far = max(FIRST_CHUNK, self._asked_to - self.began)
        return min(so_far, self._chunk - self._asked_to % self._chunk, self._end - self._asked_to)

    async def _arrived(self, chunk: Chunk, round_trip: float) -> None:
        assert chunk.content is not None
        if self._stopped:
            return
        if len(chunk.content) < chunk.size:
            raise OSError("the object became shorter while it was read")
        self._width.arrived(chunk.size, round_trip)
        async with self._verifying:  # in order, however many connections bring chunks meanwhile
            while (following := self._following()) is not None:
                await self._verify(following)
                self._brought_to = following.end
        self._move()

    def _following(self) -> Chunk | None:
        """The chunk after those that count as brought, when it has arrived."""
        following = next((chunk for chunk in self._chunks if chunk.start == self._brought_to), None)
        return following if following is not None and following.content is not None else None

    def _employ_more(self, background: Background) -> None:
        while self._another is not None and self._connections < self._width.wanted:
            background.start_soon(
                self._work_beside, self._another, self._connections, background, at_end=self._one_less
            )
            self._connections += 1

    async def _work_beside(self, another: Another, number: int, background: Background) -> None:
        try:
            async with another() as connection:
                if connection is None:
                    self._width.refused()
                    return
                self._width.joined()
                await self._work(ReadConnection(connection), number, background)
                self._width.left()
        except ZONE_FAILURES as error:
            logger.debug("one more connection to read ahead: %s", describe(error))
            self._width.refused()
        except Exception:
            logger.exception("one more connection to read ahead")
            self._width.refused()

    def _one_less(self) -> None:
        self._connections -= 1

    async def _verify(self, chunk: Chunk) -> None:
        if self._verification is None:
            return
        assert chunk.content is not None
        await trio.to_thread.run_sync(self._verification.add, chunk.content, chunk.start)
        if chunk.end == self._size:
            self._verification.finish()

    def _forget_behind(self, kept: int) -> None:
        """Drop chunks, but for what is being read, and `kept` bytes behind the one who reads farthest."""
        behind = min([self._read_to - kept, *(offset for offset, _ in self._reads)])
        # What others have not received yet is ahead of everybody, so it is never the first.
        while self._chunks and self._chunks[0].content is not None and self._chunks[0].end <= behind:
            self._share.resize(self._share.size - self._chunks.popleft().size)

    def _forget_if_over(self) -> None:
        """Give back the memory when nothing more comes, and nothing more is read."""
        if self._stopped and self.finished.is_set():
            self._chunks.clear()
            self._share.give_back()

    def _move(self) -> None:
        self._progress.unpark_all()
