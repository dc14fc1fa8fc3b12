"""Entries with what belongs to them: replicas, permissions, AVUs."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from irods.models import Collection, CollectionAccess, CollectionMeta, DataAccess, DataObject, DataObjectMeta

from irodsfs.actions.action import Record
from irodsfs.actions.entry_rows import (
    COLLECTION_COLUMNS,
    REPLICA_COLUMNS,
    FoundEntry,
    Groups,
    collections_of,
    object_of,
)
from irodsfs.grid.catalog_entries import Scope
from irodsfs.grid.permissions import level_name, read_users
from irodsfs.grid.queries import Page, Query, Row
from irodsfs.grid.row_values import level_of
from irodsfs.grid.zone import Zone

_ACCESS_OF_COLLECTIONS = (Collection.id, CollectionAccess.user_id, CollectionAccess.type)
_ACCESS_OF_OBJECTS = (DataObject.id, DataAccess.user_id, DataAccess.type)
_AVUS_OF_COLLECTIONS = (
    Collection.id,
    CollectionMeta.id,
    CollectionMeta.name,
    CollectionMeta.value,
    CollectionMeta.units,
)
_AVUS_OF_OBJECTS = (DataObject.id, DataObjectMeta.id, DataObjectMeta.name, DataObjectMeta.value, DataObjectMeta.units)


@dataclass(frozen=True)
class Details:
    """By the ids of entries: who may do what, and AVUs, as records have them."""

    permissions: Mapping[str, list[Record]]
    avus: Mapping[str, list[Record]]

    def record(self, entry: FoundEntry) -> Record:
        """The entry with all of that."""
        id_ = str(entry.id)
        told = entry.record
        if entry.is_collection:
            told["inherits"] = entry.inherits
        else:
            told["replicas"] = [replica.record for replica in entry.replicas]
        return {**told, "permissions": self.permissions.get(id_, []), "avus": self.avus.get(id_, [])}


async def read_entries(zone: Zone, place: str, scope: Scope) -> list[FoundEntry]:
    """Entries by name, collections first. One flight."""
    collections, objects = await zone.query(*_main(scope, await zone.hint(place)))
    return _entries(collections, objects)


async def read_with_details(zone: Zone, place: str, scope: Scope) -> tuple[list[FoundEntry], Details]:
    """Entries, and all that belongs to them. Two flights: permissions name users by their numbers only."""
    options = await zone.hint(place)
    laid = (
        Query(_ACCESS_OF_COLLECTIONS, scope.collections, options=options),
        Query(_ACCESS_OF_OBJECTS, scope.objects, options=options),
        Query(_AVUS_OF_COLLECTIONS, scope.collections, options=options),
        Query(_AVUS_OF_OBJECTS, scope.objects, options=options),
    )
    collections, objects, *rows = await zone.query(*_main(scope, options), *laid)
    access = [*rows[0], *rows[1]]
    users = await read_users(zone, place, {user for _, user, _ in access})
    return _entries(collections, objects), Details(permissions_of(access, users), avus_by_id([*rows[2], *rows[3]]))


def _main(scope: Scope, options: Mapping[str, str]) -> tuple[Query, Query]:
    return (
        Query(COLLECTION_COLUMNS, scope.collections, options=options),
        Query(REPLICA_COLUMNS, scope.objects, options=options),
    )


def _entries(collections: list[Row], objects: list[Row]) -> list[FoundEntry]:
    found = [object_of(rows) for rows in Groups().add(Page(sorted(objects), 0))]
    return sorted(
        itertools.chain(collections_of(collections), filter(None, found)),
        key=lambda entry: (not entry.is_collection, entry.name),
    )


Users = Mapping[str, tuple[str, str, str, str]]


def permissions_of(rows: Iterable[Row], users: Users) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    named = sorted((users[user][:2], id_, level_of(level)) for id_, user, level in rows if user in users)
    for (user, zone), id_, level in named:
        found[id_].append({"user": user, "zone": zone, "level": level_name(level)})
    return found


def avus_by_id(rows: Iterable[Row]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for id_, _, attribute, value, units in sorted(rows, key=lambda row: int(row[1])):
        found[id_].append({"attribute": attribute, "value": value, "units": units})
    return found
