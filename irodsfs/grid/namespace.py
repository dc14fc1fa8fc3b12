"""Collections and data objects as the catalog of the zone lists them, permissions of the mount's user included."""

from __future__ import annotations

import itertools
import posixpath
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from irods.column import Column
from irods.models import Collection, CollectionAccess, DataAccess, DataObject
from irods.models import Zone as ZoneTable

from irodsfs.grid import posix_attributes
from irodsfs.grid.access_levels import OWN, READ_OBJECT
from irodsfs.grid.queries import (
    FIRST_PAGE_ROWS,
    MORE_WAS_THERE,
    SELECT_COUNT,
    Query,
    Row,
    equal,
    one_of,
    starts_with,
)
from irodsfs.grid.zone import Zone

CLOCK_REALTIME_COARSE = 5
"""Number of a clock of Linux that `time` has no name for."""

STALE, GOOD, INTERMEDIATE = 0, 1, 2
_PREFERENCE = {GOOD: 3, STALE: 1, INTERMEDIATE: 0}
_LOCKED_PREFERENCE = 2


@dataclass(slots=True)
class Entry:
    """A collection or data object: catalog id, size in bytes, times in ns, the user's access level (0: none).

    `mode` (permission bits) and `link_target` (of a symbolic link) are known to mounts that keep such things as AVUs.
    """

    id: int
    path: str
    is_collection: bool
    size: int
    modified_ns: int
    created_ns: int
    access: int
    checksum: str = ""
    mode: int | None = None
    link_target: str | None = None

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


_unknown_ids = itertools.count(-1, -1)


def now_ns() -> int:
    """The time of a change in ns, by the clock of the kernel for `touch`: no change looks older than an earlier one."""
    return time.clock_gettime_ns(CLOCK_REALTIME_COARSE)


def made_now(path: str, *, is_collection: bool) -> Entry:
    """An entry that we have just made: empty, ours, and with a negative id until the zone is asked for the real one."""
    now = now_ns()
    return Entry(next(_unknown_ids), path, is_collection, 0, now, now, OWN)


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


@dataclass(frozen=True)
class Scope:
    """Which collections and which data objects a query is about."""

    collections: tuple[Condition, ...]
    objects: tuple[Condition, ...]


async def list_collection(zone: Zone, path: str, *, posix: bool = False) -> list[Entry]:
    """What is directly in a collection, in one flight (and one more per further page of a large one).

    Here and below, `posix` brings modes and link targets along in the same flight.
    """
    if path == "/":
        return await _zones(zone)
    entries = await _select(zone, _directly_in(equal(path)), posix=posix)
    return _with_top_collections(zone, path, entries or [])


async def list_small_collection(zone: Zone, path: str, *, posix: bool = False) -> list[Entry] | None:
    """What is directly in a collection, in exactly one flight; None when that is too much for one."""
    if path == "/":
        return await _zones(zone)
    entries = await _select(zone, _directly_in(equal(path)), limit=FIRST_PAGE_ROWS, posix=posix)
    return None if entries is None else _with_top_collections(zone, path, entries)


async def list_collections(zone: Zone, paths: Iterable[str], limit: int, *, posix: bool = False) -> list[Entry] | None:
    """What is directly in several collections, in one flight; None when there is more than `limit` rows of it.

    The paths must hold no single quotes, which the server can't read in a list.
    """
    return await _select(zone, _directly_in(one_of(paths)), limit=limit, posix=posix)


async def list_below(zone: Zone, path: str, limit: int, *, posix: bool = False) -> list[Entry] | None:
    """The subtree of a collection, but for its own data objects; None when there is more than `limit` rows of it."""
    below = ((Collection.name, starts_with(f"{path}/")),)
    if await _count_objects(zone, below) > limit:
        return None
    return await _select(zone, Scope(below, below), limit=limit, posix=posix)


async def find(zone: Zone, path: str, *, posix: bool = False) -> Entry | None:
    """The collection or data object at a path, in one flight; None when it is missing (or hidden from the user)."""
    if path == "/":
        return _top_collection("/")
    parent, name = posixpath.split(path)
    scope = Scope(((Collection.name, equal(path)),), ((Collection.name, equal(parent)), (DataObject.name, equal(name))))
    found = await _select(zone, scope, posix=posix)
    tops = [top for top in _top_collections(zone, parent) if top.path == path]
    return next(iter(found or tops), None)


def _directly_in(collection: str) -> Scope:
    return Scope(((Collection.parent_name, collection),), ((Collection.name, collection),))


