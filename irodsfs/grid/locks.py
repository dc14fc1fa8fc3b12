"""Data objects that somebody has open for writing: a server refuses to open them again until that is over."""

from __future__ import annotations

import irods.exception as ex
import tenacity
import trio

PATIENCE = 10.0
"""Seconds for which a lock is waited for. What is written as a whole is locked for less than one."""

FIRST_PAUSE = 0.03
LONGEST_PAUSE = 0.4
"""Seconds between attempts."""

INTERMEDIATE_REPLICA_ACCESS = -405000
"""The number of an error that python-irodsclient has no class for."""


def is_locked(error: BaseException) -> bool:
    """Whether a zone refused something because somebody is writing the data object."""
    locked = (ex.HIERARCHY_ERROR, ex.LOCKED_DATA_OBJECT_ACCESS)
    return isinstance(error, locked) or getattr(error, "code", 0) == INTERMEDIATE_REPLICA_ACCESS


def when_unlocked() -> tenacity.AsyncRetrying:
    """Attempts at something that a lock may prevent: `async for attempt in when_unlocked(): with attempt: ...`."""
    return tenacity.AsyncRetrying(
        sleep=trio.sleep,
        retry=tenacity.retry_if_exception(is_locked),
        stop=tenacity.stop_after_delay(PATIENCE),
        wait=tenacity.wait_random_exponential(FIRST_PAUSE, LONGEST_PAUSE),
        reraise=True,
    )
