"""Collections and data objects as the catalog of the zone lists them, permissions of the mount's user included."""

from __future__ import annotations

import itertools
import posixpath
import re
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from irods.column import Column, String
from irods.models import Collection, CollectionAccess, DataAccess, DataObject

from irodsfs.grid import posix_avus
from irodsfs.grid.access_levels import OWN, READ_OBJECT
from irodsfs.grid.identities import Identity
from irodsfs.grid.links import Version, encoded, told_by_checksum
from irodsfs.grid.paging import ArrivedRows
from irodsfs.grid.queries import (
    FIRST_PAGE_ROWS,
    MORE_WAS_THERE,
    SELECT_COUNT,
    Query,
    Row,
    data_object_at,
    equal,
    one_of,
    starts_with,
)
from irodsfs.grid.row_values import NANOSECONDS as NANOSECONDS
from irodsfs.grid.row_values import also, leave_out, level_of, nanoseconds, natural, require_path
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
    `resources` are the ids of those with a good replica, none where they are not known.
    `special` is the type of a collection whose content is elsewhere: a soft link, or one that is mounted (`imcoll`).
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
    special: str = ""
    resources: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)

    @property
    def is_file(self) -> bool:
        return not self.is_collection and self.link_target is None

    def is_same(self, other: Entry) -> bool:
        """Whether both are about one collection or data object; ids of what this mount has made are not known."""
        return self.is_collection == other.is_collection and (self.id == other.id or min(self.id, other.id) < 0)


_unknown_ids = itertools.count(-1, -1)


def now_ns() -> int:
    """The time of a change in ns, by the clock of the kernel for `touch`: no change looks older than an earlier one."""
    return time.clock_gettime_ns(CLOCK_REALTIME_COARSE)


def made_now(path: str, *, is_collection: bool) -> Entry:
    """An entry that we have just made: empty, ours, and with a negative id until the zone is asked for the real one."""
    now = now_ns()
    return Entry(next(_unknown_ids), path, is_collection, 0, now, now, OWN)


Condition = tuple[Column, str]

TYPE = Column(String, "COLL_TYPE", 510)
SPECIAL_TYPES = re.compile("linkPoint|mountPoint|.*StructFile")
"""Types of collections whose content is not that of the catalog."""

_COLLECTION_COLUMNS = (Collection.id, Collection.name, Collection.modify_time, Collection.create_time, TYPE)
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
    DataObject.resc_id,
)
_COLLECTION_LEVEL = (Collection.id, CollectionAccess.type)
_OBJECT_LEVEL = (DataObject.id, DataAccess.type)


@dataclass(frozen=True)
class Scope:
    """Which collections and which data objects a query is about."""

    collections: tuple[Condition, ...]
    objects: tuple[Condition, ...]


async def list_collection(
    zone: Zone, path: str, *, posix: bool = False
) -> AsyncGenerator[tuple[list[Entry], bool], None]:
    """What is directly in a collection, page after page, and whether more will follow.

    One flight for each page, for what is small one alone. Here and below, `posix` brings modes and link targets along
    in the same flight.
    """
    if path == "/":
        yield await _list_root(zone, posix=posix), False
        return
    selection = _selection(await zone.identity_at(path), _directly_in(equal(path)), posix=posix)
    missing = {top.path: top for top in await _top_collections(zone, path)}
    async with aclosing(_arriving(zone, selection)) as pages:
        async for entries, more in pages:
            for path in missing.keys() & {entry.path for entry in entries} if missing else ():
                del missing[path]
            yield (entries, more) if more else (entries + list(missing.values()), False)


async def list_small_collection(zone: Zone, path: str, *, posix: bool = False) -> list[Entry] | None:
    """What is directly in a collection, in exactly one flight; None when that is too much for one."""
    if path == "/":
        return await _list_root(zone, posix=posix)
    entries = await _select(zone, path, _directly_in(equal(path)), limit=FIRST_PAGE_ROWS, posix=posix)
    if entries is None:
        return None
    known = {entry.path for entry in entries}
    return entries + [top for top in await _top_collections(zone, path) if top.path not in known]


async def list_collections(zone: Zone, paths: Sequence[str], limit: int, *, posix: bool = False) -> list[Entry] | None:
    """What is directly in several collections, in one flight; None when there is more than `limit` rows of it.

    The paths must lie in one zone, and hold no single quotes, which the server can't read in a list.
    """
    return await _select(zone, paths[0], _directly_in(one_of(paths)), limit=limit, posix=posix)


async def list_below(zone: Zone, path: str, limit: int, *, posix: bool = False) -> list[Entry] | None:
    """The subtree of a collection, but for its own data objects; None when there is more than `limit` rows of it."""
    below = ((Collection.name, starts_with(f"{path}/")),)
    if await _count_objects(zone, below) > limit:
        return None
    return await _select(zone, path, Scope(below, below), limit=limit, posix=posix)


