"""Bringing an open object as the zone has it now: whole when it is small, else open to be read by ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import trio

from irodsfs.grid.flight import Reply
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.checksums import registered, verify
from irodsfs.transfer.content_states import ByRanges, Held, InMemory, Spooled
from irodsfs.transfer.memory import BUDGET
from irodsfs.transfer.reader import Reader
from irodsfs.transfer.readers import Readers
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.versions import Version, digest_of


@dataclass(frozen=True)
class Loaded:
    """What came, `size` bytes long. `base` is the version in the zone, None where nobody has asked for it.

    `version` is the same again only for the same content; None where that is not known.
    """

    held: Held
    size: int
    base: Version | None
    version: bytes | None


LOOKS = 3
"""How often what has become shorter is read again until it is as long as the zone says."""


async def load_small(
    zone: Zone, spool: Spool, path: str, options: TransferOptions, replies: Sequence[Reply] | None, *, stat: bool,
    size: int,
) -> Loaded | None:  # fmt: skip
    """All of a small object, in the spool where memory has no room for it; None when it is not small.

    `replies` are those of a `reading` flight, if it has flown. The object was of `size` bytes the last time.
    """
    # The size of what is being written reads 0: it is not believed.
    stat = stat or options.verify is not None or not size
    replies = await _settled(zone, path, replies or await _read(zone, path, stat=stat), size)
    content = flights.content(replies)
    if len(content) > flights.SMALL:
        return None
    if options.verify is not None and (checksum := registered(replies[0])):
        options.verify.check(path, checksum)
        await trio.to_thread.run_sync(verify, path, checksum, [content])
    base = Version.of_stat(replies[0]) if stat else None
    version = await digest_of(content)
    memory = InMemory(bytearray())
    if memory.has_room_for(len(content)):
        memory.content += content
        return Loaded(memory, len(content), base, version)
    file = await trio.to_thread.run_sync(spool.open, content)
    return Loaded(Spooled(file, None), len(content), base, version)


async def _settled(zone: Zone, path: str, replies: Sequence[Reply], size: int) -> Sequence[Reply]:
    if len(flights.content(replies)) < size or not _is_as_registered(replies):
        return await _read_as_registered(zone, path)
    return replies


async def _read(zone: Zone, path: str, *, stat: bool) -> list[Reply]:
    async with BUDGET.piece(flights.SMALL):
        return await zone.fly(*flights.reading(path, flights.SMALL + 1, stat=stat), may_repeat=True)


async def _read_as_registered(zone: Zone, path: str) -> list[Reply]:
    """Read what is shorter than it was: perhaps somebody has cut it, and is about to write what it shall hold.

    Raises HIERARCHY_ERROR while it is locked for that.
    """
    for _ in range(LOOKS):
        replies = await _read(zone, path, stat=True)
        if _is_as_registered(replies):
            break
    return replies


def _is_as_registered(replies: Sequence[Reply]) -> bool:
    """Whether what came is as long as the zone said, if it was asked."""
    has_stat = len(replies) == len(flights.reading("", 0, stat=True))
    return not has_stat or len(flights.content(replies)) == Version.of_stat(replies[0]).size


async def load_large(zone: Zone, path: str, options: TransferOptions) -> Loaded:
    """A large object, open."""
    first = Reader(zone, path, verify=options.verify)
    await first.open()
    readers = Readers(zone, path, first, verify=options.verify)
    # Only a checksum tells whether another client has put other bytes there, of the same size and time.
    version = f"{readers.size} {readers.checksum}".encode() if readers.checksum else None
    return Loaded(ByRanges(readers), readers.size, readers.version, version)
