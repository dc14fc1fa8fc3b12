"""`chmod` and `symlink` for mounts that keep permission bits and symbolic links as AVUs."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.errnos import REFUSALS
from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.grid import requests
from irodsfs.grid.catalog_entries import Entry, made_now
from irodsfs.grid.posix_avus import LONGEST_TARGET, make_link, set_mode
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import check_descriptor


class PosixAttributes:
    """Makes symbolic links, and keeps modes: in one flight each. Listings bring both along."""

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        corrections: Corrections,
        vault_directories: VaultDirectories,
        resource_at: Callable[[str], str | None],
    ) -> None:
        """`resource_at` answers the resource for a data object at a path that is to be a link."""
        self._zone = zone
        self._catalog = catalog
        self._corrections = corrections
        self._vault_directories = vault_directories
        self._resource_at = resource_at

    async def change_mode(self, node: Inode, entry: Entry, mode: int) -> None:
        """Keep permission bits; those of a file that is not in the zone yet go there with it."""
        if node.path is None:
            node.last_entry = replace(entry, mode=mode)
            return
        if self._catalog.is_registered(node.path):
            await self._corrections.on(node.path, partial(self._set_mode, mode))
        self._catalog.changed(node.path, mode=mode)

    async def make_link(self, path: str, target: bytes) -> Entry:
        """Make a symbolic link. Raises ENAMETOOLONG for a target that no AVU can hold."""
        if len(target) > LONGEST_TARGET:
            raise OSError(errno.ENAMETOOLONG, f"{path}: a link names at most {LONGEST_TARGET} bytes")
        named = target.decode("utf-8")
        try:
            await self._vault_directories.with_room(path, partial(self._make, path, named))
        except REFUSALS as error:
            self._corrections.refused(path, error)
            raise
        entry = replace(made_now(path, is_collection=False), size=len(target), link_target=named)
        self._catalog.added(entry)
        return entry

    async def _set_mode(self, mode: int, entry: Entry) -> None:
        await self._zone.perform(set_mode(entry.path, mode, is_collection=entry.is_collection), repeat=True)

    async def _make(self, path: str, target: str) -> None:
        opened, *others = await self._zone.fly(*make_link(path, target, resource=self._resource_at(path)))
        check_descriptor(opened)
        failed = next((reply for reply in others if reply.failed), None)
        if failed is not None:
            await self._zone.perform(requests.unlink(path))
            raise failed.failure()
