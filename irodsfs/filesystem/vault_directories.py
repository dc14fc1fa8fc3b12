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

from irodsfs.filesystem.errnos import errno_of
from irodsfs.filesystem.posix_rename import making_and_removing
from irodsfs.grid import requests
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

REMEMBERED = 10_000

Result = TypeVar("Result")


class VaultDirectories:
    """The paths of collections that this mount has removed or moved away."""

    def __init__(self, zone: Zone, resource_at: Callable[[str], str | None]) -> None:
        """`resource_at` answers the resource for a data object at a path, None for the zone's own choice."""
        self._zone = zone
        self._resource_at = resource_at
        self._paths: LRUCache[str, None] = LRUCache(REMEMBERED)

    def add(self, path: str) -> None:
        """There is no collection at this path any more."""
        self._paths[path] = None

    async def with_room(self, path: str, make: Callable[[], Awaitable[Result]]) -> Result:
        """Do what makes a data object at `path`; again, with room made for it, when a vault has none."""
        try:
            return await make()
        except ex.UNIX_FILE_CREATE_ERR as error:
            if not await self.makes_room(path, error):
                raise
        return await make()

    async def makes_room(self, path: str, error: ex.UNIX_FILE_CREATE_ERR) -> bool:
        """Whether an error said that a vault has no room at `path`, and there is some now."""
        if errno_of(error) != errno.EEXIST:
            return False
        below = [known for known in self._paths if known.startswith(f"{path}/")]
        if not below:
            return False
        try:
            await self._clear(path, below)
        except ZONE_FAILURES as error:
            logger.info("no room was made in the vault for %s: %s", path, describe(error))
            return False
        return True

    async def _clear(self, path: str, below: list[str]) -> None:
        """Each flight only removes what it has made, so what others have at these paths stays."""
        parents = sorted({parent for each in below for parent in _between(path, each)}, key=_depth)
        made: list[str] = []
        try:
            for parent in parents:
                await self._zone.perform(requests.make_collection(parent))
                made.append(parent)
            for each in sorted({*below, *parents} - {path}, key=_depth, reverse=True):
                if each in made:
                    await self._zone.perform(requests.remove_collection(each))
                    made.remove(each)
                await self._zone.perform(*making_and_removing(each, self._resource_at(each)))
        finally:
            for parent in reversed(made):
                await self._zone.perform(requests.remove_collection(parent))


def _between(top: str, path: str) -> Iterator[str]:
    """The collections that a path below `top` lies in, as far as `top`."""
    while path != top:
        path = posixpath.dirname(path)
        yield path


def _depth(path: str) -> int:
    return path.count("/")
