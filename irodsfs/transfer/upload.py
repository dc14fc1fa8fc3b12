"""Putting what was written into the zone, again and again until it is there or is refused for good."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from irods.exception import CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, HIERARCHY_ERROR

from irodsfs.grid import data_objects, requests
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.namespace import find
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import Patch, opening_flags, writing

ATTEMPTS = 8
"""More than for other requests: a zone that starts again within some seconds shall not cost anybody's bytes."""


@dataclass
class Upload:
    """What a flush has to do: sizes in bytes, `touch` in seconds since 1970.

    `replace` drops what the object held; otherwise it is first cut to `cut` bytes (where given). After the patches it
    is made `grown_to` bytes long (where given; 0 for one that is to be empty). With `exclusive` the object must not
    exist yet.
    """

    path: str
    patches: Sequence[Patch]
    size: int
    replace: bool = False
    exclusive: bool = False
    cut: int | None = None
    grown_to: int | None = None
    touch: int | None = None
    resource: str | None = None
    checksum: bool = False

    @property
    def has_requests(self) -> bool:
        """False when a stream has brought everything into the zone already."""
        changes = (self.cut, self.grown_to, self.touch)
        return bool(self.patches) or self.replace or self.checksum or any(each is not None for each in changes)

    def flight(self, zone: Zone) -> Iterator[Request]:
        replica = zone.can_truncate_replicas
        if self.cut is not None:
            yield requests.truncate(self.path, self.cut, replica=replica)
        if self.patches or self.replace:
            flags = opening_flags(replace=self.replace, exclusive=self.exclusive)
            if self.grown_to == 0:
                # Servers make the other replicas stale when one is cut, not when an open empties it.
                flags &= ~os.O_TRUNC
            yield from writing(self.path, flags, self.patches, resource=self.resource)
        if self.grown_to is not None:
            yield requests.truncate(self.path, self.grown_to, replica=replica).after_first()
        if self.touch is not None:
            yield requests.touch(self.path, self.touch).after_first()
        if self.checksum:
            yield data_objects.checksum(self.path, force=True).after_first()


async def upload(zone: Zone, task: Upload, attempts: int = ATTEMPTS) -> str | None:
    """Carry out `task`; everything is registered on return. Raises the zone's error or `ZoneUnreachable`.

    Answers the checksum that the zone has computed, when it was to.
    """
    async for attempt in retrying(also=_is_locked_for_a_moment, attempts=attempts):
        with attempt:
            try:
                last = await _fly(zone, task)
            except CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME as error:
                if task.exclusive:
                    raise
                # Servers try to make what the user may not write, as if it were missing.
                raise PermissionError(errno.EACCES, f"{task.path} may not be written") from error
            except ZoneUnreachable:
                task.exclusive = task.exclusive and not await _has_appeared(zone, task)
                raise
    return data_objects.checksum_text(last) if task.checksum else None


async def _fly(zone: Zone, task: Upload) -> Reply:
    sizes: list[int] = []
    async with zone.pool.connection() as connection:
        replies = await zone.pool.run(connection, _noting_sizes(task.flight(zone), sizes))
    for reply, size in zip(replies, sizes, strict=True):
        if reply.check().status < size:
            raise OSError(errno.ENOSPC, f"the zone took {reply.status} of {size} bytes")
    return replies[-1]


def _noting_sizes(flight: Iterator[Request], sizes: list[int]) -> Iterator[Request]:
    for request in flight:
        sizes.append(len(request.bs))
        yield request


async def _has_appeared(zone: Zone, task: Upload) -> bool:
    # The line broke between our creating the object and the zone's answer: what is there now is what we began.
    found = await find(zone, task.path)
    return found is not None and not found.is_collection and found.size in (0, task.size)


def _is_locked_for_a_moment(error: BaseException) -> bool:
    # A replica whose writer was cut off stays locked for the second that its agent needs to close it.
    return isinstance(error, HIERARCHY_ERROR)
