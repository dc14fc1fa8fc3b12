"""Guessing passwords is made slow."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from cachetools import TTLCache

from irodsfs.control.errors import ControlError

FREE_FAILURES = 5
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
"""Seconds for which a source is not heard after a failure; they double with each one."""

REMEMBERED = 3600.0
MOST_SOURCES = 100_000

Source = tuple[str, str]


@dataclass(frozen=True)
class _Failures:
    count: int
    heard_again_at: float


class Throttle:
    """Counts failed logins by source: the address and the user that was tried."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: TTLCache[Source, _Failures] = TTLCache(MOST_SOURCES, REMEMBERED, clock)

    def check(self, source: Source) -> None:
        """Raises `ControlError` 429 while a source must wait."""
        known = self._failures.get(source)
        wait = known.heard_again_at - self._clock() if known else 0.0
        if wait > 0:
            raise _too_many(wait)

    def failed(self, source: Source) -> None:
        known = self._failures.get(source)
        count = known.count + 1 if known else 1
        pause = 0.0
        if count > FREE_FAILURES:
            pause = min(FIRST_PAUSE * 2 ** (count - FREE_FAILURES - 1), LONGEST_PAUSE)
        self._failures[source] = _Failures(count, self._clock() + pause)

    def succeeded(self, source: Source) -> None:
        self._failures.pop(source, None)


def _too_many(wait: float) -> ControlError:
    seconds = math.ceil(wait)
    error = ControlError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "TOO_MANY_FAILURES",
        "There were too many wrong credentials.",
        field="Authorization",
        remedy=f"Try again in {seconds} s, with the right ones.",
    )
    error.headers["Retry-After"] = str(seconds)
    return error
