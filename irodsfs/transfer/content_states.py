"""What the content of an open object is held in: memory, the zone itself, or a spool file over the zone."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field

import trio

from irodsfs.transfer.flights import CHUNK, SMALL, Patch
from irodsfs.transfer.memory import Share
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.readers import Readers
from irodsfs.transfer.spool import AT_ONCE, SpoolFile
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import digest_of


@dataclass(eq=False)
class InMemory:
    """All of a small object, and what it takes of the memory."""

    content: bytearray
    share: Share = field(default_factory=Share)

    def read(self, offset: int, size: int) -> bytes:
        return bytes(memoryview(self.content)[offset : offset + size])

    def resize(self, new: int) -> None:
        del self.content[new:]
        self.content.extend(bytes(new - len(self.content)))
        self.share.resize(new)

    def has_room_for(self, size: int) -> bool:
        """Whether it may have so many bytes."""
        return self.share.resize(max(size, self.share.size))

    def whole(self, size: int) -> Iterable[bytes | bytearray]:
        return [self.content]

    async def close(self) -> None:
        self.share.give_back()


@dataclass(eq=False)
class ByRanges:
    """Nothing of a large object: what is read is asked for."""

    readers: Readers

    async def close(self) -> None:
        await self.readers.close()


@dataclass(eq=False)
class Spooled:
    """What was written of an object, and what was read of it since; `readers` bring the rest where there may be one."""

    file: SpoolFile
    readers: Readers | None

    async def read(self, offset: int, size: int) -> bytes:
        await self.fill(offset, offset + size)
        return await trio.to_thread.run_sync(self.file.read, offset, size)

    async def fill(self, start: int, end: int) -> None:
        """Bring what is not here of a range."""
        for gap_start, gap_end in list(self.file.present.gaps(start, end)):
            await self._bring(gap_start, gap_end)

    async def _bring(self, start: int, end: int) -> None:
        assert self.readers is not None
        while start < end:
            content = await self.readers.read(0, start, min(CHUNK, end - start))
            if not content:
                raise OSError(errno.EIO, "the object became shorter while it was read")
            await trio.to_thread.run_sync(self.file.write, start, content)
            start += len(content)

    async def put(self, offset: int, content: bytes) -> None:
        if self.file.is_due:
            await self.settle()
        if len(content) >= AT_ONCE or not self.file.put(offset, content):
            await trio.to_thread.run_sync(self.file.write, offset, content)

    async def settle(self) -> None:
        """What was put is in the file."""
        if not self.file.is_settled:
            await trio.to_thread.run_sync(self.file.settle)

    def whole(self, size: int) -> Iterable[bytes | bytearray] | None:
        """All `size` bytes, if they are here."""
        return Patch(0, size, self.file.read).chunks() if self.file.present.covers(0, size) else None

    async def close(self) -> None:
        # It has no name, so this frees the room of all its bytes: of gigabytes in tens of milliseconds.
        await trio.to_thread.run_sync(self.file.close)
        if self.readers is not None:
            await self.readers.close()


Held = InMemory | ByRanges | Spooled


def whole_of(held: Held | None, size: int) -> Iterable[bytes | bytearray] | None:
    """All `size` bytes, if they are here."""
    return held.whole(size) if isinstance(held, (InMemory, Spooled)) else None


async def digests(held: Held | None, size: int) -> set[bytes]:
    """Of all the content where that is small and here; else nothing."""
    if isinstance(held, InMemory):
        return {await digest_of(held.content)}
    if not isinstance(held, Spooled) or size > SMALL or not held.file.present.covers(0, size):
        return set()
    return {await digest_of(await trio.to_thread.run_sync(held.file.read, 0, size))}


def unsaved(held: Held | None, path: str, size: int, pending: Pending, *, in_zone: int) -> Upload:
    """What is to be kept of an object of `size` bytes, `in_zone` of which are there, when the zone does not take it."""
    if isinstance(held, InMemory):
        content = bytes(held.content)
        whole = Patch(0, len(content), lambda offset, size: content[offset : offset + size])
        return Upload(path, [whole], len(content), replace=True)
    assert isinstance(held, Spooled)
    file = held.file
    stored = 0 if pending.replaces else in_zone if pending.cut is None else pending.cut
    patches = [Patch(start, end, file.read) for start, end in pending.ranges(size, stored)]
    return Upload(path, patches, size, replace=pending.replaces, cut=pending.cut, link=file.link)
