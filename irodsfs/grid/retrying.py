"""Trying again what the line prevented, with growing and random pauses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import tenacity
import trio

from irodsfs.grid.errors import TlsFailure, ZoneTimeout, ZoneUnreachable

logger = logging.getLogger(__name__)

_ONCE: ContextVar[bool] = ContextVar("once", default=False)

ATTEMPTS = 5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 4.0
"""Seconds between attempts."""


def is_temporary(error: BaseException) -> bool:
    """True when trying again may help. A zone that let a whole time limit pass has had its chance."""
    return isinstance(error, ZoneUnreachable) and not isinstance(error, (TlsFailure, ZoneTimeout))


def retrying(
    also: Callable[[BaseException], bool] = is_temporary, *, attempts: int = ATTEMPTS, least_pause: float = 0.0
) -> tenacity.AsyncRetrying:
    """Attempts at something that may be done twice: `async for attempt in retrying(): with attempt: ...`."""
    return tenacity.AsyncRetrying(
        sleep=trio.sleep,
        retry=tenacity.retry_if_exception(lambda error: is_temporary(error) or also(error)),
        stop=tenacity.stop_after_attempt(1 if _ONCE.get() else attempts),
        wait=tenacity.wait_random_exponential(FIRST_PAUSE, LONGEST_PAUSE, min=least_pause),
        before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
        reraise=True,
    )


@contextmanager
def trying_once() -> Iterator[None]:
    """Nothing in the block is tried again: whoever asks can do without the answer."""
    token = _ONCE.set(True)
    try:
        yield
    finally:
        _ONCE.reset(token)
