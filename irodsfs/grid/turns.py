"""Who may have a connection: places that are taken in the order in which they were asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import trio

LOOKS = 0.1
"""Seconds between two looks of one who waits at whether somebody could make room."""


class Turns:
    """`size` places. Whoever waits for one has `ask` called at times, which may get those who have one to give it."""

    def __init__(self, size: int, ask: Callable[[], None]) -> None:
        self.free = size
        self._ask = ask
        self._waiting: deque[trio.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    def take_nowait(self) -> bool:
        """Take a place if there is one that nobody waits for."""
        if not self.free:
            return False
        self.free -= 1
        return True

    async def take(self) -> None:
        """Take a place, when it is one's turn."""
        if self.take_nowait():
            return
        turn = trio.Event()
        self._waiting.append(turn)
        try:
            while not turn.is_set():
                self._ask()
                with trio.move_on_after(LOOKS):
                    await turn.wait()
        except BaseException:
            if turn.is_set():
                self.give()  # it was given a moment before this wait was cancelled
            else:
                self._waiting.remove(turn)
            raise

    def give(self) -> None:
        """A place is free: the next one has it from now on, before anybody who comes later."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self.free += 1
