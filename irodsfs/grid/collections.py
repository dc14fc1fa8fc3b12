"""Collections in full: everything that the catalog holds of one, and what is in it with owners."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from irods.api_number import api_number
from irods.column import Column, String
from irods.message import CollectionRequest, StringStringMap
from irods.models import Collection, DataObject

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import Query, Row, equal
from irodsfs.grid.zone import Zone

_TYPE = Column(String, "COLL_TYPE", 510)
_INFO1 = Column(String, "COLL_INFO1", 511)
_INFO2 = Column(String, "COLL_INFO2", 512)
_COLUMNS = (
    Collection.id,
    Collection.name,
    Collection.parent_name,
    Collection.owner_name,
    Collection.owner_zone,
    Collection.map_id,
    Collection.inheritance,
    Collection.comments,
    Collection.create_time,
    Collection.modify_time,
    _TYPE,
    _INFO1,
    _INFO2,
)
_CHILD_COLLECTION = (
    Collection.id,
    Collection.name,
    Collection.owner_name,
    Collection.owner_zone,
    Collection.create_time,
    Collection.modify_time,
)
_CHILD_OBJECT = (
    DataObject.id,
    DataObject.name,
    DataObject.owner_name,
    DataObject.owner_zone,
    DataObject.create_time,
    DataObject.modify_time,
    DataObject.size,
    DataObject.replica_number,
)


@dataclass(frozen=True)
class CollectionDetails:
    """A row of the catalog; times in seconds since 1970."""

    id: int
    path: str
    parent: str
    owner: str
    owner_zone: str
    map_id: str
    inherits: bool
    comments: str
    created: int
    modified: int
    type: str
    info1: str
    info2: str


@dataclass(frozen=True)
class Child:
    """A collection or data object in a collection; size in bytes, times in seconds since 1970."""

    id: int
    name: str
    is_collection: bool
    owner: str
    owner_zone: str
    created: int
    modified: int
    size: int = 0


async def read_collection(zone: Zone, path: str) -> CollectionDetails | None:
    """What the catalog holds of a collection; None when it is missing or hidden from the user."""
    (rows,) = await zone.query(collection_query(path))
    return collection_of(rows[0]) if rows else None


def collection_query(path: str) -> Query:
    """Asks for what the catalog holds of a collection."""
    return Query(_COLUMNS, ((Collection.name, equal(path)),))


def collection_of(row: Row) -> CollectionDetails:
    """What the catalog holds of a collection, of a row that a `collection_query` answered."""
    id_, path, parent, owner, owner_zone, map_id, inherits, comments, created, modified, kind, info1, info2 = row
    return CollectionDetails(
        int(id_), path, parent, owner, owner_zone, map_id, inherits == "1", comments,
        int(created), int(modified), kind, info1, info2,
    )  # fmt: skip


async def children(
    zone: Zone, path: str, *, collections: bool = True, objects: bool = True
) -> tuple[list[Child], list[Child]]:
    """The collections and the data objects directly in a collection, each by name; none of a kind not wanted."""
    wanted = [Query(_CHILD_COLLECTION, ((Collection.parent_name, equal(path)),))] if collections else []
    wanted += [Query(_CHILD_OBJECT, ((Collection.name, equal(path)),))] if objects else []
    found = iter(await zone.query(*wanted))
    collection_rows, object_rows = (next(found) if each else [] for each in (collections, objects))
    return await zone.pool.in_thread(
        lambda: (_by_name(_collections(collection_rows)), _by_name(_first_replicas(object_rows)))
    )


def _by_name(children: Iterable[Child]) -> list[Child]:
    return sorted(children, key=lambda child: child.name)


def _collections(rows: Iterable[Row]) -> Iterator[Child]:
    for id_, name, owner, owner_zone, created, modified in rows:
        if name != "/":
            yield Child(int(id_), posixpath.basename(name), True, owner, owner_zone, int(created), int(modified))


def _first_replicas(rows: Iterable[Row]) -> list[Child]:
    lowest_first = sorted(rows, key=lambda row: int(row[-1]), reverse=True)
    by_id = {
        id_: Child(int(id_), name, False, owner, owner_zone, int(created), int(modified), int(size))
        for id_, name, owner, owner_zone, created, modified, size, _ in lowest_first
    }
    return list(by_id.values())


def make_with_parents(path: str) -> Request:
    """Create a collection and those above it that are missing (681)."""
    keywords = StringStringMap({"recursiveOpr": ""})
    message = CollectionRequest(collName=path, KeyValPair_PI=keywords)
    return Request(api_number["COLL_CREATE_AN"], message, conditional=True)


def remove_tree(path: str, *, trash: bool) -> Request:
    """Remove a collection with all that is in it (679), into the trash or for good."""
    keywords = {"recursiveOpr": ""} if trash else {"recursiveOpr": "", "forceFlag": ""}
    message = CollectionRequest(collName=path, flags=0, oprType=0, KeyValPair_PI=StringStringMap(keywords))
    return Request(api_number["RM_COLL_AN"], message, by_path=True)
