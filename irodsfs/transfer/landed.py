"""Uploads that a zone calls failed although the bytes are registered, as when the server of another replica is away."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.error_kinds import may_have_been_done
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, Patch, range_content, reading_range

logger = logging.getLogger(__name__)


async def has_landed_all_the_same(
    zone: Zone, path: str, size: int, patches: Sequence[Patch], error: BaseException
) -> bool:
    """Whether a good replica is `size` bytes long and holds the patches, although the zone has answered `error`."""
    if not may_have_been_done(error):
        return False
    try:
        landed = await _is_registered(zone, path, size) and await _holds(zone, path, patches)
    except ZONE_FAILURES as failure:
        logger.info("what %s holds can't be seen: %s", path, describe(failure))
        return False
    if landed:
        logger.warning("%s is in the zone, but may lack replicas that are up to date: %s", path, describe(error))
    return landed


async def _is_registered(zone: Zone, path: str, size: int) -> bool:
    replicas = await read_replicas(zone, path)
    good = [replica for replica in replicas if replica.status == GOOD]
    is_open = any(replica.status not in (GOOD, STALE) for replica in replicas)
    return bool(good) and not is_open and all(replica.size == size for replica in good)


async def _holds(zone: Zone, path: str, patches: Sequence[Patch]) -> bool:
    for patch in patches:
        for offset in range(patch.start, patch.end, CHUNK):
            length = min(CHUNK, patch.end - offset)
            flight = reading_range(path, offset, length)
            if range_content(await zone.fly(*flight, repeat=True)) != patch.read(offset, length):
                return False
    return True
