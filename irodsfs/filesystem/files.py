"""Opening, writing through and closing data objects by inode."""

from __future__ import annotations

import errno
import logging
import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.former_collections import FormerCollections
from irodsfs.filesystem.inheriting import Inheritance
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.filesystem.upcoming import Upcoming
from irodsfs.grid import requests
from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.errors import ZONE_FAILURES, describe, summarise
from irodsfs.grid.namespace import NANOSECONDS, Entry, made_now, now_ns
from irodsfs.grid.posix_attributes import set_mode
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import SMALL
from irodsfs.transfer.kept import Description, Kept, Sender
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.upload import ATTEMPTS, Upload
from irodsfs.transfer.versions import DIGEST_SIZE, Version

logger = logging.getLogger(__name__)


class Files:
    """Open files of a mount. All handles of an inode share one `OpenFile`."""

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        spool: Spool,
        inheritance: Inheritance,
        upcoming: Upcoming,
        former: FormerCollections,
        options: TransferOptions,
        sender: Sender,
        inodes: Inodes,
    ) -> None:
        """`sender` is told to whoever finds what is kept."""
        self._inodes = inodes
        self._zone = zone
        self._inheritance = inheritance
        self._catalog = catalog
        self._spool = spool
        self._options = options
        self._sender = sender
        self._upcoming = upcoming
        self._former = former

    async def open(self, inode: Inode, entry: Entry, flags: int) -> bool:
        """Open what exists. Its content and size are those of the zone now, unless this mount is writing it.

        True when the content is what the kernel has seen of it last, so that its cache still holds.
        """
        writes = bool(flags & (os.O_ACCMODE | os.O_TRUNC))
        if entry.access < (MODIFY_OBJECT if writes else READ_OBJECT):
            raise PermissionError(errno.EACCES, f"{entry.path}: the user's access level is {entry.access}")
        read_ahead = None
        if inode.contents is None and not writes and entry.size <= SMALL:
            read_ahead = await self._upcoming.take(entry)
        if inode.path is None and (inode.contents is None or inode.contents.failure is not None):
            raise FileNotFoundError(errno.ENOENT, f"{entry.path} is not there any more")
        if inode.contents is None:
            # The inode may have another name by now than the entry tells.
            path = inode.path or entry.path
            inode.contents = OpenFile(self._zone, self._spool, path, entry.size, self._options, inode.lock)
        else:
            read_ahead = None  # whoever else has it open may have changed it since
        contents = inode.contents
        inode.handles += 1
        try:
            if flags & os.O_TRUNC:
                if not contents.is_dirty:
                    contents.in_zone.base = self._version(entry)
                await contents.truncate(0)
            else:
                await contents.refresh(read_ahead, writes=writes)
        except BaseException:
            await self.release(inode)
            raise
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

    def create(self, inode: Inode, path: str, flags: int, *, mode: int | None = None) -> Entry:
        """Make a file that the first flush brings into the zone, with permission bits where those are to be kept."""
        entry = replace(made_now(path, is_collection=False), mode=mode)
        inode.contents = OpenFile.new(
            self._zone,
            self._spool,
            path,
            self._options,
            inode.lock,
            exclusive=bool(flags & os.O_EXCL),
            emptied=bool(flags & os.O_TRUNC),
        )
        inode.contents.modified_ns = entry.modified_ns
        inode.handles += 1
        self._catalog.added(entry, registered=False)
        return entry

    async def flush(self, inode: Inode) -> None:
        """Bring what was written into the zone, as `close` must. What can't be is kept, and the log says where."""
        contents = inode.contents
        if contents is None:
            return
        try:
            await self.sync(inode)
        except (*ZONE_FAILURES, OSError) as error:
            if contents.is_dirty:
                await self._keep(inode, contents, error)
            raise
        finally:
            if contents.failure is not None:
                self._detach(inode)

    async def _keep(self, inode: Inode, contents: OpenFile, reason: BaseException) -> None:
        description = self.described(inode, contents, summarise(reason))
        # Nothing is lost of what has no bytes, such as a lock file.
        kept = await contents.keep(partial(self._spool.keep, description) if contents.size else _keep_nothing)
        if kept is not None:
            self._is_kept(inode, kept.file, reason)
        elif inode.path is not None:
            self._catalog.forget_unregistered(inode.path)

    def _detach(self, inode: Inode) -> None:
        """What has the path in the zone is not what handles of this inode have open: they keep what they have."""
        if inode.path is None:
            return
        path = inode.path
        inode.last_entry = self._catalog.peek(path) or made_now(path, is_collection=False)
        self._inodes.unlinked(path)
        self._catalog.changed_elsewhere(path)
        self._inodes.forget_name(path)

    def _is_kept(self, inode: Inode, file: Path, reason: BaseException) -> None:
        logger.error("%s could not be written: %s; its bytes are kept in %s", inode.path, describe(reason), file)
        if inode.path is not None:
            self._catalog.forget_unregistered(inode.path)

    def described(self, inode: Inode, contents: OpenFile, reason: str = "") -> Description:
        """What is told of it to whoever finds it in the spool."""
        assert contents.path is not None
        entry = self._catalog.peek(contents.path)
        seen = inode.seen_version
        known = contents.in_zone.known | ({seen} if seen is not None and len(seen) == DIGEST_SIZE else set())
        return Description(
            path=contents.path,
            size=contents.size,
            sender=self._sender,
            modified_ns=contents.modified_ns,
            mode=entry.mode if entry else None,
            base=contents.in_zone.base,
            known=[each.hex() for each in known],
            time=int(time.time()),
            reason=reason,
        )

    def _version(self, entry: Entry) -> Version:
        earliest, latest = self._catalog.registered_between(entry)
        return Version(size=entry.size, earliest=earliest, latest=latest, id=entry.id if entry.id > 0 else None)

    async def sync(self, inode: Inode, attempts: int = ATTEMPTS, *, guarded: bool = False) -> None:
        """Bring what was written into the zone, as `fsync` must."""
        contents = inode.contents
        if contents is None:
            return
        if not contents.is_dirty:
            await contents.flush()  # tells again what has failed for good
            return
        began = time.time()
        is_new = not contents.registered
        flush = partial(contents.flush, attempts, guarded=guarded)
        brought = await self._former.with_room(inode.path or "", flush)
        if inode.path is not None:
            self._upcoming.forget(inode.path)
            if brought is not None and (brought.met or brought.is_other):
                self._catalog.forget_unregistered(inode.path)
                self._catalog.changed_elsewhere(inode.path)
                self._inodes.forget_name(inode.path)
                return
            modified_ns = now_ns() if contents.modified_ns is None else contents.modified_ns
            self._catalog.written(inode.path, contents.size, modified_ns, began)
            if is_new:
                await self._keep_mode(inode, contents)
                await self._inheritance.take_over(inode.path, inode.path)

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

    async def release(self, inode: Inode) -> None:
        """One handle is gone; with the last one the content goes too."""
        inode.handles -= 1
        if inode.handles or inode.contents is None:
            return
        try:
            await self.flush(inode)
        finally:
            # A handle may have been opened while the flush was waited for.
            if not inode.handles and inode.waiting is None and inode.contents is not None:
                contents, inode.contents = inode.contents, None
                inode.seen_version = contents.version
                await contents.close()

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
        # What is missing is touched without a word.
        touching = requests.touch(entry.path, nanoseconds // NANOSECONDS), requests.object_stat(entry.path)
        await self._zone.perform(*touching, repeat=True)
        self._catalog.dated(entry.path, nanoseconds)
        if inode.contents is not None:
            inode.contents.dated(nanoseconds)


def _keep_nothing(due: Upload) -> Kept | None:
    return None