async def _count_objects(zone: Zone, below: tuple[Condition, ...]) -> int:
    ((row,),) = await zone.query(Query((DataObject.id,), below, flags=(SELECT_COUNT,)))
    return int(row[0])


async def _select(zone: Zone, scope: Scope, limit: int | None = None, *, posix: bool = False) -> list[Entry] | None:
    """Entries with the user's access to them; None when there are more than `limit` rows."""
    own = one_of(zone.identity.ids)
    collections = partial(_query, limit, scope.collections, (CollectionAccess.user_id, own))
    objects = partial(_query, limit, scope.objects, (DataAccess.user_id, own))
    kept = _posix_queries(limit, scope) if posix else []
    if zone.identity.sees_more_than_permitted:
        pages = await zone.pages(
            collections(_COLLECTION_COLUMNS, of_own=False),
            objects(_REPLICA_COLUMNS, of_own=False),
            collections((Collection.id, CollectionAccess.type)),
            objects((DataObject.id, DataAccess.type)),
            *kept,
        )
        levels = _highest([*pages[2].rows, *pages[3].rows])
        assumed = zone.identity.assumed_access
        collection_rows = [(*row, levels.get(row[0], assumed)) for row in pages[0].rows]
        replica_rows = [(*row, levels.get(row[0], assumed)) for row in pages[1].rows]
    else:
        pages = await zone.pages(
            collections((*_COLLECTION_COLUMNS, CollectionAccess.type)),
            objects((*_REPLICA_COLUMNS, DataAccess.type)),
            *kept,
        )
        collection_rows = [(*row[:-1], int(row[-1])) for row in pages[0].rows]
        replica_rows = [(*row[:-1], int(row[-1])) for row in pages[1].rows]
    if any(page.continuation == MORE_WAS_THERE for page in pages):
        return None
    entries = [*_collections(collection_rows), *_data_objects(replica_rows)]
    if posix:
        _lay_posix_attributes(entries, [*pages[-2].rows, *pages[-1].rows])
    return entries


def _posix_queries(limit: int | None, scope: Scope) -> list[Query]:
    return [
        _query(limit, scope.collections, posix_attributes.OF_COLLECTIONS, posix_attributes.COLLECTION_COLUMNS),
        _query(limit, scope.objects, posix_attributes.OF_OBJECTS, posix_attributes.OBJECT_COLUMNS),
    ]


def _lay_posix_attributes(entries: list[Entry], rows: list[Row]) -> None:
    modes, targets = posix_attributes.modes(rows), posix_attributes.targets(rows)
    for entry in entries:
        entry.mode = modes.get(entry.id)
        entry.link_target = None if entry.is_collection else targets.get(entry.id)


def _query(
    limit: int | None, scope: tuple[Condition, ...], own: Condition, columns: tuple[Column, ...], *, of_own: bool = True
) -> Query:
    conditions = (*scope, own) if of_own else scope
    return Query(columns, conditions, max_rows=limit or FIRST_PAGE_ROWS, whole=limit is None)


def _collections(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for id_, path, modified, created, level in rows:
        entry = entries.get(path)
        if entry is None:
            entries[path] = Entry(int(id_), path, True, 0, _nanoseconds(modified), _nanoseconds(created), level)
        else:
            entry.access = max(entry.access, level)
    entries.pop("/", None)
    return list(entries.values())


def _data_objects(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    best: dict[str, tuple[int, Entry]] = {}
    for id_, collection, name, number, size, status, modified, created, checksum, level in rows:
        rank = _PREFERENCE.get(int(status), _LOCKED_PREFERENCE) * 1_000_000 - int(number)
        known = best.get(id_)
        if known is not None:
            level = known[1].access = max(known[1].access, level)
        if known is None or rank > known[0]:
            path = posixpath.join(collection, name)
            times = _nanoseconds(modified), _nanoseconds(created)
            best[id_] = (rank, Entry(int(id_), path, False, int(size), *times, level, checksum))
    return [entry for _, entry in best.values()]


def _nanoseconds(catalog_time: str) -> int:
    return int(catalog_time) * 1_000_000_000


def _highest(rows: Iterable[Row]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for id_, level in rows:
        # Ids are unique across collections and data objects.
        levels[id_] = max(levels.get(id_, 0), int(level))
    return levels


async def _zones(zone: Zone) -> list[Entry]:
    (rows,) = await zone.query(Query((ZoneTable.name,)))
    return [_top_collection(f"/{name}") for (name,) in rows]


def _with_top_collections(zone: Zone, path: str, entries: list[Entry]) -> list[Entry]:
    known = {entry.path for entry in entries}
    return entries + [top for top in _top_collections(zone, path) if top.path not in known]


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
