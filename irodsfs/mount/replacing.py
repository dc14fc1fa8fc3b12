"""Renaming as POSIX demands it, by what iRODS offers.

iRODS refuses to rename onto something that exists. So the target is moved aside and the source in, in one flight, and
at every moment one complete version exists under the name or under the temporary name `.irodsfs-replaced-…-<name>`.
What was replaced goes only then.

iRODS gives the new name first and changes the collection then, so it refuses a move when the old collection has another
entry of the new name. Such a move makes a detour over `.irodsfs-moved-…-<name>` in the new collection.
"""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Sequence

from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.errors import describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.zone import Zone
from irodsfs.mount.temporary_names import MOVED, REPLACED, temporary_path

logger = logging.getLogger(__name__)

Step = tuple[str, str]
"""One renaming: from, to."""


def in_the_way(source: str, target: str) -> str | None:
    """The path that must be free for iRODS to move `source` to `target` in one step, besides `target` itself."""
    path = posixpath.join(posixpath.dirname(source), posixpath.basename(target))
    return None if path in (source, target) else path


def steps(source: str, target: str, *, detour: bool) -> list[Step]:
    """The renamings that bring an entry to a free name."""
    if not detour:
        return [(source, target)]
    between = temporary_path(target, MOVED)
    return [(source, between), (between, target)]


async def move(zone: Zone, way: Sequence[Step], *, collection: bool) -> None:
    """Go a way. Raises the zone's error, nothing changed then."""
    replies = await zone.fly(*_renamings(way, collection=collection))
    await _undo_if_failed(zone, way, replies, collection=collection)


async def replace_object(zone: Zone, way: Sequence[Step], preparations: Sequence[Request] = ()) -> None:
    """Put a data object in the place of the one where the way ends, `preparations` before that in the same flight.

    Raises the zone's error, nothing renamed then.
    """
    target = way[-1][1]
    aside = temporary_path(target, REPLACED)
    way = [(target, aside), *way]
    replies = await zone.fly(*preparations, *_renamings(way, collection=False))
    prepared, renamed = replies[: len(preparations)], replies[len(preparations) :]
    await _undo_if_failed(zone, way, renamed, prepared, collection=False)
    await _remove(zone, aside)


async def replace_collection(zone: Zone, way: Sequence[Step]) -> None:
    """Put a collection in the place of the empty one where the way ends."""
    removed, *replies = await zone.fly(requests.remove_collection(way[-1][1]), *_renamings(way, collection=True))
    await _undo_if_failed(zone, way, replies, collection=True)
    removed.check()


def _renamings(way: Sequence[Step], *, collection: bool) -> list[Request]:
    return [requests.rename(source, target, collection=collection) for source, target in way]


async def _undo_if_failed(
    zone: Zone, way: Sequence[Step], replies: Sequence[Reply], others: Sequence[Reply] = (), *, collection: bool
) -> None:
    if not any(reply.failed for reply in (*others, *replies)):
        return
    done = [(target, source) for (source, target), reply in zip(way, replies, strict=True) if not reply.failed]
    if done:
        await zone.perform(*_renamings(done[::-1], collection=collection))
    for reply in (*others, *replies):
        reply.check()


async def _remove(zone: Zone, aside: str) -> None:
    try:
        await zone.perform(requests.unlink(aside))
    except iRODSException as error:
        logger.warning("what was replaced stays behind as %s: %s", aside, describe(error))
