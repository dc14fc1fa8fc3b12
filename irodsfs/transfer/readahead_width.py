"""How many connections a sequential read is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GAIN = 1.3
"""How much faster twice as many connections must be to be worth it."""

NEAR = 0.002
"""Seconds of a round trip up to which one connection fills any line."""

PERIOD = 0.2
CHUNKS = 3
"""For how many seconds, and chunks a connection, the speed is measured."""


class ReadaheadWidth:
    """Twice as many connections as before, as long as readers wait for the line and that makes it faster.

    `wanted` is how many there should be; told is how many are at work, what they bring, and when readers wait.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.wanted = 1
        self._at_work = 1
        self._clock = clock
        self._settled = False
        self._speeds: dict[int, float] = {}
        self._waiting = 0
        self._since = self._counted = clock()
        self._waited = 0.0
        self._bytes = self._chunks = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody waits for the line in the block."""
        self._count_wait()
        self._waiting += 1
        try:
            yield
        finally:
            self._count_wait()
            self._waiting -= 1

    def joined(self) -> None:
        """One more connection is at work."""
        self._at_work += 1
        self._restart()

    def left(self) -> None:
        """One connection less is at work."""
        self._at_work -= 1

    def fall_back(self) -> None:
        """One connection will do, until readers wait again."""
        self.wanted = 1
        self._settled = False
        self._speeds.clear()
        self._restart()

    def refused(self) -> None:
        """There are no more connections than those at work."""
        self.wanted = self._at_work
        self._settled = True

    def arrived(self, size: int, round_trip: float) -> None:
        """A chunk of `size` bytes has come on a line of this round trip (seconds)."""
        self._bytes += size
        self._chunks += 1
        seconds = self._clock() - self._since
        if self._settled or self._at_work != self.wanted or seconds < PERIOD or self._chunks < CHUNKS * self._at_work:
            return
        self._count_wait()
        if round_trip > NEAR and self._waited > seconds / 2:
            self._decide(self._bytes / seconds)
        self._restart()

    def _decide(self, speed: float) -> None:
        self._speeds[self.wanted] = speed
        fewer = self.wanted // 2
        if speed < GAIN * self._speeds.get(fewer, 0.0):
            self.wanted = fewer
            self._settled = True
        else:
            self.wanted *= 2

    def _count_wait(self) -> None:
        now = self._clock()
        self._waited += (now - self._counted) if self._waiting else 0.0
        self._counted = now

    def _restart(self) -> None:
        self._since = self._counted = self._clock()
        self._waited = 0.0
        self._bytes = self._chunks = 0
