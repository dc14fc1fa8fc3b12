"""Bringing open files into the zone, and what follows from that for what is known of it."""

from __future__ import annotations

import logging
import time

import irods.exception as ex

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.filesystem.prefetcher import Prefetcher
from irodsfs.filesystem.replaced_metadata import ReplacedMetadata
from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.grid import requests
from irodsfs.grid.catalog_entries import NANOSECONDS, now_ns
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.posix_avus import set_mode
from irodsfs.grid.zone import Zone
from irodsfs.transfer.open_file import OpenFile

logger = logging.getLogger(__name__)


class Uploader:
    """Brings what was written into the zone. What it has brought, the catalog and the kernel know."""

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        inodes: Inodes,
        prefetcher: Prefetcher,
        vault_directories: VaultDirectories,
        replaced_metadata: ReplacedMetadata,
    ) -> None:
        self._zone = zone
        self._catalog = catalog
        self._inodes = inodes
        self._prefetcher = prefetcher
        self._vault_directories = vault_directories
        self._replaced_metadata = replaced_metadata

    @property
    def zone_is_away(self) -> bool:
        """True when no zone was there the last time that it was wanted."""
        return self._zone.pool.logins.is_away

    def abandon(self) -> None:
        """Let whatever goes on fail at once."""
        self._zone.pool.abandon()

    def is_to_inherit(self, path: str) -> bool:
        """Whether what is made there takes over metadata from what had the name before."""
        return self._replaced_metadata.is_due(path)

    async def touch(self, path: str, nanoseconds: int) -> None:
        """Set the modify time of what is in the zone. Raises the zone's error for what is missing."""
        # What is missing is touched without a word.
        touching = requests.touch(path, nanoseconds // NANOSECONDS), requests.object_stat(path)
        await self._zone.perform(*touching, repeat=True)
        self._catalog.dated(path, nanoseconds)

    async def upload(self, inode: Inode, attempts: int, *, guarded: bool) -> None:
        """Bring what was written into the zone; `guarded`, only over the version that it was made from."""
        contents = inode.contents
        if contents is None:
            return
        if not contents.is_dirty:
            await contents.flush()  # tells again what has failed for good
            return
        began = time.time()
        is_new = not contents.registered
        try:
            brought = await contents.flush(attempts, guarded=guarded)
        except ex.UNIX_FILE_CREATE_ERR as error:
            if not await self._vault_directories.makes_room(inode.path or "", error):
                raise
            brought = await contents.flush(attempts, guarded=guarded)
        if inode.path is None:
            return
        self._prefetcher.forget(inode.path)
        if brought is not None and (brought.met or brought.is_other):
            self._catalog.forget_unregistered(inode.path)
            self._catalog.changed_elsewhere(inode.path)
            self._inodes.forget_name(inode.path)
            return
        modified_ns = now_ns() if contents.modified_ns is None else contents.modified_ns
        self._catalog.written(inode.path, contents.size, modified_ns, began)
        if is_new:
            await self._keep_mode(inode, contents)
            await self._replaced_metadata.take_over(inode.path, inode.path)

    async def _keep_mode(self, inode: Inode, contents: OpenFile) -> None:
        path = contents.path
        entry = None if path is None else self._catalog.peek(path)
        if path is None or entry is None or entry.mode is None:
            return
        try:
            await self._zone.perform(set_mode(path, entry.mode, is_collection=False), repeat=True)
        except ZONE_FAILURES as error:
            async with inode.lock:  # which whoever renames or unlinks it holds
                moved = contents.path != path
            if moved:
                await self._keep_mode(inode, contents)
                return
            # The bytes are safe, which is what a close is about.
            logger.warning("the mode %o of %s could not be kept: %s", entry.mode, path, describe(error))
