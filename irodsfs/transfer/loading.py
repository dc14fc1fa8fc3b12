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


async def load_small(
    zone: Zone, spool: Spool, path: str, options: TransferOptions, replies: Sequence[Reply] | None, *, stat: bool
) -> Loaded | None:
    """All of a small object, in the spool where memory has no room for it; None when it is not small.

    `replies` are those of a `reading` flight, if it has flown.
    """
    stat = stat or options.verify is not None
    if not replies:
        async with BUDGET.piece(flights.SMALL):
            replies = await zone.fly(*flights.reading(path, flights.SMALL + 1, stat=stat), may_repeat=True)
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


async def load_large(zone: Zone, path: str, options: TransferOptions) -> Loaded:
    """A large object, open."""
    first = Reader(zone, path, verify=options.verify)
    await first.open()
    readers = Readers(zone, path, first, verify=options.verify)
    # Only a checksum tells whether another client has put other bytes there, of the same size and time.
    version = f"{readers.size} {readers.checksum}".encode() if readers.checksum else None
    return Loaded(ByRanges(readers), readers.size, readers.version, version)
