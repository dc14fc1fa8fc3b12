"""Opening a replica to read ranges of it, on a connection that is kept for that."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from irods.message import FileSeekResponse, iRODSMessage

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.zone import Zone
from irodsfs.transfer.checksums import registered
from irodsfs.transfer.flights import check_descriptor
from irodsfs.transfer.versions import Version

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """What was opened: `size` in bytes, the `version` as the catalog shows it, and the `checksum` where one is kept."""

    size: int
    version: Version
    checksum: str


async def open_to_read(zone: Zone, connection: ZoneConnection, path: str) -> Opened:
    """Open a replica in one flight. Raises the zone's error, or `ZoneUnreachable`."""
    # The version is asked for first: what is read may be newer than it, never older.
    opening = [
        requests.object_stat(path),
        requests.open_object(path, os.O_RDONLY),
        requests.seek(FIRST_DESCRIPTOR, 0, os.SEEK_END),
    ]
    stat, opened, sought = await zone.pool.run(connection, opening, may_repeat=True)
    check_descriptor(opened)
    connection.open_descriptors.add(FIRST_DESCRIPTOR)
    end = iRODSMessage(msg=sought.check().body).get_main_message(FileSeekResponse)
    return Opened(int(end.offset), Version.of_stat(stat), registered(stat))


async def close(zone: Zone, connection: ZoneConnection) -> None:
    """Close what is open on a connection, so that it is fit for other use."""
    if not connection.open_descriptors or connection.broken:
        return
    try:
        await zone.pool.run(connection, [requests.close(FIRST_DESCRIPTOR)], may_repeat=True)
        connection.open_descriptors.clear()
    except ZoneUnreachable as error:
        logger.debug("closing a replica: %s", error)
