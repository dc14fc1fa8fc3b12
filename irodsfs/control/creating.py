"""Making a data object of an upload that may yet fail."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus

import irods.exception as ex
import trio
from irods.message import iRODSMessage

from irodsfs.control.http_errors import ControlError
from irodsfs.control.upload_spool import UploadSpool, at_hand
from irodsfs.grid import catalog_entries, requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.error_kinds import is_taken
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Reply
from irodsfs.grid.pool import Place
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.writer import Writer

logger = logging.getLogger(__name__)

EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


async def create(
    zone: Zone,
    path: str,
    source: AsyncIterator[bytes],
    spool: UploadSpool,
    *,
    offset: int = 0,
    resource: str | None = None,
) -> None:
    """A new data object of all of `source`, written as it comes. What others made at the path meanwhile stays.

    Raises `NameTakenError` then. When anything fails later, what was made is removed.
    """
    async with at_hand(zone, source, spool) as (ready, place):
        await _create(zone, path, ready, offset, resource, place)


async def _create(
    zone: Zone, path: str, source: AsyncIterator[bytes], offset: int, resource: str | None, place: Place | None
) -> None:
    whose = requests.descriptor_information(FIRST_DESCRIPTOR)
    writer = Writer(zone, path, EXCLUSIVE, offset=offset, resource=resource, after_opening=[whose], place=place)
    try:
        await writer.open()
        async for piece in source:
            await writer.write(piece)
        await writer.close()
    except BaseException as error:
        with trio.CancelScope(shield=True):
            await writer.abort()
            await _remove(zone, path, writer.opened)
        if not _was_made(writer.opened) and _is_taken(error):
            raise NameTakenError(path) from error
        raise


async def overwrite(zone: Zone, path: str, source: AsyncIterator[bytes], spool: UploadSpool, offset: int) -> None:
    """Write all of `source` into a data object that exists, from `offset` on."""
    async with at_hand(zone, source, spool) as (ready, place):
        await _overwrite(zone, path, ready, offset, place)


async def _overwrite(zone: Zone, path: str, source: AsyncIterator[bytes], offset: int, place: Place | None) -> None:
    writer = Writer(zone, path, os.O_WRONLY, offset=offset, place=place)
    await writer.open()
    try:
        async for piece in source:
            await writer.write(piece)
    except BaseException:
        # What has come is in the data object, which is otherwise as good as before.
        with trio.CancelScope(shield=True):
            await writer.close()
        raise
    await writer.close()


class NameTakenError(ControlError):
    """There is something at the path where something new was to be made."""

    def __init__(self, path: str, status: HTTPStatus = HTTPStatus.CONFLICT) -> None:
        remedy = "Look at what is there; send the request again to replace it."
        super().__init__(status, "EXISTS", f"There is a {path} already.", field="path", remedy=remedy)


def _is_taken(error: BaseException) -> bool:
    return is_taken(error) or isinstance(error, ex.HIERARCHY_ERROR)  # whoever has just made it still writes it


def _was_made(opened: Sequence[Reply]) -> bool:
    return bool(opened) and not opened[0].failed


async def _remove(zone: Zone, path: str, opened: Sequence[Reply]) -> None:
    """Remove what an opening made at a path, if it made anything; what others have put there since stays."""
    if not _was_made(opened):
        return
    try:
        told = iRODSMessage(msg=opened[-1].check().body).get_json_encoded_struct()
        id_ = int(told["data_object_info"]["data_id"])
        async for attempt in retrying(also=_is_locked_for_a_moment):
            with attempt:
                entry = await catalog_entries.find(zone, path)
                if entry is not None and entry.id == id_:
                    await zone.perform(requests.unlink(path))
                else:
                    logger.info("what came of an upload that failed is not at %r any more", path)
    except ZONE_FAILURES as error:
        logger.warning("what came of an upload that failed is still at %r: %s", path, describe(error))


def _is_locked_for_a_moment(error: BaseException) -> bool:
    # Until its agent sees that the line is gone.
    return isinstance(error, (ex.HIERARCHY_ERROR, ex.LOCKED_DATA_OBJECT_ACCESS))
