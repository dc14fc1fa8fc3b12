"""Renaming onto something that exists, which iRODS refuses and POSIX demands.

The target is moved aside and the source in, in one flight, so that at every moment one complete version exists under
the name or under the temporary name `.irodsfs-replaced-<random>-<name>` (without the name where that is too long).
What was replaced goes only then.
"""

from __future__ import annotations

import logging
import posixpath
import secrets

from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.errors import describe
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

ASIDE = ".irodsfs-replaced-"
LONGEST_NAME = 255


async def replace_object(zone: Zone, source: str, target: str) -> None:
    """Put data object `source` in the place of data object `target`. Raises the zone's error, nothing changed then."""
    aside = _aside(target)
    moved_aside, moved_in = await zone.fly(
        requests.rename(target, aside, collection=False),
        requests.rename(source, target, collection=False),
    )
    if not moved_aside.failed and moved_in.failed:
        await zone.perform(requests.rename(aside, target, collection=False))
    moved_aside.check()
    moved_in.check()
    await _remove(zone, aside)


async def replace_collection(zone: Zone, source: str, target: str) -> None:
    """Put collection `source` in the place of the empty collection `target`."""
    await zone.perform(requests.remove_collection(target), requests.rename(source, target, collection=True))


def _aside(target: str) -> str:
    directory, name = posixpath.split(target)
    unique = f"{ASIDE}{secrets.token_hex(4)}"
    named = f"{unique}-{name}"
    return posixpath.join(directory, named if len(named.encode()) <= LONGEST_NAME else unique)


async def _remove(zone: Zone, aside: str) -> None:
    try:
        await zone.perform(requests.unlink(aside))
    except iRODSException as error:
        logger.warning("what was replaced stays behind as %s: %s", aside, describe(error))
