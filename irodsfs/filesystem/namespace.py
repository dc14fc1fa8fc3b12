"""Making and removing collections and data objects."""

from __future__ import annotations

import errno
import logging
import os
import posixpath
from dataclasses import replace
from functools import partial

import irods.exception as ex

from irodsfs.filesystem.caches import Caches
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.open_while_renamed import losing_its_name
from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.grid import requests
from irodsfs.grid.access_levels import MODIFY_OBJECT
from irodsfs.grid.at_most_once import fly_once, is_gone, is_there, perform_once
from irodsfs.grid.catalog_entries import Entry, made_now, now_ns
from irodsfs.grid.errors import describe
from irodsfs.grid.flight import Request
from irodsfs.grid.names import LONGEST_NAME, LONGEST_PATH, check_collection_path, check_name
from irodsfs.grid.posix_avus import set_mode
from irodsfs.grid.special_collections import describe_special
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

NS = 10**9


class Namespace:
    """What a mount adds to the namespace and takes away; the catalog and the inodes follow each change.

    What is cached of a path never makes a call fail: the zone decides, or is asked again.
    """

    def __init__(
        self,
        zone: Zone,
        caches: Caches,
        corrections: Corrections,
        files: Files,
        vault_directories: VaultDirectories,
        *,
        trash_after: float,
    ) -> None:
        self._zone = zone
        self._catalog = caches.catalog
        self._corrections = corrections
        self._inodes = caches.inodes
        self._files = files
        self._vault_directories = vault_directories
        self._trash_after = trash_after

    async def check_new(self, parent: str, path: str) -> None:
        """Raise what a new entry at `path` would end in: a name that can't be, or a parent not to be changed."""
        check_length(path)
        check_name(path)
        entry = await self._catalog.find_if_there(parent)
        if entry is None or entry.access < MODIFY_OBJECT:
            entry = await self._catalog.refetch(parent)
        if entry.access < MODIFY_OBJECT:
            raise PermissionError(errno.EACCES, f"{parent}: the user's access level is {entry.access}")

    async def check_ordinary(self, path: str) -> None:
        """Raise ENOTSUP for a collection whose content is elsewhere, and say so in the log."""
        entry = await self._catalog.find_if_there(path)
        if entry is not None and entry.special:
            logger.warning("%s", await describe_special(self._zone, entry))
            raise OSError(errno.ENOTSUP, f"{path} is a {entry.special}")

    async def make_collection(self, path: str, mode: int | None = None) -> Entry:
        """Make a collection, with permission bits where those are to be kept."""
        check_collection_path(path)
        kept = [] if mode is None else [set_mode(path, mode, is_collection=True).after_first()]
        making = requests.make_collection(path)
        outcome = await fly_once(self._zone, making, *kept, has_effect=partial(is_there, self._zone, path))
        made, *described = outcome.replies
        if made.failed and not outcome.done:
            self._corrections.refused(path, made.failure())
            raise made.failure()
        if outcome.doubtful and kept:
            described = await self._zone.fly(set_mode(path, mode or 0, is_collection=True), repeat=True)
        for reply in described:
            if reply.failed:
                # The collection is there, which is what the call is about.
                logger.warning("the mode %o of %s could not be kept: %s", mode, path, describe(reply.failure()))
        entry = replace(made_now(path, is_collection=True), mode=mode)
        self._catalog.added_collection(entry)
        return entry

    async def remove_object(self, path: str) -> None:
        """Unlink. Handles of this mount go on reading and writing what they have."""
        await self._corrections.on(path, self._remove_object)

    async def remove_collection(self, path: str) -> None:
        """Remove an empty collection; whether it is empty is for the zone to say."""
        await self._corrections.on(path, self._remove_collection)

    async def _remove_object(self, entry: Entry) -> None:
        path = entry.path
        if entry.is_collection:
            raise IsADirectoryError(errno.EISDIR, path)
        inode = self._inodes.get(path)
        async with losing_its_name(inode, entry):
            if inode is None or inode.contents is None or inode.contents.registered:
                await self._remove(path, requests.unlink(path, trash=self._is_kept(entry)))
        self._inodes.unlinked(path)
        self._catalog.removed(path)
        await self._files.drop_pending(inode)

    async def _remove_collection(self, entry: Entry) -> None:
        path = entry.path
        if not entry.is_collection:
            raise NotADirectoryError(errno.ENOTDIR, path)
        await self.check_ordinary(path)
        if self._catalog.brings_into(path):
            raise OSError(errno.ENOTEMPTY, path)
        try:
            await self._remove(path, requests.remove_collection(path))
        except ex.CAT_COLLECTION_NOT_EMPTY:
            if not self._catalog.peek_children(path):
                self._corrections.wrong(path)
            raise
        self._vault_directories.add(path)
        self._inodes.unlinked(path)
        self._catalog.removed(path)

    def _is_kept(self, entry: Entry) -> bool:
        """Whether the trash is to have it: programs' temporary files are younger than what people miss."""
        return now_ns() - entry.created_ns >= self._trash_after * NS

    async def _remove(self, path: str, removing: Request) -> None:
        await perform_once(self._zone, removing, has_effect=partial(is_gone, self._zone, path))


def check_length(path: str) -> None:
    """Raise what a path ends in that neither a file system nor iRODS could hold."""
    if len(os.fsencode(posixpath.basename(path))) > LONGEST_NAME or len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, path)
