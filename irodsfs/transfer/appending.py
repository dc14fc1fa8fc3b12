"""Appending to a data object that others may append to as well.

The end is looked for, and written at, through one open replica in one flight. Servers let only one client have a
replica open for writing, so nobody else's bytes come in between.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass

from irods.exception import iRODSException
from irods.message import FileSeekResponse, iRODSMessage

from irodsfs.grid import data_objects, requests
from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.error_kinds import may_have_been_done
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.locks import down_is_no_lock
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, SMALL, Patch, opening_flags, range_content, reading_range, writing
from irodsfs.transfer.upload import ATTEMPTS, fly_writing, is_locked_for_a_moment
from irodsfs.transfer.versions import BeingWrittenError

logger = logging.getLogger(__name__)

SEARCHED = 2 * SMALL
"""Bytes at the end of an object in which those are looked for that may have arrived before the line broke."""


@dataclass
class Append:
    """Bytes that are to follow what an object holds, which was `end` bytes long when it was looked at last.

    `content` tells offsets from its own beginning. `touch` in seconds since 1970, `checksum` as in `TransferOptions`.
    """

    path: str
    content: Patch
    end: int
    touch: int | None = None
    checksum: str | None = None
    doubtful: bool = False

    @property
    def size(self) -> int:
        return self.content.end

    def flight(self) -> Iterator[Request]:
        flags = opening_flags(create=False, replace=False)
        opening, *others = writing(self.path, flags, [self.content], resource=None, checksum=self.checksum)
        yield opening
        yield requests.seek(FIRST_DESCRIPTOR, 0, os.SEEK_END)
        yield from others
        yield from self.later()

    def repair(self) -> Iterator[Request]:
        """Write again, at the same place, what has arrived in part, or was not closed."""
        patch = Patch(self.end, self.end + self.size, lambda offset, size: self.content.read(offset - self.end, size))
        flags = opening_flags(create=False, replace=False)
        yield from writing(self.path, flags, [patch], resource=None, checksum=self.checksum)
        yield from self.later()

    def later(self) -> Iterator[Request]:
        if self.touch is not None:
            yield requests.touch(self.path, self.touch).after_all()
        if self.checksum is not None:
            yield data_objects.checksum(self.path, force=True).after_all()


async def append(zone: Zone, task: Append, attempts: int = ATTEMPTS) -> int:
    """Append, once, however often the line breaks. Answers at which offset (bytes). Raises the zone's error."""
    landed = 0
    async for attempt in retrying(also=is_locked_for_a_moment, attempts=attempts):
        with attempt:
            async with down_is_no_lock(zone, task.path):
                landed = await _append_once(zone, task)
    return landed


async def _append_once(zone: Zone, task: Append) -> int:
    try:
        if task.doubtful and (arrived := await _arrived(zone, task)) is not None:
            offset, is_whole = arrived
            if not is_whole:
                await fly_writing(zone, task.repair())
            elif later := list(task.later()):
                await zone.perform(*later)
            return offset
        task.doubtful = False
        _, sought, *_ = await fly_writing(zone, task.flight())
    except ZoneUnreachable:
        task.doubtful = True
        raise
    except iRODSException as error:
        if not may_have_been_done(error):
            raise
        return await _landed_all_the_same(zone, task, error)
    return _position(sought)


async def _landed_all_the_same(zone: Zone, task: Append, error: iRODSException) -> int:
    """At which offset, although the zone has answered `error`, which is raised when it is not there."""
    task.doubtful = True
    arrived = await _arrived(zone, task)
    if arrived is None or not arrived[1]:
        raise error
    logger.warning("%s is in the zone, but may lack replicas that are up to date: %s", task.path, describe(error))
    return arrived[0]


async def _arrived(zone: Zone, task: Append) -> tuple[int, bool] | None:
    """Where that is, and whether it is whole, what was sent before the line broke; None when nothing has arrived."""
    replicas = await read_replicas(zone, task.path)
    if any(replica.status not in (GOOD, STALE) for replica in replicas):
        raise BeingWrittenError(errno.EBUSY, f"{task.path} is being written")
    size = max((replica.size for replica in replicas), default=0)
    if size <= task.end:
        return None
    part = await _part_at_end(zone, task, size)
    if part:
        is_good = any(replica.status == GOOD for replica in replicas)
        return task.end, is_good and part == task.size
    start = max(task.end, size - SEARCHED)
    if task.size > size - start:
        return None
    tail = bytes(range_content(await zone.fly(*reading_range(task.path, start, size - start), repeat=True)))
    found = tail.rfind(task.content.read(0, task.size))
    return None if found < 0 else (start + found, True)


async def _part_at_end(zone: Zone, task: Append, size: int) -> int:
    """How many of our bytes follow what was there: all of them, or those that were the last to arrive; else 0."""
    part = min(task.size, size - task.end)
    if part < task.size and task.end + part < size:
        return 0
    for offset in range(0, part, CHUNK):
        length = min(CHUNK, part - offset)
        flight = reading_range(task.path, task.end + offset, length)
        if range_content(await zone.fly(*flight, repeat=True)) != task.content.read(offset, length):
            return 0
    return part


def _position(sought: Reply) -> int:
    return int(iRODSMessage(msg=sought.check().body).get_main_message(FileSeekResponse).offset)
