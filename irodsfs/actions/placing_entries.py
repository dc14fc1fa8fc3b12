"""Entries are copied and moved within their zone, without that their bytes pass here."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure, failed, missing
from irodsfs.actions.find_criteria import FindParameters, criteria_of
from irodsfs.actions.find_entries import found_below
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import Named, checked_path, resolve
from irodsfs.filesystem import posix_rename
from irodsfs.grid import data_objects, requests
from irodsfs.grid.at_most_once import is_there, perform_once
from irodsfs.grid.catalog_entries import Entry, find
from irodsfs.grid.error_kinds import is_taken
from irodsfs.grid.errors import ZONE_FAILURES
from irodsfs.grid.names import zone_of

TOGETHER = 20
"""Copies of one flight."""

Pair = tuple[str, str]
"""A path, and that of what shall be the copy."""


class Placing(Paths):
    target: str = Field(min_length=1, description="a collection to bring them into, or the path that one shall have")
    several: bool = Field(default=False, description="whether the target must be a collection that exists")
    overwrite: bool = Field(default=False, description="whether what is there may be replaced")
    dry_run: bool = Field(default=False, description="whether nothing is done but told what would be")


class Copying(Placing):
    recursive: bool = Field(default=False, description="collections, too, with all that is in them")


@action("cp", Copying, changes=True)
async def copy(workspace: Workspace, parameters: Copying) -> Records:
    """Copy entries within the zone; what exists is replaced only where that is wanted."""

    async def copied(source: Named, goal: str) -> Records:
        if source.is_collection and not parameters.recursive:
            raise Failure(source.path, "is a collection", "use --recursive to copy it with all that is in it")
        there = await _there(workspace, source, goal, parameters)
        if parameters.dry_run:
            yield _record(source.path, goal, replaced=there is not None)
        elif source.is_collection:
            async for record in _copy_tree(workspace, source, goal, parameters):
                yield record
        else:
            async for record in _copy_objects(workspace, [(source.path, goal)], overwrite=there is not None):
                yield record

    async for record in _each_placed(workspace, parameters, copied):
        yield record


@action("mv", Placing, changes=True)
async def move(workspace: Workspace, parameters: Placing) -> Records:
    """Rename or move entries; what exists is replaced only where that is wanted."""

    async def moved(source: Named, goal: str) -> Records:
        there = await _there(workspace, source, goal, parameters)
        if not parameters.dry_run:
            await move_one(workspace, source, goal, replaces=there is not None)
        yield _record(source.path, goal, replaced=there is not None)

    async for record in _each_placed(workspace, parameters, moved):
        yield record


async def _each_placed(workspace: Workspace, parameters: Placing, place: Callable[[Named, str], Records]) -> Records:
    """The records of bringing each source to its path; one that fails has its failure for a record."""
    async for placed in _placed(workspace, parameters):
        if isinstance(placed, Failure):
            yield placed.record
            continue
        source, goal = placed
        try:
            async for record in place(source, goal):
                yield record
        except Failure as failure:
            yield failure.record
        except ZONE_FAILURES as error:
            yield _failed(goal, error).record


async def move_one(workspace: Workspace, source: Named, goal: str, *, replaces: bool) -> None:
    """Rename to a name that is free, or whose data object or empty collection goes. Raises the zone's error."""
    zone = workspace.zone
    obstacle = posix_rename.in_the_way(source.path, goal)
    detour = obstacle is not None and await is_there(zone, obstacle)
    way = posix_rename.steps(source.path, goal, detour=detour)
    try:
        if not replaces:
            await posix_rename.move(zone, way, collection=source.is_collection)
        elif source.is_collection:
            await posix_rename.replace_collection(zone, way)
        else:
            await posix_rename.replace_object(zone, way, _nothing_more)
    finally:
        await workspace.mount.changed(source.path)
        await workspace.mount.changed(goal)


async def _nothing_more() -> None:
    """What takes the name keeps its own metadata and permissions."""


