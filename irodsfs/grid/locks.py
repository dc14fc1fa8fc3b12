"""Data objects that somebody has open for writing: a server refuses to open them again until that is over.

It refuses objects in the same way whose resources are marked as down, for which nobody shall wait.
"""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import irods.exception as ex
import tenacity
import trio
from irods.models import Collection, DataObject, Resource

from irodsfs.grid.queries import Query, equal
from irodsfs.grid.resources import DOWN
from irodsfs.grid.zone import Zone

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


@asynccontextmanager
async def down_is_no_lock(zone: Zone, path: str) -> AsyncIterator[None]:
    """Raises `SYS_RESC_IS_DOWN` instead of what looks like a lock, when all replicas are on resources that are down."""
    try:
        yield
    except ex.HIERARCHY_ERROR as error:
        if await _is_down(zone, path):
            raise ex.SYS_RESC_IS_DOWN(f"all replicas of {path} are on resources that are marked as down") from error
        raise


async def _is_down(zone: Zone, path: str) -> bool:
    parent, name = posixpath.split(path)
    where = (Collection.name, equal(parent)), (DataObject.name, equal(name))
    (rows,) = await zone.query(Query((Resource.id, Resource.status), where))
    return bool(rows) and all(DOWN in status for _, status in rows)


def when_unlocked() -> tenacity.AsyncRetrying:
    """Attempts at something that a lock may prevent: `async for attempt in when_unlocked(): with attempt: ...`."""
    return tenacity.AsyncRetrying(
        sleep=trio.sleep,
        retry=tenacity.retry_if_exception(is_locked),
        stop=tenacity.stop_after_delay(PATIENCE),
        wait=tenacity.wait_random_exponential(FIRST_PAUSE, LONGEST_PAUSE),
        reraise=True,
    )
