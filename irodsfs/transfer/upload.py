"""Putting what was written into the zone, again and again until it is there or is refused for good."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import trio
from irods.exception import CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, HIERARCHY_ERROR, iRODSException

from irodsfs.grid import data_objects, requests
from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.hosts import Route
from irodsfs.grid.locks import down_is_no_lock
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.checksums import are_summed_by
from irodsfs.transfer.flights import CHUNK, SMALL, Patch, content, opening_flags, reading, writing
from irodsfs.transfer.landed import has_landed_all_the_same
from irodsfs.transfer.versions import BeingWrittenError

ATTEMPTS = 8
"""More than for other requests: a zone that starts again within some seconds shall not cost anybody's bytes."""


@dataclass
class Upload:
    """What a flush has to do: sizes in bytes, `touch` in seconds since 1970.

    With `create` the object must not exist yet; `doubtful` says that an earlier try may have made it, before the line
    broke. `replace` drops what the object held; otherwise it is first cut to `cut` bytes (where given).
    `checksum` is as in `TransferOptions`. `link` gives the local file that holds the patches a name, where there is
    such a file; False when it can't have one.
    """

    path: str
    patches: Sequence[Patch]
    size: int
    create: bool = False
    doubtful: bool = False
    replace: bool = False
    cut: int | None = None
    touch: int | None = None
    resource: str | None = None
    checksum: str | None = None
    link: Callable[[Path], bool] | None = None

    @property
    def has_requests(self) -> bool:
        """False when a stream has brought everything into the zone already."""
        others = self.cut is not None or self.touch is not None
        return bool(self.patches) or self.create or self.replace or self.checksum is not None or others

    @property
    def changes_bytes(self) -> bool:
        return bool(self.patches) or self.cut is not None

    def flight(self, zone: Zone) -> Iterator[Request]:
        if self.cut is not None:
            yield requests.truncate(self.path, self.cut, replica=zone.can_truncate_replicas)
        if self.patches or self.create or self.replace:
            flags = opening_flags(create=self.create, replace=self.replace)
            yield from writing(self.path, flags, self.patches, resource=self.resource, checksum=self.checksum)
        if self.touch is not None:
            yield requests.touch(self.path, self.touch).after_first()
        if self.checksum is not None:
            yield data_objects.checksum(self.path, force=True).after_first()


async def upload(zone: Zone, task: Upload, attempts: int = ATTEMPTS) -> str | None:
    """Carry out `task`; everything is registered on return. Raises the zone's error or `ZoneUnreachable`.

    Answers the checksum that the zone has computed, when it was to.
    """
    last: Reply | None = None
    async for attempt in retrying(also=is_locked_for_a_moment, attempts=attempts):
        with attempt:
            async with down_is_no_lock(zone, task.path):
                last = await _upload_once(zone, task)
    return data_objects.checksum_text(last) if task.checksum is not None and last is not None else None


async def _upload_once(zone: Zone, task: Upload) -> Reply | None:
    """The last reply, if there is one to go by."""
    if task.create and task.doubtful:
        await _settle_doubt(zone, task)
    try:
        return await _fly(zone, task) if task.has_requests else None
    except CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME as error:
        if task.create:
            raise
        # Servers try to make what the user may not write, as if it were missing.
        raise PermissionError(errno.EACCES, f"{task.path} may not be written") from error
    except ZoneUnreachable:
        task.doubtful = True
        raise
    except iRODSException as error:
        if not await has_landed_all_the_same(zone, task.path, task.size, task.patches, error):
            raise
        return None


async def _fly(zone: Zone, task: Upload) -> Reply:
    route = await _route(zone, task)
    flight = replace(task, resource=route.resource).flight(zone)
    return (await fly_writing(zone, flight, route.hosts))[-1]


async def _route(zone: Zone, task: Upload) -> Route:
    """What is small goes to our own server, which is no farther than any other one."""
    if sum(patch.end - patch.start for patch in task.patches) <= SMALL:
        return Route(resource=task.resource)
    return await (zone.hosts.route_of_new(task.path, task.resource) if task.create else zone.hosts.route(task.path))


async def fly_writing(zone: Zone, flight: Iterator[Request], hosts: Sequence[str] = ()) -> list[Reply]:
    """A flight of which every request must succeed, and every write take all of its bytes.

    The caller sends it again when the line breaks, or sees whether it has arrived.
    """
    sizes: list[int] = []
    async with zone.pool.connection(*hosts) as connection:
        with zone.hosts.blamed(connection.host):
            replies = await zone.pool.run(connection, _noting_sizes(flight, sizes), may_repeat=True)
            _check(replies, sizes)
    return replies


def _check(replies: Sequence[Reply], sizes: Sequence[int]) -> None:
    for reply, size in zip(replies, sizes, strict=True):
        if reply.check().status < size:
            raise OSError(errno.ENOSPC, f"the zone took {reply.status} of {size} bytes")


def _noting_sizes(flight: Iterator[Request], sizes: list[int]) -> Iterator[Request]:
    for request in flight:
        sizes.append(len(request.bs))
        yield request


async def _settle_doubt(zone: Zone, task: Upload) -> None:
    """The line broke between our creating the object and the zone's answer: whose is what is there now?

    What is complete and has other bytes is somebody else's, and the task goes on to say that the name is taken.
    """
    replicas = await read_replicas(zone, task.path)
    if any(replica.status not in (GOOD, STALE) for replica in replicas):
        raise BeingWrittenError(errno.EBUSY, f"{task.path} is being written")
    complete = [replica for replica in replicas if replica.status == GOOD]
    if replicas and not complete:
        # Servers mark what a broken line has left as stale.
        task.create, task.replace = False, True
    elif complete and complete[0].size == task.size and await _is_there(zone, task):
        task.create, task.patches = False, ()
    task.doubtful = False


async def _is_there(zone: Zone, task: Upload) -> bool:
    if task.size <= SMALL:
        found = content(await zone.fly(*reading(task.path, SMALL + 1, stat=False), repeat=True))
        return found == b"".join(_whole(task))
    (reply,) = await zone.perform(data_objects.checksum(task.path), repeat=True)
    return await trio.to_thread.run_sync(are_summed_by, data_objects.checksum_text(reply), _whole(task))


def _whole(task: Upload) -> Iterator[bytes]:
    """All of a new object: what no patch covers is zeros."""
    position = 0
    for patch in task.patches:
        for start in range(position, patch.start, CHUNK):
            yield bytes(min(CHUNK, patch.start - start))
        yield from patch.chunks()
        position = patch.end


def is_locked_for_a_moment(error: BaseException) -> bool:
    """Whether somebody is writing the object right now.

    A replica whose writer was cut off stays locked, too, for the second that its agent needs to close it.
    """
    return isinstance(error, (HIERARCHY_ERROR, BeingWrittenError))
