"""Making, removing and renaming collections and data objects."""

from __future__ import annotations

import errno
import logging
import os
import posixpath
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

import pyfuse3
from irods.exception import iRODSException

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.grid import requests
from irodsfs.grid.access_levels import MODIFY_OBJECT
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.namespace import NANOSECONDS, Entry, made_now
from irodsfs.grid.once import is_gone, is_there, perform_once
from irodsfs.grid.posix_attributes import set_mode
from irodsfs.grid.zone import Zone
from irodsfs.mount import replacing
from irodsfs.mount.former_collections import FormerCollections
from irodsfs.mount.inheriting import Inheritance
from irodsfs.mount.inodes import Inodes
from irodsfs.mount.write_back import WriteBackFiles

logger = logging.getLogger(__name__)

LONGEST_NAME = 255
LONGEST_PATH = 1023
"""Bytes: of a name on the file systems of vaults, of a path in the server's structures."""


class Tree:
    """The changes of a mount to the namespace; the catalog and the inodes follow each of them."""

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        avus: Avus,
        inodes: Inodes,
        files: WriteBackFiles,
        inheritance: Inheritance,
        former: FormerCollections,
        *,
        trash: bool,
    ) -> None:
        self._zone = zone
        self._catalog = catalog
        self._avus = avus
        self._inodes = inodes
        self._files = files
        self._inheritance = inheritance
        self._former = former
        self._trash = trash

    async def check_new(self, parent: str, path: str) -> None:
        """Raise what a new entry at `path` would end in: a name that is too long, or a parent not to be changed."""
        check_length(path)
        await self._check_changeable(parent)

    async def make_collection(self, path: str, mode: int | None = None) -> Entry:
        """Make a collection, with permission bits where those are to be kept."""
        kept = [] if mode is None else [set_mode(path, mode, is_collection=True).after_first()]
        making = requests.make_collection(path)
        outcome = await perform_once(self._zone, making, *kept, has_effect=partial(is_there, self._zone, path))
        if outcome.repeated and kept:
            await self._zone.perform(*kept, repeat=True)
        entry = replace(made_now(path, is_collection=True), mode=mode)
        self._catalog.added_collection(entry)
        return entry

    async def remove_object(self, path: str) -> None:
        """Unlink. Handles of this mount go on reading and writing what they have."""
        entry = await self._catalog.find(path)
        if entry.is_collection:
            raise IsADirectoryError(errno.EISDIR, path)
        inode = self._inodes.get(path)
        async with self._losing_its_name(entry):
            if inode is None or inode.contents is None or inode.contents.registered:
                await self._remove(path, requests.unlink(path, trash=self._trash))
        self._inodes.unlinked(path)
        self._catalog.removed(path)
        await self._files.let_go(inode)

    async def remove_collection(self, path: str) -> None:
        entry = await self._catalog.find(path)
        if not entry.is_collection:
            raise NotADirectoryError(errno.ENOTDIR, path)
        if not await self._catalog.is_empty(path):
            raise OSError(errno.ENOTEMPTY, path)
        await self._remove(path, requests.remove_collection(path))
        self._former.add(path)
        self._inodes.unlinked(path)
        self._catalog.removed(path)

    async def _remove(self, path: str, removing: Request) -> None:
        await perform_once(self._zone, removing, has_effect=partial(is_gone, self._zone, path))

    async def rename(self, source: str, target: str, flags: int) -> None:
        """Rename as POSIX does: what is at `target` is replaced, unless RENAME_NOREPLACE is among `flags`."""
        if flags & ~pyfuse3.RENAME_NOREPLACE:
            raise OSError(errno.EINVAL, "RENAME_EXCHANGE")
        if source == target:
            return
        if target.startswith(f"{source}/"):
            raise OSError(errno.EINVAL, f"{target} lies in {source}")
        entry = await self._catalog.find(source)
        replaced = await self._catalog.find_if_there(target)
        if replaced is not None and flags & pyfuse3.RENAME_NOREPLACE:
            raise FileExistsError(errno.EEXIST, target)
        obstacle = replacing.in_the_way(source, target)
        detour = obstacle is not None and await self._catalog.find_if_there(obstacle) is not None
        way = replacing.steps(source, target, detour=detour)
        await self._files.sync_below(source)
        await self._bring_into_the_zone(source)
        lost = self._inodes.get(target)
        async with self._at_rest(source):
            if replaced is None:
                await self._move(entry, way)
            else:
                await self._replace(entry, replaced, way)
            self._catalog.moved(source, target)
            self._inodes.moved(source, target)
            if entry.is_collection or posixpath.dirname(source) != posixpath.dirname(target):
                await self._keep_time(target, entry.modified_ns)
        await self._files.let_go(lost)

    async def _move(self, entry: Entry, way: list[replacing.Step]) -> None:
        target = way[-1][1]
        is_file = not entry.is_collection and entry.link_target is None
        if is_file:
            await self._inheritance.take_over(entry.path, target)
        moving = partial(replacing.move, self._zone, way, collection=entry.is_collection)
        await self._former.with_room(target, moving)
        if entry.is_collection:
            self._former.add(entry.path)
        if is_file:
            self._inheritance.renamed(entry.path, target)

    async def _replace(self, entry: Entry, replaced: Entry, way: list[replacing.Step]) -> None:
        if entry.is_collection and not replaced.is_collection:
            raise NotADirectoryError(errno.ENOTDIR, replaced.path)
        if replaced.is_collection and not entry.is_collection:
            raise IsADirectoryError(errno.EISDIR, replaced.path)
        if entry.is_collection:
            if not await self._catalog.is_empty(replaced.path):
                raise OSError(errno.ENOTEMPTY, replaced.path)
            await replacing.replace_collection(self._zone, way)
            return
        await self._bring_into_the_zone(replaced.path)
        async with self._losing_its_name(replaced):
            given = await self._passed_on(entry, replaced)
            await replacing.replace_object(self._zone, way, given)
            self._avus.forget(entry)
            self._inheritance.renamed(entry.path, replaced.path)

    async def _keep_time(self, path: str, modified_ns: int) -> None:
        """A move between collections counts as a modification for iRODS, but not for POSIX."""
        try:
            await self._zone.perform(requests.touch(path, modified_ns // NANOSECONDS), repeat=True)
        except (iRODSException, ZoneUnreachable) as error:
            logger.info("%s was moved, but has a new modify time: %s", path, describe(error))

    async def _passed_on(self, entry: Entry, replaced: Entry) -> list[Request]:
        is_link = entry.link_target is not None or replaced.link_target is not None
        return [] if is_link else await self._inheritance.requests(entry.path, replaced.path)

    @asynccontextmanager
    async def _losing_its_name(self, entry: Entry) -> AsyncIterator[None]:
        """Its handles go on reading and writing when the block, which removes the name, has succeeded.

        Whoever opens it meanwhile waits for the lock, so the caller tells the inodes before it waits for anything.
        """
        inode = self._inodes.get(entry.path)
        if inode is None:
            yield
            return
        async with inode.lock:
            if inode.contents is not None:
                await inode.contents.prepare_unlinking()
            yield
            inode.last_entry = entry

    @asynccontextmanager
    async def _at_rest(self, path: str) -> AsyncIterator[None]:
        """Nothing open at or below a path is on its way to or from the zone while it gets another path."""
        async with AsyncExitStack() as stack:
            stack.enter_context(self._inodes.moving(path))
            itself = self._inodes.get(path)
            below = [inode for inode in self._inodes.opened_below(path) if inode is not itself]
            for inode in [*([itself] if itself is not None else []), *below]:
                await stack.enter_async_context(inode.lock)
                if inode.contents is not None:
                    await inode.contents.come_to_rest()
            yield

    async def _bring_into_the_zone(self, path: str) -> None:
        inode = self._inodes.get(path)
        if inode is not None and inode.contents is not None and not inode.contents.registered:
            await self._files.sync(inode)

    async def _check_changeable(self, collection: str) -> None:
        entry = await self._catalog.find(collection)
        if entry.access < MODIFY_OBJECT:
            raise PermissionError(errno.EACCES, f"{collection}: the user's access level is {entry.access}")


def check_length(path: str) -> None:
    """Raise what a path ends in that neither a file system nor iRODS could hold."""
    if len(os.fsencode(posixpath.basename(path))) > LONGEST_NAME or len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, path)
