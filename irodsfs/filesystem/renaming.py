"""Renaming on a mount: by what iRODS offers, with what is open of the entries, and with what is cached of them."""

from __future__ import annotations

import errno
import logging
import posixpath
from functools import partial

from irodsfs.filesystem import posix_rename, replaced_replicas
from irodsfs.filesystem.caches import Caches
from irodsfs.filesystem.corrections import Corrections, is_denial
from irodsfs.filesystem.errnos import REFUSALS
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.open_while_renamed import at_rest, losing_its_name
from irodsfs.filesystem.overwriting import Overwriting
from irodsfs.filesystem.replaced_metadata import ReplacedMetadata
from irodsfs.filesystem.replaced_replicas import Places
from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.grid import requests
from irodsfs.grid.catalog_entries import NANOSECONDS, Entry
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.names import check_collection_path, zone_of
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import SMALL

logger = logging.getLogger(__name__)

NO_REPLACE = 1
"""The flag RENAME_NOREPLACE of renameat2."""

ATTEMPTS = 10
"""How often a rename is tried while others give and take the same names."""


class Renaming:
    """Renames; the catalog and the inodes follow."""

    def __init__(
        self,
        zone: Zone,
        caches: Caches,
        corrections: Corrections,
        files: Files,
        replaced_metadata: ReplacedMetadata,
        vault_directories: VaultDirectories,
    ) -> None:
        self._zone = zone
        self._catalog = caches.catalog
        self._avus = caches.avus
        self._corrections = corrections
        self._inodes = caches.inodes
        self._files = files
        self._replaced_metadata = replaced_metadata
        self._vault_directories = vault_directories
        self._overwriting = Overwriting(zone, caches.catalog, replaced_metadata)

    async def rename(self, source: str, target: str, flags: int) -> None:
        """Rename as POSIX does: what is at `target` is replaced, unless RENAME_NOREPLACE is among `flags`."""
        if flags & ~NO_REPLACE:
            raise OSError(errno.EINVAL, "RENAME_EXCHANGE")
        if source == target:
            return
        if zone_of(source) != zone_of(target):
            raise OSError(errno.EXDEV, f"{target} lies in another zone than {source}")
        if target.startswith(f"{source}/"):
            raise OSError(errno.EINVAL, f"{target} lies in {source}")
        replaces = not flags & NO_REPLACE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._corrections.doubted(source, target):
                    await self._rename(source, target, replaces=replaces)
                return
            except REFUSALS as error:
                if not is_denial(error) or attempt == ATTEMPTS:
                    raise
                # What was cached the first time may be true by now, while somebody else replaces the same entry.
                if not await self._corrections.are_wrong(*_concerned(source, target)) and attempt > 1:
                    raise

    async def _rename(self, source: str, target: str, *, replaces: bool) -> None:
        entry = await self._catalog.find(source)
        if entry.is_collection:
            check_collection_path(target)
        replaced = await self._catalog.find_if_there(target)
        if replaced is not None:
            if not replaces:
                raise FileExistsError(errno.EEXIST, target)
            await self._check_replaceable(entry, replaced)
        await self._files.sync_below(source)
        await self._bring_into_the_zone(source)
        lost = self._inodes.get(target)
        is_dated = False
        async with at_rest(self._inodes, source):
            if replaced is None:
                await self._move(entry, target)
            elif entry.is_collection:
                await posix_rename.replace_collection(self._zone, await self._way(source, target))
                self._moved(entry, target)
            else:
                async with losing_its_name(lost, replaced):
                    is_dated = await self._replace(entry, replaced, lost)
            if not is_dated and (entry.is_collection or posixpath.dirname(source) != posixpath.dirname(target)):
                await self._keep_time(target, entry.modified_ns)
        await self._files.drop_pending(lost)

    async def _check_replaceable(self, entry: Entry, replaced: Entry) -> None:
        if entry.is_collection and not replaced.is_collection:
            raise NotADirectoryError(errno.ENOTDIR, replaced.path)
        if replaced.is_collection and not entry.is_collection:
            raise IsADirectoryError(errno.EISDIR, replaced.path)
        if replaced.is_collection:
            self._catalog.forget(replaced.path)
            if not await self._catalog.is_empty(replaced.path):
                raise OSError(errno.ENOTEMPTY, replaced.path)
        else:
            await self._bring_into_the_zone(replaced.path)

    async def _way(self, source: str, target: str) -> list[posix_rename.Step]:
        obstacle = posix_rename.in_the_way(source, target)
        detour = obstacle is not None and await self._catalog.find_if_there(obstacle) is not None
        return posix_rename.steps(source, target, detour=detour)

    async def _move(self, entry: Entry, target: str) -> None:
        way = await self._way(entry.path, target)
        moving = partial(posix_rename.move, self._zone, way, collection=entry.is_collection)
        await self._vault_directories.with_room(target, moving)
        self._moved(entry, target)
        if entry.is_collection:
            self._vault_directories.add(entry.path)
        elif entry.link_target is None:
            self._replaced_metadata.renamed(entry.path, target)
            await self._replaced_metadata.take_over(target, target)

    async def _replace(self, entry: Entry, replaced: Entry, lost: Inode | None) -> bool:
        """True when the zone has been told the modify time."""
        source, target = entry.path, replaced.path
        is_link = entry.link_target is not None or replaced.link_target is not None
        if not is_link and self._may_be_overwritten(source, replaced, lost) and await self._overwrite(source, target):
            return True
        given: list[Request] = []
        places = Places()
        if not is_link:
            places = await replaced_replicas.compared(self._zone, source, target)
            known, predecessor = await self._replaced_metadata.known_of(source, target)
            given = await self._replaced_metadata.given(target, known, predecessor)
        way = await self._way(source, target)
        await posix_rename.replace_object(self._zone, way, partial(self._replaced_metadata.give, target, given))
        self._avus.forget(entry)
        self._moved(entry, target)
        await replaced_replicas.settle(self._zone, target, places)
        if not is_link:
            self._replaced_metadata.renamed(source, target)
        return False

    def _may_be_overwritten(self, source: str, replaced: Entry, lost: Inode | None) -> bool:
        # What is read by ranges here is the zone's; and so it is elsewhere, where a large file is read.
        is_read = lost is not None and lost.contents is not None and lost.contents.in_memory is None
        entry = self._catalog.peek(source)
        is_small = entry is not None and max(entry.size, replaced.size) <= SMALL
        return self._replaced_metadata.is_enabled and is_small and not is_read

    async def _overwrite(self, source: str, target: str) -> bool:
        found = await self._overwriting.put(source, target)
        if found is None:
            return False
        moved, replaced = self._catalog.peek(source), self._catalog.peek(target)
        self._catalog.removed(source)
        mode = None if moved is None else moved.mode
        self._catalog.changed(target, size=len(found.content), checksum=found.checksum, mode=mode)
        self._catalog.dated(target, found.modified_ns)
        if found.moved_ns is not None:
            self._catalog.dated(posixpath.dirname(target), found.moved_ns)
        self._inodes.moved(source, target)
        if replaced is not None:
            self._avus.forget(replaced)
        self._replaced_metadata.renamed(source, target)
        return True

    def _moved(self, entry: Entry, target: str) -> None:
        self._catalog.moved(entry.path, target)
        self._inodes.moved(entry.path, target)

    async def _keep_time(self, path: str, modified_ns: int) -> None:
        """A move between collections counts as a modification for iRODS, but not for POSIX."""
        try:
            await self._zone.perform(requests.touch(path, modified_ns // NANOSECONDS), repeat=True)
        except ZONE_FAILURES as error:
            logger.info("%s was moved, but has a new modify time: %s", path, describe(error))

    async def _bring_into_the_zone(self, path: str) -> None:
        inode = self._inodes.get(path)
        if inode is not None and inode.contents is not None and not inode.contents.registered:
            await self._files.sync(inode)


def _concerned(source: str, target: str) -> list[str]:
    """The paths on which a rename depends."""
    obstacle = posix_rename.in_the_way(source, target)
    return [source, target, *([obstacle] if obstacle is not None else [])]
