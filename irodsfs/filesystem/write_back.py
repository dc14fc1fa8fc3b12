"""Small files whose `close` returns when they are safe on this machine; they are uploaded behind it.

Such a file waits as if it were open still: everything on this mount goes on with its bytes, and whatever needs it to be
in the zone waits for that. An upload overwrites only the version that the file was made from.
"""

from __future__ import annotations

import logging
import posixpath
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.files import Files
from irodsfs.filesystem.former_collections import FormerCollections
from irodsfs.filesystem.inheriting import Inheritance
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.filesystem.unsaved import Unsaved
from irodsfs.filesystem.upcoming import Upcoming
from irodsfs.grid.errors import describe, summarise
from irodsfs.grid.namespace import made_now
from irodsfs.grid.zone import Zone
from irodsfs.transfer.kept import Description, Kept, Sender
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.upload import ATTEMPTS, Upload
from irodsfs.transfer.versions import digest
from irodsfs.transfer.waiting import WaitingRoom
from irodsfs.transfer.write_back import WriteBack

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Waiting:
    """A file that was closed, as it was then: a delivery of the queue."""

    files: WriteBackFiles
    inode: Inode
    kept: Kept

    @property
    def size(self) -> int:
        return self.kept.description.size

    async def deliver(self) -> None:
        if self.inode.waiting is self:
            # The queue tries again, and meanwhile the file can be changed.
            await self.files.bring(self.inode, attempts=1)

    async def give_up(self, reason: BaseException) -> None:
        if self.inode.waiting is self:
            await self.files.give_up(self, reason)