async def _placed(workspace: Workspace, parameters: Placing) -> AsyncGenerator[tuple[Named, str] | Failure]:
    """Each source with the path that it shall have. Raises `Failure` where the target is none for them."""
    target = await checked_path(workspace, parameters.target)
    if isinstance(target, Failure):
        raise target
    sources = await resolve(workspace, parameters)
    there = await find(workspace.zone, target)
    into = there is not None and there.is_collection
    if not into and (parameters.several or len(sources) > 1):
        raise _no_collection(target, there)
    goals: set[str] = set()
    for source in sources:
        if isinstance(source, Failure):
            yield source
            continue
        goal = posixpath.join(target, posixpath.basename(source.path)) if into else target
        wrong = _wrong(source, goal, goals)
        yield wrong if wrong is not None else (source, goal)
        goals.add(goal)


def _no_collection(target: str, there: Entry | None) -> Failure:
    if there is None:
        return missing(target)
    return Failure(target, "is not a collection", "name one to bring several entries into")


def _wrong(source: Named, goal: str, goals: set[str]) -> Failure | None:
    if goal == source.path:
        return Failure(goal, "is the same entry", "choose another target")
    if goal.startswith(f"{source.path.rstrip('/')}/"):
        return Failure(source.path, f"{goal} lies in it", "choose a target elsewhere")
    if goal in goals:
        return Failure(source.path, f"another one has just become {goal}", "choose another target")
    if zone_of(source.path) != zone_of(goal):
        return Failure(source.path, f"{goal} lies in another zone", "copy it through a mount of each")
    return None


async def _there(workspace: Workspace, source: Named, goal: str, parameters: Placing) -> Entry | None:
    """What is to be replaced. Raises `Failure` where something is there that is not."""
    there = await find(workspace.zone, goal)
    if there is None:
        return None
    if not parameters.overwrite:
        raise _exists(goal)
    if there.is_collection != source.is_collection:
        kind = "collection" if there.is_collection else "data object"
        raise Failure(goal, f"is a {kind}, and {source.path} is none", "choose another target")
    return there


def _exists(path: str) -> Failure:
    return Failure(path, "exists already", "choose another name, or use --overwrite", "TAKEN")


def _failed(goal: str, error: Exception) -> Failure:
    return _exists(goal) if is_taken(error) else failed(goal, error)


def _record(source: str, goal: str, *, replaced: bool) -> Record:
    return {"path": goal, "source": source, "replaced": replaced}


async def _copy_tree(workspace: Workspace, source: Named, goal: str, parameters: Copying) -> Records:
    """Records of the data objects and collections, collections before what is in them."""
    collections: list[Pair] = []
    objects: list[Pair] = []
    async with aclosing(found_below(workspace.zone, source, criteria_of(FindParameters()))) as batches:
        async for batch in batches:
            for entry in batch:
                pair = entry.path, goal + entry.path[len(source.path) :]
                (collections if entry.is_collection else objects).append(pair)
    for old, new in sorted(collections):
        yield _record(old, new, replaced=not await _make_collection(workspace, new, parameters))
    async for record in _copy_objects(workspace, sorted(objects), overwrite=parameters.overwrite):
        yield record


async def _make_collection(workspace: Workspace, path: str, parameters: Copying) -> bool:
    """False when there is one already, into which copies may be brought. Raises `Failure` or the zone's error."""
    zone = workspace.zone
    try:
        await perform_once(zone, requests.make_collection(path), has_effect=partial(is_there, zone, path))
    except ZONE_FAILURES as error:
        there = await find(zone, path) if is_taken(error) and parameters.overwrite else None
        if there is None or not there.is_collection:
            raise
        return False
    finally:
        await workspace.mount.changed(path)
    return True


async def _copy_objects(workspace: Workspace, pairs: Sequence[Pair], *, overwrite: bool) -> Records:
    """The server copies, and refuses to write into what is there, however new that is; then again where that may be."""
    for some in _parts(pairs):
        copies = [data_objects.copy(old, new, resource=workspace.resource) for old, new in some]
        replies = dict(zip(some, await workspace.zone.fly(*copies), strict=True))
        taken = [pair for pair, reply in replies.items() if reply.failed and is_taken(reply.failure())]
        if overwrite and taken:
            # On a resource where an object has no replica, none is overwritten: so none is named.
            again = [data_objects.copy(old, new, force=True) for old, new in taken]
            replies |= dict(zip(taken, await workspace.zone.fly(*again), strict=True))
        for (old, new), reply in replies.items():
            await workspace.mount.changed(new)
            if reply.failed:
                yield _failed(new, reply.failure()).record
            else:
                yield _record(old, new, replaced=(old, new) in taken)


def _parts(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), TOGETHER):
        yield pairs[start : start + TOGETHER]
