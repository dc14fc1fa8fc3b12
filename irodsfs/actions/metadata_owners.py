"""Whatever has metadata in a zone: entries, with all that is below them if wanted, users and resources."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from irods.column import Column
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta, Resource, ResourceMeta, User, UserMeta

from irodsfs.actions.action import Paths, Record, Records
from irodsfs.actions.action_failures import MISSING, Failure
from irodsfs.actions.find_criteria import FindParameters, criteria_of
from irodsfs.actions.find_entries import found_below
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import resolve
from irodsfs.grid.metadata import COLLECTION, DATA_OBJECT, RESOURCE, USER, Avu
from irodsfs.grid.queries import Query, Row, equal
from irodsfs.grid.zone import Zone

TOGETHER = 50
"""Owners of which one flight brings the metadata."""

MetadataTable = type[CollectionMeta | DataObjectMeta | UserMeta | ResourceMeta]


@dataclass(frozen=True)
class Owner:
    """`kind` as `grid.metadata` has it; `name` is the path of an entry, else that of a user or resource."""

    kind: str
    name: str

    @property
    def is_entry(self) -> bool:
        return self.kind in (COLLECTION, DATA_OBJECT)

    @property
    def record(self) -> Record:
        return {"path" if self.is_entry else self.kind: self.name}


async def owners(
    workspace: Workspace,
    asked: Paths,
    *,
    recursive: bool = False,
    users: Sequence[str] = (),
    resources: Sequence[str] = (),
) -> AsyncGenerator[list[Owner] | Failure]:
    """Some at a time, in the order of the paths or names; a failure in the place of one that names nothing.

    `recursive`: what is below the paths, too. With `users` or `resources`, those instead of the paths.
    """
    if users or resources:
        async for found in _named(workspace.zone, users, resources):
            yield found
        return
    entries: list[Owner] = []
    for named in await resolve(workspace, asked):
        if isinstance(named, Failure):
            yield named
        elif named.is_collection and recursive:
            async with aclosing(found_below(workspace.zone, named, criteria_of(FindParameters()))) as batches:
                async for batch in batches:
                    yield [Owner(COLLECTION if each.is_collection else DATA_OBJECT, each.path) for each in batch]
        else:
            entries.append(Owner(COLLECTION if named.is_collection else DATA_OBJECT, named.path))
    if entries:
        yield entries


async def to_each(found: AsyncGenerator[list[Owner] | Failure], act: Callable[[list[Owner]], Records]) -> Records:
    """What `act` tells of the owners, some at a time, and the failures in between."""
    async with aclosing(found) as batches:
        async for each in batches:
            if isinstance(each, Failure):
                yield each.record
                continue
            async with aclosing(act(each)) as records:
                async for record in records:
                    yield record


async def _named(zone: Zone, users: Sequence[str], resources: Sequence[str]) -> AsyncGenerator[list[Owner] | Failure]:
    """Users and resources that exist; servers answer changes for others with a mere SQL error."""
    queries = [Query((User.name,), _being_user(name)) for name in users]
    queries += [Query((Resource.name,), ((Resource.name, equal(name)),)) for name in resources]
    names = [(USER, name) for name in users] + [(RESOURCE, name) for name in resources]
    for (kind, name), rows in zip(names, await zone.query(*queries), strict=True):
        if rows:
            yield [Owner(kind, name)]
        else:
            yield Failure(name, f"the zone has no such {kind}", "check the name", MISSING)


def _being_user(name: str) -> tuple[tuple[Column, str], ...]:
    user, _, zone = name.partition("#")
    return ((User.name, equal(user)), *(((User.zone, equal(zone)),) if zone else ()))


async def avus_of_owners(zone: Zone, owners: Sequence[Owner]) -> list[tuple[Owner, list[Avu]]]:
    """Their metadata, in the order in which the zone made it. A flight for some of them each."""
    found: list[tuple[Owner, list[Avu]]] = []
    for start in range(0, len(owners), TOGETHER):
        some = owners[start : start + TOGETHER]
        # Entries of one collection are asked for together.
        by_place: dict[tuple[str, str], list[Owner]] = defaultdict(list)
        for owner in some:
            place = posixpath.dirname(owner.name) if owner.kind == DATA_OBJECT else owner.name
            by_place[owner.kind, place].append(owner)
        rows = await zone.query(*(_query(kind, place, each) for (kind, place), each in by_place.items()))
        avus: dict[Owner, list[tuple[int, Avu]]] = defaultdict(list)
        for ((kind, place), _), answered in zip(by_place.items(), rows, strict=True):
            for row in answered:
                avus[_owner(kind, place, row)].append((int(row[1]), Avu(*row[2:5])))
        found += [(owner, [avu for _, avu in sorted(avus[owner])]) for owner in some]
    return found


def _query(kind: str, place: str, owners: Sequence[Owner]) -> Query:
    if kind == DATA_OBJECT:
        conditions = [(Collection.name, equal(place))]
        if len(owners) == 1:
            conditions.append((DataObject.name, equal(posixpath.basename(owners[0].name))))
        return Query((DataObject.name, *_columns(DataObjectMeta)), tuple(conditions))
    if kind == COLLECTION:
        return Query((Collection.name, *_columns(CollectionMeta)), ((Collection.name, equal(place)),))
    if kind == USER:
        return Query((User.name, *_columns(UserMeta)), _being_user(place))
    return Query((Resource.name, *_columns(ResourceMeta)), ((Resource.name, equal(place)),))


def _owner(kind: str, place: str, row: Row) -> Owner:
    return Owner(kind, f"{place.rstrip('/')}/{row[0]}" if kind == DATA_OBJECT else place)


def _columns(table: MetadataTable) -> tuple[Column, ...]:
    return (table.id, table.name, table.value, table.units)
