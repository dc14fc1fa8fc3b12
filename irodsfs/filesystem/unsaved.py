"""What is open and not in the zone yet when the mount ends: first safe in the spool, then on its way to the zone."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import trio

from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.salvage import Salvage
from irodsfs.grid.errors import describe, summarise
from irodsfs.transfer.flights import SMALL
from irodsfs.transfer.spool_entry import Description, SpoolEntry
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import digest

logger = logging.getLogger(__name__)

ENDED = "its mount was ended before the zone had it"


class Unsaved:
    """An open file when the mount ends: a delivery of the queue.

    From `secure` on its bytes have a name in the spool, where `irodsfs recover` finds them if this process is killed;
    until it has come to an end, that entry is claimed, so that nobody else brings it.
    """

    def __init__(self, inode: Inode, salvage: Salvage, bring: Callable[[Inode], Awaitable[None]]) -> None:
        self._inode = inode
        self._salvage = salvage
        self._bring = bring
        self._secured: SpoolEntry | None = None
        self._claim = ExitStack()

    @property
    def size(self) -> int:
        """Bytes."""
        contents = self._inode.contents
        return 0 if contents is None else contents.size

    async def secure(self) -> None:
        """Return when the bytes are in the spool, whatever the file waits for just now, with its lock or without."""
        contents = self._inode.contents
        due = None if contents is None else contents.unsaved()
        if contents is None or due is None or not due.size:
            return
        description = self._salvage.described(self._inode, contents, ENDED)
        try:
            await trio.to_thread.run_sync(self._store, description, due)
        except (OSError, ValueError) as error:
            # Closed or full meanwhile; the upload is tried all the same, and tells what comes of it.
            logger.info("%s could not be brought into the spool first: %s", due.path, describe(error))

    def _store(self, description: Description, due: Upload) -> None:
        if due.replace and due.size <= SMALL:
            # Whoever finds it after this process was killed can tell that the zone has it already.
            content = b"".join(chunk for patch in due.patches for chunk in patch.chunks())
            description = description.model_copy(update={"digest": digest(content).hex()})
        # Noted at once: whatever becomes of who waits for this thread, the copy goes when the zone has the bytes.
        before, self._secured = self._secured, self._salvage.spool.keep(description, due, ends=True)
        self._claim.close()
        if before is not None:
            before.discard()
        self._claim.enter_context(self._secured.claimed())

    async def deliver(self) -> None:
        """Bring it into the zone."""
        await self._bring(self._inode)
        await self._discard()

    async def give_up(self, reason: BaseException) -> None:
        """Keep what is there now, under the reason why the zone has not got it."""
        contents = self._inode.contents
        if contents is not None and contents.size:
            description = self._salvage.described(self._inode, contents, summarise(reason))
            kept = await contents.keep(lambda due: self._salvage.spool.keep(description, due, ends=True))
            if kept is not None:
                self._salvage.noted_untold(self._inode, kept, reason)
        await self._discard()

    async def tidy_up(self) -> None:
        """Leave no copy of what the zone has, whoever brought it there."""
        if self._inode.contents is None or not self._inode.contents.is_dirty:
            await self._discard()

    async def _discard(self) -> None:
        secured, self._secured = self._secured, None
        if secured is not None:
            await trio.to_thread.run_sync(secured.discard)
        self._claim.close()
