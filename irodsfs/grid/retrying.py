"""Trying again what the line prevented, with growing and random pauses."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

import trio

from irodsfs.grid.errors import TlsFailure, ZoneTimeout, ZoneUnreachable, describe

logger = logging.getLogger(__name__)

_ONCE: ContextVar[bool] = ContextVar("once", default=False)

ATTEMPTS = 5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 4.0
"""Seconds between attempts."""


def is_temporary(error: BaseException) -> bool:
    """True when trying again may help. A zone that let a whole time limit pass has had its chance."""
    return isinstance(error, ZoneUnreachable) and not isinstance(error, (TlsFailure, ZoneTimeout))


class Attempts:
    """Attempts at something; each is a block that suppresses what makes another one worth it.

    Not tenacity's: those are cycles of forty objects each, one for each request, and left nine tenths of the work to
    the collector of garbage, which everybody waits for.
    """

    __slots__ = ("_also", "_attempts", "_has_failed", "_least_pause", "_number")

    def __init__(self, also: Callable[[BaseException], bool], attempts: int, least_pause: float) -> None:
        self._also = also
        self._attempts = attempts
        self._least_pause = least_pause
        self._number = 0
        self._has_failed = True

    def __aiter__(self) -> Attempts:
        return self

    async def __anext__(self) -> Attempts:
        if not self._has_failed:
            raise StopAsyncIteration
        if self._number:
            await trio.sleep(self._pause())
        self._number += 1
        return self

    def __enter__(self) -> None:
        self._has_failed = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or self._number >= self._attempts or not (is_temporary(error) or self._also(error)):
            return False
        self._has_failed = True
        logger.info("attempt %d has failed, there will be another one: %s", self._number, describe(error))
        return True

    def _pause(self) -> float:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._number - 1))
        return random.uniform(self._least_pause, max(self._least_pause, longest))


def retrying(
    also: Callable[[BaseException], bool] = is_temporary, *, attempts: int = ATTEMPTS, least_pause: float = 0.0
) -> Attempts:
    """Attempts at something that may be done twice: `async for attempt in retrying(): with attempt: ...`."""
    return Attempts(also, 1 if _ONCE.get() else attempts, least_pause)


@contextmanager
def trying_once() -> Iterator[None]:
    """Nothing in the block is tried again: whoever asks can do without the answer."""
    token = _ONCE.set(True)
    try:
        yield
    finally:
        _ONCE.reset(token)
