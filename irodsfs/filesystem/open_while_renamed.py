"""What is open of a file while its name is changed or taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.grid.catalog_entries import Entry


@asynccontextmanager
async def losing_its_name(inode: Inode | None, entry: Entry) -> AsyncIterator[None]:
    """Its handles go on reading and writing when the block, which removes the name, has succeeded.

    Whoever opens it meanwhile waits for the lock, so the caller tells the inodes before it waits for anything.
    """
    if inode is None:
        yield
        return
    async with inode.lock:
        if inode.contents is not None:
            await inode.contents.prepare_unlinking()
        yield
        inode.last_entry = entry


@asynccontextmanager
async def at_rest(inodes: Inodes, path: str) -> AsyncIterator[None]:
    """Nothing open at or below a path is on its way to or from the zone while it gets another path."""
    async with AsyncExitStack() as stack:
        stack.enter_context(inodes.moving(path))
        itself = inodes.get(path)
        below = [inode for inode in inodes.opened_below(path) if inode is not itself]
        for inode in [*([itself] if itself is not None else []), *below]:
            await stack.enter_async_context(inode.lock)
            if inode.contents is not None:
                await inode.contents.stop_uploading()
        yield
