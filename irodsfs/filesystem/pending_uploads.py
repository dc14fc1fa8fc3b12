"""Small files whose `close` returns when they are safe on this machine; they are uploaded behind it.

Such a file waits as if it were open still: everything on this mount goes on with its bytes, and whatever needs it to be
in the zone waits for that. An upload overwrites only the version that the file was made from.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from irodsfs.filesystem.caches import Caches
from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.opener import Opener
from irodsfs.filesystem.salvage import Salvage
from irodsfs.filesystem.unsaved import Unsaved
from irodsfs.filesystem.uploader import Uploader
from irodsfs.grid.background import Background
from irodsfs.grid.catalog_entries import made_now
from irodsfs.grid.errors import describe, summarise
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool_entry import Description, SpoolEntry
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.upload_journal import UploadJournal
from irodsfs.transfer.versions import digest
from irodsfs.transfer.write_back import WriteBack

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Delivery:
    """A file that was closed, as it was then, in the queue."""

    pending: PendingUploads
    inode: Inode
    kept: SpoolEntry

    @property
    def size(self) -> int:
        return self.kept.description.size

    async def deliver(self) -> None:
        if self.inode.waiting is self.kept:
            # The queue tries again, and meanwhile the file can be changed.
            await self.pending.bring(self.inode)

    async def give_up(self, reason: BaseException) -> None:
        if self.inode.waiting is self.kept:
            await self.pending.give_up(self.inode, self.kept, reason)


class PendingUploads:
    """What waits for its upload. Without `is_enabled`, only what a killed mount has left."""

    def __init__(
        self,
        caches: Caches,
        opener: Opener,
        uploader: Uploader,
        salvage: Salvage,
        queue: WriteBack,
        *,
        enabled: bool,
    ) -> None:
        self._catalog = caches.catalog
        self._inodes = caches.inodes
        self._opener = opener
        self._uploader = uploader
        self._salvage = salvage
        self._queue = queue
        self.is_enabled = enabled
        self._deliveries: dict[Path, _Delivery] = {}
        self._unsaved: dict[int, Unsaved] = {}
        self._room = UploadJournal(salvage.spool.directory)
        self._finishing = trio.Lock()

    @property
    def count(self) -> int:
        """How many closed files are not in the zone yet."""
        return self._queue.files

    @property
    def size(self) -> int:
        """Their bytes."""
        return self._queue.bytes

    async def lets_wait(self, inode: Inode, contents: OpenFile) -> bool:
        """Whether what is in the open file waits now, or did before, and so need not be brought at once."""
        try:
            if await _is_as_it_waits(inode, contents):
                return True
            return self.is_enabled and contents.is_dirty and await self._let_wait(inode, contents)
        except Exception:
            # A mistake of ours: then it is brought at once, as where files do not wait.
            logger.exception("%s can't wait", contents.path)
            return False

    async def bring(self, inode: Inode) -> None:
        """Bring into the zone what was written, what waits included, with one attempt."""
        async with self.bringing(inode) as guarded:
            await self._uploader.upload(inode, attempts=1, guarded=guarded)

    @asynccontextmanager
    async def bringing(self, inode: Inode) -> AsyncIterator[bool]:
        """In the block what was written is brought into the zone; then it waits no longer, if it did.

        True when it may only replace the version that it was made from.
        """
        # What somebody else brings meanwhile would look like a change from elsewhere.
        async with inode.being_brought:
            waiting = inode.waiting
            yield waiting is not None
            if waiting is not None:
                await self.settle(inode, waiting)

    async def finished(self) -> None:
        """Return when nothing waits any more."""
        await self._queue.finished()

    async def give_up(self, inode: Inode, waiting: SpoolEntry, reason: BaseException) -> None:
        """Keep what the zone would not take; who has it open is told by the next call."""
        try:
            kept = await self._keep_waiting(inode, waiting, reason)
        except Exception as error:
            logger.error("%s stays in %s: %s", inode.path, waiting.file, describe(error))
            kept = waiting
        inode.waiting = None
        if kept is not None:
            self._salvage.noted_untold(inode, kept, reason)
            inode.failure = reason if inode.handles else None
            self._catalog.forget(kept.description.path)
            self._inodes.forget_name(kept.description.path)
        if inode.contents is not None and inode.contents.failure is not None:
            self._salvage.detach(inode)
        await self._drop_if_unused(inode)

    async def restore(self) -> None:
        """Let wait again what waited when an earlier mount of the same account was killed."""
        left = await trio.to_thread.run_sync(self._room.adopt)
        for kept in left:
            if kept.description.sender == self._salvage.sender:
                await self._restore(kept)
            else:
                logger.warning("%s waits in %s for %s", kept.description.path, kept.file, kept.description.sender)
        if self.count:
            logger.info("uploading %d files that an earlier mount has left", self.count)

    async def finish(self) -> list[Path]:
        """Bring everything into the zone, also what handles have open that the kernel never released.

        Answers where that is kept which could not be, and of which no program was told.
        """
        await self.begin_to_finish()
        await trio.to_thread.run_sync(self._room.leave)
        return [file for file in self._salvage.untold if file.exists()]

    async def begin_to_finish(self) -> None:
        """Bring everything into the zone that is open or waits now; what calls under way add comes with `finish`.

        First all of it is safe in the spool, then it goes to the zone, several files at a time.
        """
        self.is_enabled = False
        self._queue.end()
        async with self._finishing:  # what is on its way already is not to go twice
            unsaved = [
                self._unsaved_of(inode)
                for inode in self._inodes.opened()
                if inode.contents is not None and inode.contents.is_dirty
            ]
            async with trio.open_nursery() as nursery:
                # As many at a time as there are threads.
                for each in unsaved:
                    Background(nursery).start_soon(each.secure)
            for each in unsaved:
                self._queue.add(each)
            await self._queue.finished()
            for each in self._unsaved.values():
                await each.tidy_up()

    def _unsaved_of(self, inode: Inode) -> Unsaved:
        """The same each time: what has safely come into the spool before is not to stay there for good."""
        if inode.number not in self._unsaved:
            self._unsaved[inode.number] = Unsaved(inode, self._salvage, self.bring)
        return self._unsaved[inode.number]

    def stop_waiting(self) -> None:
        """Whatever is not in the zone yet stays in the spool: `finish` returns at once."""
        self._queue.stop_trying()
        self._uploader.abandon()

    async def _let_wait(self, inode: Inode, contents: OpenFile) -> bool:
        """False when it can't wait: it is large, a lock, to take over from a backup, or the disk has no room for it."""
        size = contents.size
        async with self._queue.room(size):
            content = contents.in_memory
            if content is None or not contents.is_dirty or self._uploader.is_to_inherit(contents.path or ""):
                return False
            if len(content) > size:
                return False  # it has grown meanwhile, and nobody has made room for that
            if contents.exclusive and not (content and contents.among_own):
                return False  # it may be a lock file, of which a program wants to know whether it is its own
            return await self._let_content_wait(inode, contents, content)

    async def _let_content_wait(self, inode: Inode, contents: OpenFile, content: bytes) -> bool:
        try:
            description = self._salvage.described(inode, contents)
            kept = await trio.to_thread.run_sync(self._put, description, content)
        except OSError as error:
            logger.info("%s can't wait in the spool: %s", contents.path, describe(error))
            return False
        # While the disk was waited for, it may have been brought, unlinked, or closed and opened again.
        if inode.contents is not contents or not contents.is_dirty:
            await trio.to_thread.run_sync(kept.discard)
            return True
        await self._wait(inode, kept)
        return True

    def _put(self, description: Description, content: bytes) -> SpoolEntry:
        whole = {"ranges": [(0, len(content))], "digest": digest(content).hex()}
        return self._room.put(description.model_copy(update=whole), content)

    async def _wait(self, inode: Inode, kept: SpoolEntry) -> None:
        before, inode.waiting = inode.waiting, kept
        self._deliveries[kept.file] = delivery = _Delivery(self, inode, kept)
        self._queue.add(delivery)
        if before is not None:
            await self.settle(inode, before)

    async def settle(self, inode: Inode, waiting: SpoolEntry) -> None:
        """It is in the zone, something newer waits in its place, or it is not wanted any more."""
        if inode.waiting is waiting:
            inode.waiting = None
        await trio.to_thread.run_sync(waiting.discard)
        delivery = self._deliveries.pop(waiting.file, None)
        if delivery is not None:
            self._queue.remove(delivery)
        await self._drop_if_unused(inode)

    async def close_if_unused(self, inode: Inode) -> None:
        """Close what no program has open any more; what still waits stays open."""
        contents = inode.contents
        if inode.handles or inode.waiting is not None or contents is None:
            return
        inode.contents, inode.seen_version = None, contents.version
        self._inodes.drop_if_unused(inode)
        await contents.close()

    async def _drop_if_unused(self, inode: Inode) -> None:
        if inode.contents is not None and not inode.contents.is_dirty:
            await self.close_if_unused(inode)

    async def _keep_waiting(self, inode: Inode, waiting: SpoolEntry, reason: BaseException) -> SpoolEntry | None:
        contents, why = inode.contents, summarise(reason)

        def store(due: Upload) -> SpoolEntry:
            content = b"".join(chunk for patch in due.patches for chunk in patch.chunks())
            if waiting.description.is_of(content):
                return self._salvage.spool.take(waiting, why)
            kept = self._salvage.spool.keep(waiting.description.model_copy(update={"reason": why}), due)
            waiting.discard()
            return kept

        return None if contents is None else await contents.keep(store)

    async def _restore(self, kept: SpoolEntry) -> None:
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
            contents = self._opener.existing(inode, path, description.base.size)
            contents.in_zone.base = description.base
            return contents
        self._catalog.added(replace(made_now(path, is_collection=False), mode=description.mode), registered=False)
        return self._opener.new(inode, path)


async def _is_as_it_waits(inode: Inode, contents: OpenFile) -> bool:
    if inode.waiting is None:
        return False
    description, content = inode.waiting.description, contents.in_memory
    if description.modified_ns != contents.modified_ns or content is None:
        return False
    return await trio.to_thread.run_sync(description.is_of, content)
