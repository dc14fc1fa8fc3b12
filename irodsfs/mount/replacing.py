"""Renaming as POSIX demands it, by what iRODS offers.

iRODS refuses to rename onto something that exists. So the target is moved aside and the source in, in one flight, and
at every moment one complete version exists under the name or under the temporary name `.irodsfs-replaced-…-<name>`.
What was replaced goes only then. A name that does not fit into a temporary one is kept in an AVU until then.

iRODS gives the new name first and changes the collection then, so it refuses a move when the old collection has another
entry of the new name. Such a move makes a detour over `.irodsfs-moved-…-<name>` in the new collection.
"""

from __future__ import annotations

import errno
import logging
import posixpath
from collections.abc import Sequence
from functools import partial

import irods.exception as ex
from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.once import Outcome, fly_once, is_gone, is_there, perform_once
from irodsfs.grid.zone import Zone
from irodsfs.mount.errnos import errno_of
from irodsfs.mount.temporary_names import MOVED, REPLACED, drop_name, keep_name, lacks_name, temporary_path
from irodsfs.transfer.flights import opening_flags, writing

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
    try:
        await _go(zone, way, collection=collection)
    except ex.UNIX_FILE_RENAME_ERR as error:
        if collection or errno_of(error) != errno.EISDIR:
            raise
        await _make_room(zone, way)
        await _go(zone, way, collection=collection)


async def _make_room(zone: Zone, way: Sequence[Step]) -> None:
    """Let a vault remove the directory of a collection that had the target's name once.

    It does so, if the directory is empty, for a data object that is made there, but not for one that is moved there.
    """
    target = way[-1][1]
    replicas = await read_replicas(zone, way[0][0])
    for resource in {replica.hierarchy.partition(";")[0] for replica in replicas}:
        making = writing(target, opening_flags(replace=True, exclusive=True), (), resource=resource)
        await zone.perform(*making, requests.unlink(target).after_all())


async def replace_object(zone: Zone, way: Sequence[Step], preparations: Sequence[Request] = ()) -> None:
    """Put a data object in the place of the one where the way ends, `preparations` before that in the same flight.

    Raises the zone's error, nothing renamed then.
    """
    target = way[-1][1]
    aside = temporary_path(target, REPLACED)
    await _go(zone, way, preparations, aside=[(target, aside)], collection=False)
    await _remove(zone, aside)


async def replace_collection(zone: Zone, way: Sequence[Step]) -> None:
    """Put a collection in the place of the empty one where the way ends."""
    await _go(zone, way, [requests.remove_collection(way[-1][1])], collection=True)


async def _go(
    zone: Zone,
    way: Sequence[Step],
    preparations: Sequence[Request] = (),
    *,
    aside: Sequence[Step] = (),
    collection: bool,
) -> None:
    """Go a way, `preparations` and what makes room by stepping `aside` before that in the same flight."""
    (before, target), name = way[-1], posixpath.basename(way[-1][1])
    steps_taken = [*aside, *way]
    to_name = [source for source, between in steps_taken if lacks_name(between)]
    namings = [keep_name(path, name, is_collection=collection) for path in to_name]
    flight = [*preparations, *namings, *_renamings(steps_taken, collection=collection)]
    outcome = await fly_once(zone, *flight, has_effect=partial(_has_arrived, zone, way))
    if not outcome.done:
        await _go_back(zone, steps_taken, outcome, collection=collection)
        for path in to_name:
            await _drop_name(zone, path, name, collection=collection)
        outcome.check()
    if lacks_name(before):
        await _drop_name(zone, target, name, collection=collection)


def _renamings(way: Sequence[Step], *, collection: bool) -> list[Request]:
    return [requests.rename(source, target, collection=collection) for source, target in way]


async def _has_arrived(zone: Zone, way: Sequence[Step]) -> bool:
    return await is_gone(zone, way[0][0]) and await is_there(zone, way[-1][1])


async def _go_back(zone: Zone, way: Sequence[Step], outcome: Outcome, *, collection: bool) -> None:
    back = [(target, source) for source, target in reversed(way)]
    if outcome.repeated:
        # Whatever was done goes back, and the zone refuses the rest: nothing is where that would start.
        await zone.fly(*_renamings(back, collection=collection))
        return
    renamed = outcome.replies[-len(way) :]
    done = [step for step, reply in zip(back, reversed(renamed), strict=True) if not reply.failed]
    if done:
        await zone.perform(*_renamings(done, collection=collection))


async def _drop_name(zone: Zone, path: str, name: str, *, collection: bool) -> None:
    try:
        await zone.perform(drop_name(path, name, is_collection=collection))
    except (iRODSException, ZoneUnreachable) as error:
        logger.info("%s may keep an AVU that has helped to rename it: %s", path, describe(error))


async def _remove(zone: Zone, aside: str) -> None:
    try:
        await perform_once(zone, requests.unlink(aside), has_effect=partial(is_gone, zone, aside))
    except (iRODSException, ZoneUnreachable) as error:
        logger.warning("what was replaced stays behind as %s: %s", aside, describe(error))