class WriteBackFiles(Files):
    """Files of which small ones wait when they are closed. Without `enabled` only those do that a killed mount left."""

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
        queue: WriteBack,
        *,
        enabled: bool,
    ) -> None:
        super().__init__(zone, catalog, spool, inheritance, upcoming, former, options, sender, inodes)
        self._queue = queue
        self._enabled = enabled
        self._room = WaitingRoom(spool.directory)
        self._untold: list[Path] = []
        self._finishing = trio.Lock()

    @property
    def lets_wait(self) -> bool:
        return self._enabled

    @property
    def zone_is_away(self) -> bool:
        """True when no zone was there the last time that it was wanted."""
        return self._zone.pool.is_away

    @property
    def waiting_files(self) -> int:
        return self._queue.files

    @property
    def waiting_bytes(self) -> int:
        return self._queue.bytes

    def failed(self) -> list[Kept]:
        """What is kept in the spool that the zone would not take, of earlier mounts too."""
        return self._spool.failed()

    @property
    def failed_files(self) -> int:
        """How many those are."""
        return self._spool.count_failed()

    @property
    def spool_directory(self) -> Path:
        return self._spool.directory

    async def flush(self, inode: Inode) -> None:
        """What was written is in the zone on return, or safe in the spool."""
        _tell(inode)
        contents = inode.contents
        if contents is None or _is_as_it_waits(inode, contents):
            return
        if not (self._enabled and contents.is_dirty and await self._let_wait(inode, contents)):
            await super().flush(inode)

    async def sync(self, inode: Inode, attempts: int = ATTEMPTS, *, guarded: bool = False) -> None:
        """Bring what was written into the zone, what waits included."""
        _tell(inode)
        await self.bring(inode, attempts)

    async def bring(self, inode: Inode, attempts: int) -> None:
        """As `sync`, for nobody who is to be told of what failed before."""
        # What somebody else brings meanwhile would look like a change from elsewhere.
        async with inode.being_brought:
            waiting = inode.waiting
            if waiting is None:
                await super().sync(inode, attempts)
            else:
                await super().sync(inode, attempts, guarded=True)
                await self._settle(waiting)

    async def sync_below(self, path: str) -> None:
        """Bring everything into the zone that waits at or below a path."""
        for inode in self._inodes.opened_below(path):
            if inode.waiting is not None:
                await self.sync(inode)

    async def sync_in(self, collection: str) -> None:
        """Bring everything into the zone that waits directly in a collection."""
        for inode in self._inodes.opened_below(collection):
            if inode.waiting is not None and posixpath.dirname(inode.path or "") == collection:
                await self.sync(inode)

    async def finished(self) -> None:
        """Return when nothing waits any more."""
        await self._queue.finished()

    async def let_go(self, inode: Inode | None) -> None:
        """It has lost its name, so nothing of it is to be uploaded."""
        if inode is not None and inode.waiting is not None:
            await self._settle(inode.waiting)

    async def give_up(self, waiting: Waiting, reason: BaseException) -> None:
        """Keep what the zone would not take; who has it open is told by the next call."""
        inode = waiting.inode
        try:
            kept = await self._keep_waiting(waiting, reason)
        except Exception as error:
            logger.error("%s stays in %s: %s", inode.path, waiting.kept.file, describe(error))
            kept = waiting.kept
        inode.waiting = None
        if kept is not None:
            self._is_kept(inode, kept.file, reason)
            self._untold.append(kept.file)
            inode.failure = reason if inode.handles else None
            self._catalog.forget(kept.description.path)
        if inode.contents is not None and inode.contents.failure is not None:
            self._detach(inode)
        await self._drop_if_unused(inode)

    async def restore(self) -> None:
        """Let wait again what waited when an earlier mount of the same account was killed."""
        left = await trio.to_thread.run_sync(self._room.adopt)
        for kept in left:
            if kept.description.sender == self._sender:
                await self._restore(kept)
            else:
                logger.warning("%s waits in %s for %s", kept.description.path, kept.file, kept.description.sender)
        if self.waiting_files:
            logger.info("uploading %d files that an earlier mount has left", self.waiting_files)

    async def finish(self) -> list[Path]:
        """Bring everything into the zone, also what handles have open that the kernel never released.

        Answers where that is kept which could not be, and of which no program was told.
        """
        await self.begin_to_finish()
        await trio.to_thread.run_sync(self._room.leave)
        return [file for file in self._untold if file.exists()]

    async def begin_to_finish(self) -> None:
        """Bring everything into the zone that is open or waits now; what calls under way add comes with `finish`.

        First all of it is safe in the spool, then it goes to the zone, several files at a time.
        """
        self._enabled = False
        self._queue.end()
        async with self._finishing:  # what is on its way already is not to go twice
            unsaved = [
                Unsaved(self, inode, self._spool)
                for inode in self._inodes.opened()
                if inode.contents is not None and inode.contents.is_dirty
            ]
            async with trio.open_nursery() as nursery:
                # As many at a time as there are threads.
                for each in unsaved:
                    nursery.start_soon(each.secure)
            for each in unsaved:
                self._queue.add(each)
            await self._queue.finished()

    def stop_waiting(self) -> None:
        """Whatever is not in the zone yet stays in the spool: `finish` returns at once."""
        self._queue.stop_trying()
        self._zone.pool.abandon()

    def kept_at_end(self, inode: Inode, kept: Kept, reason: BaseException) -> None:
        """Note that something is kept of which no program will be told."""
        self._is_kept(inode, kept.file, reason)
        self._untold.append(kept.file)

    async def _let_wait(self, inode: Inode, contents: OpenFile) -> bool:
        """False when it can't wait: it is large, a lock, to take over from a backup, or the disk has no room for it."""
        size = contents.size
        async with self._queue.room(size):
            content = contents.in_memory
            if content is None or not contents.is_dirty or self._inheritance.is_due(contents.path or ""):
                return False
            if len(content) > size:
                return False  # it has grown meanwhile, and nobody has made room for that
            if contents.exclusive and not content:
                return False  # a lock file, of which a program wants to know whether it is its own
            return await self._let_content_wait(inode, contents, content)

    async def _let_content_wait(self, inode: Inode, contents: OpenFile, content: bytes) -> bool:
        try:
            description = self._describe_waiting(inode, contents, content)
            kept = await trio.to_thread.run_sync(self._room.put, description, content)
        except OSError as error:
            logger.info("%s can't wait in the spool: %s", contents.path, describe(error))
            return False
        if inode.contents is not contents or not contents.is_dirty:
            await trio.to_thread.run_sync(kept.discard)
            return True
        await self._wait(inode, kept)
        return True

    def _describe_waiting(self, inode: Inode, contents: OpenFile, content: bytes) -> Description:
        description = self.described(inode, contents)
        return description.model_copy(update={"ranges": [(0, len(content))], "digest": digest(content).hex()})

    async def _wait(self, inode: Inode, kept: Kept) -> None:
        before, inode.waiting = inode.waiting, Waiting(self, inode, kept)
        self._queue.add(inode.waiting)
        if before is not None:
            await self._settle(before)

    async def _settle(self, waiting: Waiting) -> None:
        """It is in the zone, something newer waits in its place, or it is not wanted any more."""
        if waiting.inode.waiting is waiting:
            waiting.inode.waiting = None
        await trio.to_thread.run_sync(waiting.kept.discard)
        self._queue.remove(waiting)
        await self._drop_if_unused(waiting.inode)

    async def _drop_if_unused(self, inode: Inode) -> None:
        contents = inode.contents
        if inode.handles or inode.waiting is not None or contents is None or contents.is_dirty:
            return
        inode.contents, inode.seen_version = None, contents.version
        self._inodes.drop_if_unused(inode)
        await contents.close()

    async def _keep_waiting(self, waiting: Waiting, reason: BaseException) -> Kept | None:
        contents, why = waiting.inode.contents, summarise(reason)

        def store(due: Upload) -> Kept:
            content = b"".join(chunk for patch in due.patches for chunk in patch.chunks())
            if waiting.kept.description.is_of(content):
                return self._spool.take(waiting.kept, why)
            kept = self._spool.keep(waiting.kept.description.model_copy(update={"reason": why}), due)
            waiting.kept.discard()
            return kept

        return None if contents is None else await contents.keep(store)

    async def _restore(self, kept: Kept) -> None:
        description = kept.description
        inode = self._inodes.of(description.path)
        if inode.contents is None:
            inode.contents = self._restored_contents(inode, description)
        contents = inode.contents
        contents.in_zone.known |= {bytes.fromhex(each) for each in (*description.known, description.digest)}
        await contents.truncate(0)
        await contents.write(0, await trio.to_thread.run_sync(kept.read, 0, description.size))
        if description.modified_ns is not None:
            await contents.set_modified(description.modified_ns)
        await self._wait(inode, kept)

    def _restored_contents(self, inode: Inode, description: Description) -> OpenFile:
        path = description.path
        if description.base is not None:
            contents = OpenFile(self._zone, self._spool, path, description.base.size, self._options, inode.lock)
            contents.in_zone.base = description.base
            return contents
        self._catalog.added(replace(made_now(path, is_collection=False), mode=description.mode), registered=False)
        return OpenFile.new(self._zone, self._spool, path, self._options, inode.lock)


def _tell(inode: Inode) -> None:
    failure, inode.failure = inode.failure, None
    if failure is not None:
        raise failure


def _is_as_it_waits(inode: Inode, contents: OpenFile) -> bool:
    if inode.waiting is None:
        return False
    description, content = inode.waiting.kept.description, contents.in_memory
    return description.modified_ns == contents.modified_ns and content is not None and description.is_of(content)
