"""How much is in collections: sums that the zone makes, whatever their depth."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from irods.models import Collection, DataObject
from pydantic import Field

from irodsfs.actions.action import Paths, Record, Records, action
from irodsfs.actions.action_failures import Failure
from irodsfs.actions.entry_details import read_entries
from irodsfs.actions.entry_rows import REPLICA_COLUMNS, Groups, object_of
from irodsfs.actions.list_entries import alone
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import Named, resolve
from irodsfs.grid.catalog_entries import Condition
from irodsfs.grid.queries import SELECT, SELECT_COUNT, SELECT_SUM, Query, equal, starts_with
from irodsfs.grid.zone import Zone


class UsageParameters(Paths):
    """What `du` takes."""

    max_depth: int = Field(default=0, ge=0, description="how far below each path collections are told one by one")


@dataclass
class Usage:
    """What is in a collection at any depth: bytes, data objects (whatever their replicas), and collections."""

    size: int = 0
    data_objects: int = 0
    collections: int = 0


@action("du", UsageParameters)
async def du(workspace: Workspace, parameters: UsageParameters) -> Records:
    """Tell how many bytes, data objects and collections are in collections, at any depth."""
    for named in await resolve(workspace, parameters):
        if isinstance(named, Failure):
            yield named.record
            continue
        if not named.is_collection:
            for entry in await read_entries(workspace.zone, named.path, alone(named)):
                yield _record(entry.path, Usage(entry.best.size, 1))
            continue
        found = await usages(workspace.zone, named, parameters.max_depth)
        for path in sorted(found):
            yield _record(path, found[path])


def _record(path: str, usage: Usage) -> Record:
    return {
        "path": path,
        "size": usage.size,
        "data_objects": usage.data_objects,
        "collections": usage.collections,
    }


class _Sums:
    """Sums for a collection and for those down to some depth below it, each with what is deeper."""

    def __init__(self, root: str, depth: int) -> None:
        self._root = root
        self._depth = depth
        self.usages: dict[str, Usage] = defaultdict(Usage)
        self.usages[root] = Usage()

    def add_objects(self, collection: str, size: int, number: int) -> None:
        for path in self._told(collection):
            self.usages[path].size += size
            self.usages[path].data_objects += number

    def add_collection(self, collection: str) -> None:
        for path in self._told(collection):
            self.usages[path].collections += path != collection

    def _told(self, collection: str) -> list[str]:
        names = (
            collection.removeprefix(self._root.rstrip("/")).strip("/").split("/") if collection != self._root else []
        )
        return [posixpath.join(self._root, *names[:end]) for end in range(min(len(names), self._depth) + 1)]


async def usages(zone: Zone, root: Named, depth: int) -> dict[str, Usage]:
    """By path, for a collection and those down to some depth below it.

    One flight where objects have one replica each; where they have more, their replicas are gone through.
    """
    options = await zone.hint(root.path)
    # Not in one condition: the server overlooks what stands between two of them when a path holds quotes.
    places = (
        ((Collection.name, equal(root.path)),),
        ((Collection.name, starts_with(root.path.rstrip("/") + "/")),),
    )
    sums = _Sums(root.path, depth)
    in_collections, *by_replica = await zone.query(
        _collections(places[1], depth, options), *(_by_replica(place, depth, options) for place in places)
    )
    if depth:
        for (path,) in in_collections:
            sums.add_collection(path)
    else:
        sums.usages[root.path].collections = sum(int(number or 0) for (number,) in in_collections)
    rows = [row for rows in by_replica for row in rows]
    if any(int(replica or 0) for _, _, replica, *_ in rows):
        await _add_one_by_one(zone, places, options, sums)
        return dict(sums.usages)
    for size, number, _, *collection in rows:
        sums.add_objects(collection[0] if collection else root.path, int(size or 0), int(number or 0))
    return dict(sums.usages)


def _collections(place: tuple[Condition, ...], depth: int, options: Mapping[str, str]) -> Query:
    if depth:
        return Query((Collection.name,), place, options=options)
    return Query((Collection.id,), place, flags=(SELECT_COUNT,), options=options)


def _by_replica(place: tuple[Condition, ...], depth: int, options: Mapping[str, str]) -> Query:
    """Sums and counts of replicas with the same number, for each collection where that is wanted."""
    columns = (DataObject.size, DataObject.id, DataObject.replica_number)
    flags = (SELECT_SUM, SELECT_COUNT, SELECT)
    if depth:
        return Query((*columns, Collection.name), place, flags=(*flags, SELECT), options=options)
    return Query(columns, place, flags=flags, options=options)


async def _add_one_by_one(
    zone: Zone, places: tuple[tuple[Condition, ...], ...], options: Mapping[str, str], sums: _Sums
) -> None:
    groups = [Groups() for _ in places]
    queries = [Query(REPLICA_COLUMNS, place, options=options) for place in places]
    async with aclosing(zone.arriving(*queries)) as flights:
        async for pages in flights:
            for group, page in zip(groups, pages, strict=True):
                for entry in map(object_of, group.add(page)):
                    if entry is not None:
                        sums.add_objects(posixpath.dirname(entry.path), entry.best.size, 1)
