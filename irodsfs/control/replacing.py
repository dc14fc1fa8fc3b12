"""Replacing the content of a data object by an upload that may yet fail."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import irods.exception as ex

from irodsfs.control.upload_spool import Collected, UploadSpool
from irodsfs.grid import requests
from irodsfs.grid.locks import down_is_no_lock
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, Patch
from irodsfs.transfer.landed import has_landed_all_the_same
from irodsfs.transfer.writer import Writer


async def replace(zone: Zone, path: str, source: AsyncIterator[bytes], spool: UploadSpool) -> None:
    """Put all of `source` in the place of what is there.

    It is collected in a local file first, so that a client that hangs up destroys nothing.
    """
    with spool.collecting() as collected:
        await collected.fill(source)
        async for attempt in retrying(also=_is_locked_for_a_moment):
            with attempt:
                async with down_is_no_lock(zone, path):
                    await _put_once(zone, path, collected)


async def _put_once(zone: Zone, path: str, collected: Collected) -> None:
    whole = Patch(0, collected.size, collected.file.read)
    try:
        await _put(zone, path, collected)
    except ex.iRODSException as error:
        if not await has_landed_all_the_same(zone, path, collected.size, [whole], error):
            raise


async def _put(zone: Zone, path: str, collected: Collected) -> None:
    if not collected.size:
        # Servers make the other replicas stale when one is cut, not when an open empties it.
        await zone.perform(requests.truncate(path, 0, replica=zone.can_truncate_replicas))
        return
    # Without O_CREAT: with it, servers put one more replica where new objects go.
    writer = Writer(zone, path, os.O_WRONLY | os.O_TRUNC, may_repeat=True)
    await writer.open()
    try:
        for offset in range(0, collected.size, CHUNK):
            await writer.send(collected.file.stored(offset, min(CHUNK, collected.size - offset)))
    except BaseException:
        await writer.abort()
        raise
    await writer.close()


def _is_locked_for_a_moment(error: BaseException) -> bool:
    # A replica whose writer was cut off stays locked for the second that its agent needs to close it.
    return isinstance(error, ex.HIERARCHY_ERROR)
