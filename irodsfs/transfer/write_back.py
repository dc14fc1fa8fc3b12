"""Deliveries that nobody waits for: in the order in which they were added, several at a time, in bounds."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import trio
from irods.exception import HIERARCHY_ERROR

from irodsfs.grid.background import Background
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable
from irodsfs.grid.zone_timeouts import one_call
from irodsfs.transfer.versions import BeingWrittenError

logger = logging.getLogger(__name__)

MOST_FILES = 1_000
MOST_BYTES = 64 * 1024 * 1024
"""What may wait at a time; it is held in memory, too."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between attempts while the zone is away, or an object is locked."""

LAST_ATTEMPTS = 5
"""How often something is tried when the end has come."""


class Delivery(Protocol):
    """Something that is to go into the zone."""

    @property
    def size(self) -> int:
        """Bytes."""

    async def deliver(self) -> None:
        """It is in the zone on return, or need not be any more. Raises what prevented that."""

    async def give_up(self, reason: BaseException) -> None:
        """It will not be tried again."""


class WriteBack:
    """The deliveries of a mount. What fails for a reason that may pass is tried again for `time_limit` seconds.

    When the zone itself has not answered for so long, everything that waits is given up.
    """

    def __init__(
        self, background: Background, *, at_a_time: int, time_limit: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._background = background
        self._at_a_time = at_a_time
        self._time_limit = time_limit
        self._clock = clock
        self._present: dict[Delivery, None] = {}
        self._queue: deque[Delivery] = deque()
        self._reserved: list[int] = []
        self._carriers = 0
        self._may_employ = True
        self._away_since: float | None = None
        self._finishing = trio.Event()
        self._ends_since: float | None = None
        self._stopping = trio.Event()
        self._moved = trio.lowlevel.ParkingLot()

    @property
    def files(self) -> int:
        return len(self._present)

    @property
    def bytes(self) -> int:
        return sum(delivery.size for delivery in self._present)

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Wait until `size` more bytes may wait; nobody else gets this room during the block, which may add them."""
        while not self._has_room(size):
            await self._moved.park()
        # Taken before anybody else can run, as what is to be added must be brought to the disk before that.
        self._reserved.append(size)
        try:
            yield
        finally:
            self._reserved.remove(size)
            self._move()

    def _has_room(self, size: int) -> bool:
        files = self.files + len(self._reserved)
        return files < MOST_FILES and (not files or self.bytes + sum(self._reserved) + size <= MOST_BYTES)

    def add(self, delivery: Delivery) -> None:
        """Deliver it behind what was added before."""
        self._present[delivery] = None
        self._queue.append(delivery)
        self._employ()

    def remove(self, delivery: Delivery) -> None:
        """It has arrived, or is not to any more."""
        self._present.pop(delivery, None)
        self._move()

    async def finished(self) -> None:
        """Return when nothing waits any more."""
        while self._present:
            if self._queue and not self._may_employ:
                await self._carry()
            else:
                await self._moved.park()

    def end(self) -> None:
        """What can't be delivered from now on is given up after a few attempts.

        A zone that is silent is waited for once: all deliveries together have the time limit of one request, for as
        long as the zone answers none of them.
        """
        self._ends_since = self._ends_since or time.monotonic()
        self._finishing.set()

    def stop_trying(self) -> None:
        """Give up whatever is not under way, and the rest as soon as that fails."""
        self._finishing.set()
        self._stopping.set()

    def _move(self) -> None:
        self._moved.unpark_all()

    def _employ(self) -> None:
        if self._queue and self._may_employ and self._carriers < self._at_a_time:
            self._carriers += 1
            self._background.start_soon(self._carry, at_end=self._one_less)

    def _one_less(self) -> None:
        self._carriers -= 1
        self._employ()  # for what one that has failed leaves

    async def _carry(self) -> None:
        while self._queue:
            delivery = self._queue.popleft()
            try:
                await self._deliver(delivery)
            except Exception as error:
                # A mistake of ours: whoever waits for the end must not wait for what nobody delivers any more.
                logger.exception("what was to be delivered is kept")
                await self._give_up([delivery], error)
            except BaseException:
                # Cancelled, as every other task would be that took over here: it is left to who waits for the end.
                self._queue.append(delivery)
                self._may_employ = False
                self._move()
                raise

    async def _deliver(self, delivery: Delivery) -> None:
        began, pause, last_attempts = self._clock(), FIRST_PAUSE, LAST_ATTEMPTS
        while delivery in self._present:
            finishing = self._finishing.is_set()
            last_attempts -= finishing
            try:
                if self._stopping.is_set():
                    raise ZoneTimeout("nobody waits for the zone any more")
                with one_call(since=self._ends_since):
                    await delivery.deliver()
                self._away_since = None
                self.remove(delivery)
            except ZoneUnreachable as error:
                self._away_since = self._away_since or began
                if finishing and isinstance(error, ZoneTimeout):
                    # One object may be stuck while the others arrive. When all are, the others fail at once, too.
                    await self._give_up([delivery], error)
                elif not last_attempts or self._is_over(self._away_since):
                    await self._give_up(list(self._present), error)
            except (BeingWrittenError, HIERARCHY_ERROR) as error:
                if not last_attempts or self._is_over(began):
                    await self._give_up([delivery], error)
            except Exception as error:
                # Told by whoever keeps the bytes: this task has nobody who could handle it.
                await self._give_up([delivery], error)
            if delivery in self._present:
                pause = await self._pause(pause)

    async def _pause(self, seconds: float) -> float:
        """Wait, but not when the end comes; answers how long to wait the next time."""
        end = self._stopping if self._finishing.is_set() else self._finishing
        with trio.move_on_after(seconds):
            await end.wait()
            return FIRST_PAUSE
        return min(2 * seconds, LONGEST_PAUSE)

    def _is_over(self, since: float) -> bool:
        return self._clock() - since > self._time_limit

    async def _give_up(self, deliveries: list[Delivery], reason: BaseException) -> None:
        for delivery in deliveries:
            try:
                await delivery.give_up(reason)
            except Exception:
                # What can't be kept elsewhere stays where it waits; whoever waits for the end must not wait for it.
                logger.exception("what could not be delivered stays where it waits")
            self.remove(delivery)
        self._away_since = None