async def find(zone: Zone, path: str, *, posix: bool = False) -> Entry | None:
    """The collection or data object at a path, in one flight; None when it is missing (or hidden from the user)."""
    if path == "/":
        return _hidden_collection("/")
    scope = Scope(((Collection.name, equal(path)),), data_object_at(path))
    found = await _select(zone, path, scope, posix=posix)
    if found:
        return found[0]
    return next((top for top in await _top_collections(zone, posixpath.dirname(path), path) if top.path == path), None)


def _directly_in(collection: str) -> Scope:
    return Scope(((Collection.parent_name, collection),), ((Collection.name, collection),))


async def _count_objects(zone: Zone, below: tuple[Condition, ...]) -> int:
    ((row,),) = await zone.query(Query((DataObject.id,), below, flags=(SELECT_COUNT,)))
    return int(row[0])


@dataclass(frozen=True)
class _Selection:
    """The queries that bring entries: rows of collections and of replicas, and what is laid over them by id."""

    identity: Identity
    main: tuple[Query, Query]
    levels: tuple[Query, ...]
    posix: tuple[Query, ...]

    @property
    def queries(self) -> tuple[Query, ...]:
        return (*self.main, *self.levels, *self.posix)

    def entries(self, collections: list[Row], replicas: list[Row], laid: Sequence[list[Row]]) -> list[Entry]:
        """`laid` are the rows of the other queries."""
        level_rows, posix_rows = laid[: len(self.levels)], laid[len(self.levels) :]
        levels = _highest(itertools.chain(*level_rows))
        entries = [
            *_collections(self._leveled(collections, len(_COLLECTION_COLUMNS), levels)),
            *_data_objects(self._leveled(replicas, len(_REPLICA_COLUMNS), levels)),
        ]
        if self.posix:
            _lay_posix_attributes(entries, list(itertools.chain(*posix_rows)))
        return entries

    def _leveled(self, rows: list[Row], width: int, levels: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
        """The first `width` columns, and the user's access level."""
        if self.identity.assumed_access is not None:
            return ((*row, levels.get(row[0], self.identity.assumed_access)) for row in rows)
        if self.identity.is_administrator:
            own = self.identity.ids
            return ((*row[:width], level_of(row[width]) if row[width + 1] in own else 0) for row in rows)
        return ((*row[:width], level_of(row[width])) for row in rows)


def _selection(identity: Identity, scope: Scope, limit: int | None = None, *, posix: bool = False) -> _Selection:
    """Entries with the user's access to them; at most `limit` rows of each query."""
    own = one_of(identity.ids)
    query = partial(_query, limit)
    kept = _posix_queries(limit, scope) if posix else ()
    if identity.assumed_access is not None:
        of_own = (*scope.collections, (CollectionAccess.user_id, own)), (*scope.objects, (DataAccess.user_id, own))
        levels = query(of_own[0], _COLLECTION_LEVEL), query(of_own[1], _OBJECT_LEVEL)
        main = query(scope.collections, _COLLECTION_COLUMNS), query(scope.objects, _REPLICA_COLUMNS)
        return _Selection(identity, main, levels, kept)
    if identity.is_administrator:
        # Whoever may see everything is told everybody's permissions and finds its own among them.
        return _Selection(
            identity,
            (
                query(scope.collections, (*_COLLECTION_COLUMNS, CollectionAccess.type, CollectionAccess.user_id)),
                query(scope.objects, (*_REPLICA_COLUMNS, DataAccess.type, DataAccess.user_id)),
            ),
            (),
            kept,
        )
    return _Selection(
        identity,
        (
            query((*scope.collections, (CollectionAccess.user_id, own)), (*_COLLECTION_COLUMNS, CollectionAccess.type)),
            query((*scope.objects, (DataAccess.user_id, own)), (*_REPLICA_COLUMNS, DataAccess.type)),
        ),
        (),
        kept,
    )


async def _select(
    zone: Zone, path: str, scope: Scope, limit: int | None = None, *, posix: bool = False
) -> list[Entry] | None:
    """Entries with the user's access to them, in the zone of a path; None when there are more than `limit` rows."""
    selection = _selection(await zone.identity_at(path), scope, limit, posix=posix)
    collections, replicas, *laid = await zone.pages(*selection.queries)
    if any(page.continuation == MORE_WAS_THERE for page in (collections, replicas, *laid)):
        return None
    laid_rows = [page.rows for page in laid]
    entries = await zone.pool.in_thread(partial(selection.entries, collections.rows, replicas.rows, laid_rows))
    await _confirm_links(zone, entries)
    return entries


async def _arriving(zone: Zone, selection: _Selection) -> AsyncGenerator[tuple[list[Entry], bool], None]:
    collections, replicas = ArrivedRows(), ArrivedRows()
    laid: list[list[Row]] = [[] for _ in (*selection.levels, *selection.posix)]
    async with aclosing(zone.arriving(*selection.queries)) as flights:
        async for pages in flights:
            collections.add(pages[0])
            replicas.add(pages[1])
            for known, more in zip(laid, pages[2:], strict=True):
                known.extend(more.rows)
            if any(more.continuation > 0 for more in pages[2:]):
                # What is laid over entries must be known before they are.
                continue
            entries = await zone.pool.in_thread(partial(selection.entries, collections.take(), replicas.take(), laid))
            await _confirm_links(zone, entries)
            yield entries, collections.more or replicas.more


def _posix_queries(limit: int | None, scope: Scope) -> tuple[Query, Query]:
    of_collections = (*scope.collections, posix_avus.OF_COLLECTIONS)
    of_objects = (*scope.objects, posix_avus.OF_OBJECTS)
    return (
        _query(limit, of_collections, posix_avus.COLLECTION_COLUMNS),
        _query(limit, of_objects, posix_avus.OBJECT_COLUMNS),
    )


def _lay_posix_attributes(entries: list[Entry], rows: list[Row]) -> None:
    modes, targets = posix_avus.modes(rows), posix_avus.targets(rows)
    for entry in entries:
        entry.mode = modes.get(entry.id)
        if not entry.is_collection:
            # The size tells already of most that they are no links.
            fitting = (each for each in targets.get(entry.id, ()) if len(encoded(each)) == entry.size)
            entry.link_target = next(fitting, None)


async def _confirm_links(zone: Zone, entries: list[Entry]) -> None:
    claims = [
        (entry, Version(entry.id, entry.modified_ns, entry.link_target))
        for entry in entries
        if entry.link_target is not None and not told_by_checksum(entry.link_target, entry.checksum)
    ]
    if not claims:
        return
    confirmed = await zone.links.confirm([(entry.path, version) for entry, version in claims])
    for (entry, _), is_link in zip(claims, confirmed, strict=True):
        if not is_link:
            entry.link_target = None


def _query(limit: int | None, conditions: tuple[Condition, ...], columns: tuple[Column, ...]) -> Query:
    return Query(columns, conditions, max_rows=limit or FIRST_PAGE_ROWS, whole=limit is None)


def _collections(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for row in rows:
        id_, path, modified, created, kind, level = row
        special = kind if SPECIAL_TYPES.fullmatch(kind) else ""
        entry = entries.get(path)
        if entry is not None:
            entry.access = 0 if special else max(entry.access, level)
        elif path != "/":
            try:
                times = nanoseconds(modified), nanoseconds(created)
                entries[path] = Entry(natural(id_), require_path(path), True, 0, *times, 0 if special else level)
                entries[path].special = special
            except ValueError as error:
                leave_out(row, error)
    return list(entries.values())


def _data_objects(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    best: dict[str, tuple[int, Entry]] = {}
    good: dict[str, tuple[int, ...]] = {}
    for row in rows:
        id_, collection, name, number, size, status, modified, created, checksum, resource, level = row
        try:
            rank = _PREFERENCE.get(natural(status), _LOCKED_PREFERENCE) * 1_000_000 - natural(number)
            known = best.get(id_)
            if known is not None:
                level = known[1].access = max(known[1].access, level)
            if natural(status) == GOOD:
                good[id_] = also(good.get(id_, ()), resource)
            if known is None or rank > known[0]:
                path = require_path(f"{collection}/{name}", name=name)  # the root collection has no data objects
                times = nanoseconds(modified), nanoseconds(created)
                best[id_] = (rank, Entry(natural(id_), path, False, natural(size), *times, level, checksum))
        except ValueError as error:
            leave_out(row, error)
    for id_, (_, entry) in best.items():
        entry.resources = good.get(id_, ())
    return [entry for _, entry in best.values()]


def _highest(rows: Iterable[Row]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for id_, level in rows:
        # Ids are unique across collections and data objects.
        levels[id_] = max(levels.get(id_, 0), level_of(level))
    return levels


async def _list_root(zone: Zone, *, posix: bool) -> list[Entry]:
    """The collections of the zones, also of those that show the user nothing of them."""
    entries = await _select(zone, "/", _directly_in(equal("/")), posix=posix) or []
    # Of another zone's collection our own catalog does not know who may do what.
    known = {entry.path: entry for entry in entries if zone.holds(entry.path)}
    return [known.get(path) or _hidden_collection(path) for path in map("/{}".format, await zone.zones())]


async def _top_collections(zone: Zone, parent: str, path: str = "") -> list[Entry]:
    """Collections that every zone has but may hide from its users, although what they may see lies below them.

    Those in `parent`; of zones, the one of `path`.
    """
    root = f"/{await zone.zone_at(path or parent)}"
    tops = {"/": [root], root: [f"{root}/home", f"{root}/trash"], f"{root}/trash": [f"{root}/trash/home"]}
    return [_hidden_collection(path) for path in tops.get(parent, [])]


def _hidden_collection(path: str) -> Entry:
    """One that is there, of which the zone shows neither times nor permissions: it can be gone through."""
    return Entry(0, path, True, 0, 0, 0, READ_OBJECT)
