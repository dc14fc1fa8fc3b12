"""What a program gets that opens or makes a file: what the zone has at that moment, not what is cached."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import trio
from cachetools import TTLCache
from irods.exception import iRODSException

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.errnos import FAILURES, errno_of
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.retrying import trying_once

GLANCE = 1.0
"""Seconds in which it is seen whether a zone that was away is back, by those who can do without it."""

DIRECTORIES = 10_000
"""How many directories are remembered with who has made them."""


class Opening:
    """Decides what is asked of the zone before a file is opened or made."""

    def __init__(self, catalog: Catalog, inodes: Inodes, files: Files, time_to_live: float) -> None:
        """`time_to_live` in seconds: for how long a directory counts as new."""
        self._catalog = catalog
        self._inodes = inodes
        self._files = files
        self._makers: TTLCache[str, int] = TTLCache(DIRECTORIES, time_to_live)

    def made_directory(self, path: str, pid: int) -> None:
        """A process has just made a directory: what it makes in there is new, too."""
        self._makers[path] = pid

    @asynccontextmanager
    async def found(self, node: Inode, entry: Entry, flags: int) -> AsyncIterator[Entry]:
        """What is to be opened in the block, which exists as far as is known.

        Raises ESTALE for what is gone, or no file any more: Linux looks the name up again then.
        """
        try:
            if flags & os.O_TRUNC and node.path is not None:
                entry = await self._to_replace(node, node.path, entry)
            await self._inodes.settled(node)
            yield entry
        except FAILURES as error:
            if not await self._is_gone(node, error):
                raise
            if node.path is not None:
                self._catalog.forget(node.path)
            raise OSError(errno.ESTALE, node.path) from error

    async def create(self, node: Inode, path: str, flags: int, pid: int, mode: int | None) -> Entry:
        """Open what is at a path, or make it, with permission bits where those are to be kept."""
        entry = await self._catalog.find_if_there(path)
        if self._must_ask(entry, path, flags, pid):
            entry = await self._catalog.find_now(path)
        if entry is None:
            await self._inodes.settled(node)
            is_among_own = self._has_made_directory(path, pid)
            return self._files.create(node, node.path or path, flags, mode=mode, among_own=is_among_own)
        if flags & os.O_EXCL:
            raise FileExistsError(errno.EEXIST, path)
        if entry.is_collection:
            raise IsADirectoryError(errno.EISDIR, path)
        if entry.link_target is not None:
            raise OSError(errno.ESTALE, f"{path} is a link by now")  # Linux looks the name up again, and follows it
        await self._files.open(node, entry, flags)
        return entry

    def _must_ask(self, entry: Entry | None, path: str, flags: int, pid: int) -> bool:
        """Whether what is cached of a file that a program may make is too little to go on with."""
        if entry is not None and flags & os.O_EXCL:
            return True
        if self._files.lets_wait and flags & (os.O_EXCL | os.O_TRUNC) == os.O_TRUNC:
            return False  # files that wait don't wait for an answer either; what they meet is found out later
        # `cp -r` and `tar -x` fill directories that they have just made. The zone still refuses what is taken.
        return entry is not None or not self._has_made_directory(path, pid)

    def _has_made_directory(self, path: str, pid: int) -> bool:
        """Whether a process has just made the directory that a file is made in."""
        return self._makers.get(posixpath.dirname(path)) == pid

    async def _to_replace(self, node: Inode, path: str, entry: Entry) -> Entry:
        if node.contents is not None and node.contents.is_dirty:
            return entry
        if not self._files.lets_wait:
            return await self._there_now(path)
        # Without an answer what is known is opened; it replaces nothing else later.
        if not self._files.zone_is_away:
            with suppress(ZoneUnreachable):
                return await self._there_now(path)
            return entry
        with suppress(ZoneUnreachable), trying_once(), trio.move_on_after(GLANCE):
            return await self._there_now(path)
        return entry

    async def _there_now(self, path: str) -> Entry:
        entry = await self._catalog.find_now(path)
        if entry is None or entry.is_collection:
            raise FileNotFoundError(errno.ENOENT, f"{path} is no file any more")
        return entry

    async def _is_gone(self, node: Inode, error: BaseException) -> bool:
        """Whether what could not be opened is no file, or not there any more."""
        if errno_of(error) == errno.ENOENT:
            return True
        if node.path is None or not isinstance(error, iRODSException) or errno_of(error) in (errno.EACCES, errno.EBUSY):
            return False
        found = await self._catalog.find_now(node.path)
        return found is None or found.is_collection
