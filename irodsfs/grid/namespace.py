"""Collections and data objects as the catalog of the zone lists them, permissions of the mount's user included."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from irods.column import Column
from irods.models import Collection, CollectionAccess, DataAccess, DataObject
from irods.models import Zone as ZoneTable

from irodsfs.grid.queries import Query, Row, equal, one_of
from irodsfs.grid.zone import Zone

READ_OBJECT = 1050
CREATE_OBJECT = 1110
MODIFY_OBJECT = 1120
DELETE_OBJECT = 1130
OWN = 1200

STALE, GOOD, INTERMEDIATE = 0, 1, 2
_PREFERENCE = {GOOD: 3, STALE: 1, INTERMEDIATE: 0}
_LOCKED_PREFERENCE = 2


@dataclass(slots=True)
class Entry:
    """A collection or data object: catalog id, size in bytes, times in ns, the user's access level (0: none)."""

    id: int
    path: str
    is_collection: bool
    size: int
    modified_ns: int
    created_ns: int
    access: int
    checksum: str = ""

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


Condition = tuple[Column, str]

_COLLECTION_COLUMNS = (Collection.id, Collection.name, Collection.modify_time, Collection.create_time)
_REPLICA_COLUMNS = (
    DataObject.id,
    Collection.name,
    DataObject.name,
    DataObject.replica_number,
    DataObject.size,
    DataObject.replica_status,
    DataObject.modify_time,
    DataObject.create_time,
    DataObject.checksum,
)


async def list_collection(zone: Zone, path: str) -> list[Entry]:
    """What is directly in a collection, in one flight whatever its size."""
    if path == "/":
        return await _zones(zone)
    entries = await _select(zone, [(Collection.parent_name, equal(path))], [(Collection.name, equal(path))])
    known = {entry.path for entry in entries}
    return entries + [top for top in _top_collections(zone, path) if top.path not in known]


async def find(zone: Zone, path: str) -> Entry | None:
    """The collection or data object at a path, in one flight; None when it is missing (or hidden from the user)."""
    if path == "/":
        return _top_collection("/")
    parent, name = posixpath.split(path)
    found = await _select(
        zone,
        [(Collection.name, equal(path))],
        [(Collection.name, equal(parent)), (DataObject.name, equal(name))],
    )
    tops = [top for top in _top_collections(zone, parent) if top.path == path]
    return next(iter(found or tops), None)


async def _select(zone: Zone, collections: list[Condition], objects: list[Condition]) -> list[Entry]:
    own = one_of(zone.identity.ids)
    collection_rows, replica_rows, collection_access, object_access = await zone.query(
        Query(_COLLECTION_COLUMNS, tuple(collections)),
        Query(_REPLICA_COLUMNS, tuple(objects)),
        Query((Collection.id, CollectionAccess.type), (*collections, (CollectionAccess.user_id, own))),
        Query((DataObject.id, DataAccess.type), (*objects, (DataAccess.user_id, own))),
    )
    return [
        *_collections(collection_rows, _highest(collection_access)),
        *_data_objects(replica_rows, _highest(object_access)),
    ]


def _collections(rows: Iterable[Row], access: dict[str, int]) -> list[Entry]:
    return [
        Entry(int(id_), path, True, 0, _nanoseconds(modified), _nanoseconds(created), access.get(id_, 0))
        for id_, path, modified, created in rows
        if path != "/"
    ]


def _data_objects(rows: Iterable[Row], access: dict[str, int]) -> list[Entry]:
    best: dict[str, tuple[int, Entry]] = {}
    for id_, collection, name, number, size, status, modified, created, checksum in rows:
        rank = _PREFERENCE.get(int(status), _LOCKED_PREFERENCE) * 1_000_000 - int(number)
        if id_ not in best or rank > best[id_][0]:
            entry = Entry(
                int(id_),
                posixpath.join(collection, name),
                False,
                int(size),
                _nanoseconds(modified),
                _nanoseconds(created),
                access.get(id_, 0),
                checksum,
            )
            best[id_] = (rank, entry)
    return [entry for _, entry in best.values()]


def _nanoseconds(catalog_time: str) -> int:
    return int(catalog_time) * 1_000_000_000


def _highest(rows: Iterable[Row]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for id_, level in rows:
        levels[id_] = max(levels.get(id_, 0), int(level))
    return levels


async def _zones(zone: Zone) -> list[Entry]:
    (rows,) = await zone.query(Query((ZoneTable.name,)))
    return [_top_collection(f"/{name}") for (name,) in rows]


def _top_collections(zone: Zone, parent: str) -> list[Entry]:
    """Collections that every zone has but may hide from its users, although what they may see lies below them."""
    root = f"/{zone.identity.zone}"
    tops = {
        "/": [root],
        root: [f"{root}/home", f"{root}/trash"],
        f"{root}/trash": [f"{root}/trash/home"],
    }
    return [_top_collection(path) for path in tops.get(parent, [])]


def _top_collection(path: str) -> Entry:
    return Entry(0, path, True, 0, 0, 0, READ_OBJECT)
