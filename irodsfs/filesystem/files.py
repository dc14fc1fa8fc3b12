"""Opening, writing through and closing data objects by inode."""

from __future__ import annotations

import errno
import logging
import os
import posixpath
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

import trio

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.filesystem.opener import Opener
from irodsfs.filesystem.pending_uploads import PendingUploads
from irodsfs.filesystem.salvage import Salvage
from irodsfs.filesystem.uploader import Uploader
from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.background import Background
from irodsfs.grid.catalog_entries import Entry, made_now
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Reply
from irodsfs.transfer.flights import SMALL
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.upload import ATTEMPTS
from irodsfs.transfer.versions import Version

logger = logging.getLogger(__name__)

SYNCED_AT_A_TIME = 4
"""Files that one call brings into the zone at a time, where it needs all that wait in a directory to be there."""


class Files:
    """Open files of a mount. All handles of an inode share one `OpenFile`."""

    def __init__(
        self,
        catalog: Catalog,
        inodes: Inodes,
        opener: Opener,
        uploader: Uploader,
        salvage: Salvage,
        pending: PendingUploads,
    ) -> None:
        self._catalog = catalog
        self._inodes = inodes
        self._opener = opener
        self._uploader = uploader
        self._salvage = salvage
        self._pending = pending

    @property
    def lets_wait(self) -> bool:
        """Whether small files wait when they are closed."""
        return self._pending.is_enabled

    @property
    def zone_is_away(self) -> bool:
        """True when no zone was there the last time that it was wanted."""
        return self._uploader.zone_is_away

    async def open(self, inode: Inode, entry: Entry, flags: int) -> bool:
        """Open what exists. Its content and size are those of the zone now, unless this mount is writing it.

        True when the content is what the kernel has seen of it last, so that its cache still holds.
        """
        writes = bool(flags & (os.O_ACCMODE | os.O_TRUNC))
        if entry.access < (MODIFY_OBJECT if writes else READ_OBJECT):
            raise PermissionError(errno.EACCES, f"{entry.path}: the user's access level is {entry.access}")
        contents, prefetched = await self._opened(inode, entry, writes=writes)
        inode.handles += 1
        if inode.path is not None:
            inode.last_entry = entry
        try:
            if flags & os.O_TRUNC:
                if not contents.is_dirty:
                    contents.in_zone.base = self._version(entry)
                await contents.truncate(0)
            else:
                await contents.refresh(prefetched, writes=writes)
        except BaseException:
            await self.release(inode)
            raise
        return self._is_as_kernel_knows(inode, contents)

    async def _opened(self, inode: Inode, entry: Entry, *, writes: bool) -> tuple[OpenFile, list[Reply] | None]:
        """What handles of the inode share, and what of its content was fetched before."""
        prefetched = None
        if inode.contents is None and not writes and entry.size <= SMALL:
            prefetched = await self._opener.prefetched(entry)
        if inode.path is None and (inode.contents is None or inode.contents.failure is not None):
            raise FileNotFoundError(errno.ENOENT, f"{entry.path} is not there any more")
        if inode.contents is not None:
            return inode.contents, None  # whoever else has it open may have changed it since
        # The inode may have another name by now than the entry tells.
        inode.contents = self._opener.existing(inode, inode.path or entry.path, entry.size)
        return inode.contents, prefetched

    def _is_as_kernel_knows(self, inode: Inode, contents: OpenFile) -> bool:
        if contents.is_dirty or inode.path is None:
            return True
        if contents.size != inode.shown_size:
            self._catalog.changed(inode.path, size=contents.size)
            self._inodes.forget_attributes(inode)
        unchanged = contents.version is not None and contents.version == inode.seen_version
        inode.seen_version = contents.version
        return unchanged

    async def follow(self, inode: Inode, entry: Entry) -> None:
        """Let what is open and only read grow when others have appended, as `tail -f` expects."""
        contents = inode.contents
        if contents is None or contents.path is None or contents.is_dirty or entry.size <= contents.size:
            return
        try:
            await contents.refresh()
        except ZONE_FAILURES as error:
            # It is still what it was when it was opened: locked by its writer, or gone.
            logger.debug("%s has grown but can't be read: %s", entry.path, describe(error))

    def create(self, inode: Inode, path: str, flags: int, *, mode: int | None = None, among_own: bool = False) -> Entry:
        """Make a file that the first flush brings into the zone, with permission bits where those are to be kept.

        `among_own`: in a directory that the same process has just made.
        """
        entry = replace(made_now(path, is_collection=False), mode=mode)
        exclusive, emptied = bool(flags & os.O_EXCL), bool(flags & os.O_TRUNC)
        inode.contents = self._opener.new(inode, path, exclusive=exclusive, emptied=emptied)
        inode.contents.among_own = among_own
        inode.contents.modified_ns = entry.modified_ns
        inode.last_entry = entry
        inode.handles += 1
        self._catalog.added(entry, registered=False)
        return entry

    async def flush(self, inode: Inode) -> None:
        """What was written is in the zone on return, or safe in the spool. Else it is kept; the log says where."""
        raise_deferred(inode)
        contents = inode.contents
        if contents is None or await self._pending.lets_wait(inode, contents):
            return
        try:
            await self.sync(inode)
        except Exception as error:  # mistakes of ours, too, must lose nothing
            if contents.is_dirty:
                await self._salvage.keep(inode, contents, error)
            raise
        finally:
            if contents.failure is not None:
                self._salvage.detach(inode)

    async def sync(self, inode: Inode) -> None:
        """Bring what was written into the zone, as `fsync` must, what waits included."""
        raise_deferred(inode)
        async with self._pending.bringing(inode) as guarded:
            await self._uploader.upload(inode, ATTEMPTS, guarded=guarded)

    async def release(self, inode: Inode) -> None:
        """One handle is gone; with the last one the content goes too."""
        inode.handles -= 1
        if inode.handles or inode.contents is None:
            return
        try:
            await self.flush(inode)
        finally:
            # A handle may have been opened while the flush was waited for.
            await self._pending.close_if_unused(inode)

    async def truncate(self, inode: Inode, entry: Entry, size: int, *, through_handle: bool) -> None:
        """Cut or extend to `size` bytes: with the next flush through a handle, at once through a path."""
        if through_handle and inode.contents is not None:
            await inode.contents.truncate(size)
            return
        await self.open(inode, entry, os.O_WRONLY)
        try:
            if inode.contents is not None:
                await inode.contents.truncate(size)
            await self.flush(inode)
        finally:
            await self.release(inode)

    async def set_modified(self, inode: Inode, entry: Entry, nanoseconds: int) -> None:
        """Set the modify time, in ns since 1970."""
        if inode.contents is not None and await inode.contents.set_modified(nanoseconds):
            return
        if inode.path is None:
            return
        await self._uploader.touch(entry.path, nanoseconds)
        if inode.contents is not None:
            inode.contents.dated(nanoseconds)

    async def sync_below(self, path: str) -> None:
        """Bring everything into the zone that waits at or below a path."""
        await self._sync_waiting(self._inodes.opened_below(path))

    async def sync_in(self, collection: str) -> None:
        """Bring everything into the zone that waits directly in a collection."""
        below = self._inodes.opened_below(collection)
        await self._sync_waiting([inode for inode in below if posixpath.dirname(inode.path or "") == collection])

    async def _sync_waiting(self, inodes: Iterable[Inode]) -> None:
        """Several at a time; of what can't be brought, what prevented the first is raised when all were tried."""
        left = deque(inode for inode in inodes if inode.waiting is not None)
        failures: list[Exception] = []

        async def carry() -> None:
            while left:
                try:
                    await self.sync(left.popleft())
                except Exception as error:
                    failures.append(error)

        async with trio.open_nursery() as nursery:
            for _ in range(min(SYNCED_AT_A_TIME, len(left)) - 1):
                Background(nursery).start_soon(carry)
            await carry()  # whatever becomes of the others, nothing is left after this
        if failures:
            raise failures[0]

    async def drop_pending(self, inode: Inode | None) -> None:
        """It has lost its name, so nothing of it is to be uploaded."""
        if inode is not None and inode.waiting is not None:
            await self._pending.settle(inode, inode.waiting)

    def _version(self, entry: Entry) -> Version:
        earliest, latest = self._catalog.registered_between(entry)
        return Version(size=entry.size, earliest=earliest, latest=latest, id=entry.id if entry.id > 0 else None)


def raise_deferred(inode: Inode) -> None:
    """Raise what failed before and nobody was told."""
    failure, inode.failure = inode.failure, None
    if failure is not None:
        raise failure
