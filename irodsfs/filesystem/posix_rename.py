"""Renaming as POSIX demands it, by what iRODS offers.

iRODS refuses to rename onto something that exists. So the target is moved aside and the source in, in one flight, and
at every moment one complete version exists under the name or under the temporary name `.irodsfs-replaced-…-<name>`.
What was replaced goes only then, and comes back when the source can't take its name. A name that does not fit into a
temporary one is kept in an AVU until then.

iRODS gives the new name first and changes the collection then, so it refuses a move when the old collection has another
entry of the new name. Such a move makes a detour over `.irodsfs-moved-…-<name>` in the new collection.

Small data objects are replaced in another way, see `overwriting`.
"""

from __future__ import annotations

import errno
import logging
import os
import posixpath
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import irods.exception as ex

from irodsfs.filesystem.errnos import errno_of
from irodsfs.filesystem.temporary_names import (
    MOVED,
    REPLACED,
    TemporaryName,
    drop_name,
    keep_name,
    lacks_name,
    temporary_path,
)
from irodsfs.grid import requests
from irodsfs.grid.at_most_once import Outcome, fly_once, has_moved, is_gone, perform_once
from irodsfs.grid.catalog_entries import GOOD, STALE
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.data_objects import read_replicas
from irodsfs.grid.errors import ZONE_FAILURES, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.locks import when_unlocked
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

TAKEN = (ex.CAT_NAME_EXISTS_AS_DATAOBJ, ex.CAT_NAME_EXISTS_AS_COLLECTION, ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME)

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
        await zone.perform(*making_and_removing(target, resource))


def making_and_removing(path: str, resource: str | None) -> list[Request]:
    """A flight that makes a data object where none is, and removes it again."""
    return [
        requests.open_object(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, resource=resource),
        requests.close(FIRST_DESCRIPTOR),
        requests.unlink(path).after_first(),
    ]


async def replace_object(zone: Zone, way: Sequence[Step], give: Callable[[], Awaitable[None]]) -> None:
    """Put a data object in the place of the one where the way ends, and let it be given what is to be its own then.

    Raises the zone's error, nothing renamed then.
    """
    target = way[-1][1]
    aside = temporary_path(target, REPLACED)
    async for attempt in when_unlocked():
        with attempt:
            await _require_unlocked(zone, target)
    await _go(zone, way, aside=[(target, aside)], collection=False)
    await give()
    await _remove(zone, aside, collection=False)


async def _require_unlocked(zone: Zone, path: str) -> None:
    """A server forgets the renaming of what is open for writing when that is closed, and can't find it any more."""
    if any(replica.status not in (GOOD, STALE) for replica in await read_replicas(zone, path)):
        raise ex.LOCKED_DATA_OBJECT_ACCESS(f"{path} is being written elsewhere")


async def replace_collection(zone: Zone, way: Sequence[Step]) -> None:
    """Put a collection in the place of the empty one where the way ends. Raises ENOTEMPTY when it is not empty."""
    target = way[-1][1]
    aside = temporary_path(target, REPLACED)
    await _go(zone, way, aside=[(target, aside)], collection=True)
    try:
        await perform_once(zone, requests.remove_collection(aside), has_effect=partial(is_gone, zone, aside))
    except ex.CAT_COLLECTION_NOT_EMPTY:
        back = [(target, way[-1][0]), (aside, target)]
        await zone.fly(*(request.after_all() for request in _renamings(back, collection=True)))
        raise


async def _go(zone: Zone, way: Sequence[Step], *, aside: Sequence[Step] = (), collection: bool) -> None:
    """Go a way; what makes room by stepping `aside` before that, in the same flight, comes back when that fails.

    It is no failure when nothing has to step aside any more.
    """
    (before, target), name = way[-1], posixpath.basename(way[-1][1])
    steps_taken = [*aside, *way]
    to_name = [source for source, between in steps_taken if lacks_name(between)]
    namings = [keep_name(path, name, is_collection=collection) for path in to_name]
    renamings = _renamings(steps_taken, collection=collection)
    if namings:
        renamings = [each.after_all() for each in renamings]
    outcome = await fly_once(zone, *namings, *renamings, has_effect=partial(has_moved, zone, way[0][0], way[-1][1]))
    if not outcome.done and outcome.replies[-1].failed:
        await _go_back(zone, steps_taken[:-1], outcome.replies[len(namings) :], outcome, collection=collection)
        for path in to_name:
            await _drop_name(zone, path, name, collection=collection)
        outcome.check()
    if lacks_name(before):
        await _drop_name(zone, target, name, collection=collection)


def _renamings(way: Sequence[Step], *, collection: bool) -> list[Request]:
    return [requests.rename(source, target, collection=collection) for source, target in way]


async def _go_back(
    zone: Zone, way: Sequence[Step], replies: Sequence[Reply], outcome: Outcome, *, collection: bool
) -> None:
    """Undo what was done of a way. What steps back to a name that somebody else has taken by then, is gone."""
    # Where it is in doubt, the zone refuses what was not done: nothing is where that would start.
    done = [step for step, reply in zip(way, replies, strict=False) if outcome.doubtful or not reply.failed]
    back = [(target, source) for source, target in reversed(done)]
    for (aside, _), reply in zip(back, await _undo(zone, back, collection=collection), strict=True):
        if isinstance(reply.failure() if reply.failed else None, TAKEN) and _is_aside(aside):
            await _remove(zone, aside, collection=collection)


async def _undo(zone: Zone, back: Sequence[Step], *, collection: bool) -> list[Reply]:
    async for attempt in retrying():
        with attempt:
            replies = await zone.fly(*_renamings(back, collection=collection), may_repeat=True)
    return replies


def _is_aside(path: str) -> bool:
    known = TemporaryName.parse(posixpath.basename(path))
    return known is not None and known.purpose == REPLACED


async def _drop_name(zone: Zone, path: str, name: str, *, collection: bool) -> None:
    try:
        await zone.perform(drop_name(path, name, is_collection=collection))
    except ZONE_FAILURES as error:
        logger.info("%s may keep an AVU that has helped to rename it: %s", path, describe(error))


async def _remove(zone: Zone, aside: str, *, collection: bool) -> None:
    removing = requests.remove_collection(aside) if collection else requests.unlink(aside)
    try:
        await perform_once(zone, removing, has_effect=partial(is_gone, zone, aside))
    except ZONE_FAILURES as error:
        if errno_of(error) != errno.ENOENT:
            logger.warning("what was replaced stays behind as %s: %s", aside, describe(error))
