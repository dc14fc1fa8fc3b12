"""How long a zone that says nothing is waited for.

A call of a program may consist of many requests, of logging in, and of waiting for others who hold what it needs. When
the zone is silent, all of this together lasts for one time limit, not for one each.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable

PAUSE = 1.0
"""Seconds between two who wait for the zone, for which it still counts as silent."""


class _Call:
    """One call: when it began, the seconds for which it waited in vain, and the one that it is a part of."""

    def __init__(self, whole: _Call | None, began: float) -> None:
        self.began = began
        self.wasted = 0.0
        self.is_over = False
        self.whole = whole

    def under_way(self) -> Iterator[_Call]:
        """Itself and those it is a part of, but for what is over: it has begun this, and does not wait for it."""
        call: _Call | None = self
        while call is not None:
            if not call.is_over:
                yield call
            call = call.whole


_CALL: ContextVar[_Call | None] = ContextVar("call", default=None)


@contextmanager
def one_call(since: float | None = None) -> Iterator[None]:
    """Whatever the block asks of a zone belongs to one call; what it starts in the background does until the end.

    It may have begun earlier (seconds of the monotonic clock), where it is a part of something that has.
    """
    around = _CALL.get()
    whole = next(around.under_way(), None) if around is not None else None
    call = _Call(whole, time.monotonic() if since is None else since)
    token = _CALL.set(call)
    try:
        yield
    finally:
        call.is_over = True
        _CALL.reset(token)


def under_way() -> tuple[float, float]:
    """Seconds since the call that is made now has begun, and how many of them it has waited in vain; none without."""
    innermost = _CALL.get()
    calls = [] if innermost is None else list(innermost.under_way())
    now = time.monotonic()
    return max((now - call.began for call in calls), default=0.0), max((call.wasted for call in calls), default=0.0)


class ZoneTimeouts:
    """The time limit of everything that is asked of one zone."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting = 0
        self._silent_since = self._waited_until = -math.inf
        """Since when somebody has been waiting and nobody was answered, and until when."""

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """The block waits for the zone; no longer than for the seconds that it is given. Raises `ZoneTimeout`."""
        began = time.monotonic()
        if not self._waiting and began - self._waited_until > PAUSE:
            self._silent_since = began
        self._waiting += 1
        innermost = _CALL.get()
        calls = [] if innermost is None else list(innermost.under_way())
        try:
            yield self._left(calls, began)
            self._silent_since = time.monotonic()
        except ZoneUnreachable:
            for call in calls:
                call.wasted += time.monotonic() - began
            raise
        finally:
            self._waiting -= 1
            self._waited_until = time.monotonic()

    def _left(self, calls: Iterable[_Call], now: float) -> float:
        waited = max((max(now - max(call.began, self._silent_since), call.wasted) for call in calls), default=0.0)
        if waited >= self._seconds:
            raise ZoneTimeout("the zone has not answered in time to what else belongs to the call")
        return self._seconds - waited
