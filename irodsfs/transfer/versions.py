"""Versions of a data object: whether what the zone has is still what a change was made to."""

from __future__ import annotations

import errno
import hashlib
import re
import time
from collections.abc import Collection

import trio
from pydantic import BaseModel, ConfigDict

from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.data_objects import Replica, read_replicas, replicas_of, replicas_query
from irodsfs.grid.flight import Reply
from irodsfs.grid.queries import page
from irodsfs.grid.requests import EARLIEST, LATEST
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.flights import SMALL

AT_ONCE = 256 * 1024
"""Bytes that are hashed in less than a millisecond."""

DIGEST_SIZE = 16

RECENT = 5
"""Seconds for which a second may not be over, as clocks differ: in it, another change may show the same time."""

_STAT_FIELD = re.compile(rb"<(objSize|dataId|modifyTime|chksum)>([^<]*)<")


async def digest_of(content: bytes | bytearray) -> bytes:
    """The digest of what nobody changes meanwhile; computed in a thread when that takes longer than to get there."""
    return digest(content) if len(content) < AT_ONCE else await trio.to_thread.run_sync(digest, content)


def digest(content: bytes | bytearray) -> bytes:
    """By which this mount recognises content; it is no checksum that a zone knows."""
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()


class Version(BaseModel):
    """A version as the catalog shows it: bytes, and between which seconds of the zone's clock it was modified.

    `id` is the data object's, None where it is not known. A `recent` one can't be told by its time from what another
    client writes in the same second.
    """

    model_config = ConfigDict(frozen=True)

    size: int
    earliest: int
    latest: int
    id: int | None = None
    recent: bool = True

    @classmethod
    def of_stat(cls, stat: Reply) -> Version:
        """What an object stat (633) has answered. Raises the zone's error."""
        fields = dict(_STAT_FIELD.findall(stat.check().body))
        return cls.at(int(fields[b"modifyTime"]), size=int(fields[b"objSize"]), id=int(fields[b"dataId"]))

    @classmethod
    def at(cls, second: int, *, size: int, id: int) -> Version:
        """One that the zone has told of just now."""
        return cls(size=size, earliest=second, latest=second, id=id, recent=second > time.time() - RECENT)

    def dated(self, second: int) -> Version:
        """The same with the modify time that was set."""
        kept = min(max(second, EARLIEST), LATEST)
        return self.model_copy(update={"earliest": kept, "latest": kept})

    def looks_like(self, other: Version) -> bool:
        """Whether the catalog shows the same for both."""
        return (self.id, self.size, self.latest) == (other.id, other.size, other.latest)

    def is_of(self, replica: Replica) -> bool:
        is_same = self.id is None or self.id == replica.id
        return is_same and replica.size == self.size and self.earliest <= replica.modified <= self.latest


class ChangedElsewhereError(OSError):
    """The zone has a version that nobody here has seen, and that must not be lost (ESTALE)."""


class BeingWrittenError(OSError):
    """Somebody is writing the object right now: what it will be is not known yet (EBUSY)."""


async def require_unchanged(
    zone: Zone, path: str, base: Version | None, known: Collection[bytes], *, present: bool = False
) -> None:
    """Return when nothing is lost by writing `path`: there is no complete version, or it is `base` or a `known` one.

    `known` are digests of contents. When the object must be `present`, since parts of it are written only, a missing
    one is a change, too. At most two flights. Raises `ChangedElsewhereError`, `BeingWrittenError`, or the zone's error.
    """
    # A version that its time does not tell apart is compared by content, where that is known, in the same flight.
    compares = present and bool(known) and base is not None and base.recent and base.size <= SMALL
    reading = flights.reading(path, SMALL + 1, stat=False) if compares else []
    rows, *read = await zone.fly(replicas_query(path).request(), *reading, repeat=True)
    replicas = replicas_of(page(rows).rows)
    if any(replica.status not in (GOOD, STALE) for replica in replicas):
        raise BeingWrittenError(errno.EBUSY, f"{path} is being written elsewhere")
    if present and not replicas:
        raise ChangedElsewhereError(errno.ESTALE, f"{path} was changed elsewhere: it is gone")
    complete = next((replica for replica in replicas if replica.status == GOOD), None)
    if complete is None or (base is not None and base.is_of(complete) and not compares):
        return
    replies = read or await zone.fly(*flights.reading(path, SMALL + 1, stat=False), repeat=True)
    if complete.size > SMALL or await digest_of(flights.content(replies)) not in known:
        raise ChangedElsewhereError(errno.ESTALE, f"{path} was changed elsewhere: {complete.size} bytes are there now")


async def require_present(zone: Zone, path: str) -> None:
    """Raises FileNotFoundError when there is no complete version."""
    if not any(replica.status == GOOD for replica in await read_replicas(zone, path)):
        raise FileNotFoundError(errno.ENOENT, f"{path}, of which only parts were kept, is gone")
