"""Finishing or undoing what a mount that was killed has left behind in the middle of a rename.

What was moved aside goes back when nothing has taken its place, and is removed when a complete version has taken it.
What was on a detour arrives. A mount that is alive needs moments for all that, so only what is older is touched; what
is younger is not shown, and whoever asks for its name meanwhile waits for those moments.
"""

from __future__ import annotations

import logging
import posixpath
import time

import irods.exception as ex
import trio

from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.listing import Listing
from irodsfs.filesystem.temporary_names import REPLACED, TemporaryName, drop_name, kept_name, lacks_name
from irodsfs.grid import requests
from irodsfs.grid.access_levels import OWN
from irodsfs.grid.catalog_entries import GOOD, Entry
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
"""Seconds between two looks for a name that somebody is just giving to something new; together less than two."""

ABANDONED_AFTER = 60
"""Seconds after which a rename is not going on any more."""


class Repair:
    """Repairs what can be when it is listed or asked for. On a read-only mount nothing is."""

    def __init__(self, zone: Zone, catalog: Catalog, *, read_only: bool) -> None:
        self._zone = zone
        self._catalog = catalog
        self._read_only = read_only
        self._tried: set[str] = set()
        self._waited_for: set[str] = set()

    async def shown(self, listing: Listing) -> list[Entry]:
        """What is to be shown of the entries with temporary names in a listing, or in place of them."""
        left = [entry for entry in listing.temporary.values() if not _is_going_on(entry.name)]
        repaired = await self._repair(left)
        if repaired is None:
            return left
        named = {path for path in repaired if posixpath.basename(path) not in listing}
        found = [await self._found(path) for path in (*(entry.path for entry in left), *named)]
        return [entry for entry in found if entry is not None]

    async def _found(self, path: str) -> Entry | None:
        try:
            return await self._catalog.find_if_there(path)
        except ZONE_FAILURES as error:
            # The listing that it would be shown with is there.
            logger.info("%s is not shown: %s", path, describe(error))
            return None

    async def restored(self, path: str) -> bool:
        """Whether what is missing at a path has come back."""
        parent, name = posixpath.split(path)
        left = [entry for entry in self._catalog.temporary_in(parent) if _may_be(entry.name, name)]
        if await self._has_come(path, left):
            return True
        return await self._repair(left) is not None

    async def _has_come(self, path: str, left: list[Entry]) -> bool:
        """Wait for a name that somebody is just giving to something new, once for each time that it is taken away."""
        going_on = {entry.path for entry in left if _is_going_on(entry.name) and _purpose(entry.name) == REPLACED}
        pause = FIRST_PAUSE
        while going_on - self._waited_for and pause < LONGEST_PAUSE:
            await trio.sleep(pause)
            pause *= 2
            self._catalog.forget(path)
            if await self._catalog.find_if_there(path) is not None:
                return True
            going_on &= {entry.path for entry in self._catalog.temporary_in(posixpath.dirname(path))}
        self._waited_for |= going_on
        return False

    async def _repair(self, left: list[Entry]) -> list[str] | None:
        """The paths that entries had or were to get; None when nothing is to be repaired."""
        abandoned = [entry for entry in left if entry.access >= OWN and _is_abandoned(entry.name)]
        due = [entry for entry in abandoned if entry.path not in self._tried]
        if self._read_only or not due:
            return None
        self._tried.update(entry.path for entry in due)
        paths = [await self._repair_one(entry) for entry in due]
        return [path for path in paths if path is not None]

    async def _repair_one(self, entry: Entry) -> str | None:
        path = None
        try:
            path = await self._original_path(entry)
            if path is None:
                logger.info("%s was left behind by a rename, and nothing tells its name", entry.path)
                return None
            await self._bring_back(entry, path)
        except (ex.CAT_NAME_EXISTS_AS_DATAOBJ, ex.CAT_NAME_EXISTS_AS_COLLECTION):
            if path is not None and _purpose(entry.name) == REPLACED:
                await self._remove(entry, path)
        except ZONE_FAILURES as error:
            logger.info("%s was left behind by a rename: %s", entry.path, describe(error))
        for changed in (entry.path, path):
            if changed is not None:
                self._catalog.changed_elsewhere(changed)
        return path

    async def _original_path(self, entry: Entry) -> str | None:
        collection, name = posixpath.split(entry.path)
        original = _original(name) or await kept_name(self._zone, entry.path, is_collection=entry.is_collection)
        return None if original is None else posixpath.join(collection, original)

    async def _bring_back(self, entry: Entry, path: str) -> None:
        await self._zone.perform(requests.rename(entry.path, path, collection=entry.is_collection))
        logger.info("%s was left behind by a rename and is %s again", entry.path, path)
        if lacks_name(entry.path):
            name = posixpath.basename(path)
            await self._zone.perform(drop_name(path, name, is_collection=entry.is_collection))

    async def _remove(self, entry: Entry, path: str) -> None:
        """Remove what something has taken the place of, unless that is not complete."""
        try:
            if entry.is_collection:
                await self._zone.perform(requests.remove_collection(entry.path))
            elif any(replica.status == GOOD for replica in await read_replicas(self._zone, path)):
                await self._zone.perform(requests.unlink(entry.path))
            else:
                logger.warning("%s is kept: what has its name is not complete", entry.path)
                return
            logger.info("%s, left behind by a rename, was removed", entry.path)
        except ZONE_FAILURES as error:
            logger.info("%s was left behind by a rename: %s", entry.path, describe(error))


def _original(name: str) -> str | None:
    known = TemporaryName.parse(name)
    return known.name if known else None


def _may_be(temporary: str, name: str) -> bool:
    return _original(temporary) in (name, None)


def _purpose(name: str) -> str | None:
    known = TemporaryName.parse(name)
    return known.purpose if known else None


def _is_going_on(name: str) -> bool:
    known = TemporaryName.parse(name)
    return known is not None and not _is_abandoned(name)


def _is_abandoned(name: str) -> bool:
    known = TemporaryName.parse(name)
    return known is not None and time.time() - known.since > ABANDONED_AFTER
