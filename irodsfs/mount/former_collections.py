"""Room in vaults for data objects at paths where collections were.

A vault keeps the directories of collections that are gone. A server removes one, if it is empty, for a data object that
is made in its place. So the directories below it go when data objects are made and removed in their places first, the
deepest ones before the others. All that is done only when the server has found no room.
"""

from __future__ import annotations

import errno
import logging
import posixpath
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import irods.exception as ex
from cachetools import LRUCache
from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.zone import Zone
from irodsfs.mount.errnos import errno_of
from irodsfs.transfer.flights import opening_flags, writing

logger = logging.getLogger(__name__)

REMEMBERED = 10_000

Result = TypeVar("Result")


class FormerCollections:
    """The paths of collections that this mount has removed or moved away."""

    def __init__(self, zone: Zone, resource: str | None) -> None:
        """`resource` for data objects, None for the zone's own choice."""
        self._zone = zone
        self._resource = resource
        self._paths: LRUCache[str, None] = LRUCache(REMEMBERED)

    def add(self, path: str) -> None:
        """There is no collection at this path any more."""
        self._paths[path] = None

    async def with_room(self, path: str, make: Callable[[], Awaitable[Result]]) -> Result:
        """Do what makes a data object at `path`; again, with room made for it, when a vault has none."""
        try:
            return await make()
        except ex.UNIX_FILE_CREATE_ERR as error:
            if errno_of(error) != errno.EEXIST or not await self._make_room(path):
                raise
        return await make()

    async def _make_room(self, path: str) -> bool:
        below = [known for known in self._paths if known.startswith(f"{path}/")]
        if not below:
            return False
        try:
            await self._zone.perform(*self._clearing(path, below))
        except (iRODSException, ZoneUnreachable) as error:
            logger.info("no room was made in the vault for %s: %s", path, describe(error))
            return False
        return True

    def _clearing(self, path: str, below: list[str]) -> Iterator[Request]:
        parents = sorted({parent for each in below for parent in _between(path, each)}, key=_depth)
        yield from map(requests.make_collection, parents)
        for each in sorted({*below, *parents} - {path}, key=_depth, reverse=True):
            if each in parents:
                yield requests.remove_collection(each).after_all()
            yield from writing(each, opening_flags(replace=True, exclusive=True), (), resource=self._resource)
            yield requests.unlink(each).after_all()
        yield requests.remove_collection(path).after_all()


def _between(top: str, path: str) -> Iterator[str]:
    """The collections that a path below `top` lies in, as far as `top`."""
    while path != top:
        path = posixpath.dirname(path)
        yield path


def _depth(path: str) -> int:
    return path.count("/")
