"""Finding entries below collections: one query however deep, the answer page by page."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from irods.column import Column
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta

from irodsfs.actions.action import Records, action
from irodsfs.actions.action_failures import Failure
from irodsfs.actions.criteria import AvuCriterion
from irodsfs.actions.entry_rows import (
    COLLECTION_COLUMNS,
    REPLICA_COLUMNS,
    FoundEntry,
    Groups,
    collections_of,
    object_of,
)
from irodsfs.actions.find_criteria import COLLECTION, OBJECT, Criteria, FindParameters, Test, criteria_of
from irodsfs.actions.workspace import Workspace
from irodsfs.actions.zone_paths import Named, resolve
from irodsfs.grid.catalog_entries import Condition
from irodsfs.grid.queries import Query, Row, data_object_at, equal, escaped, one_of, starts_with
from irodsfs.grid.zone import Zone

TOGETHER = 50
"""Ids in one condition."""

MetadataTable = type[DataObjectMeta | CollectionMeta]


@action("find", FindParameters)
async def find(workspace: Workspace, parameters: FindParameters) -> Records:
    """Find entries below collections by name, size, time, owner, resource, checksum and metadata."""
    criteria = criteria_of(parameters)
    deepest = parameters.max_depth
    for named in await resolve(workspace, parameters):
        if isinstance(named, Failure):
            yield named.record
            continue
        async with aclosing(found_below(workspace.zone, named, criteria, deepest)) as batches:
            async for entries in batches:
                for entry in entries:
                    if _is_deep_enough(entry, named, parameters):
                        yield entry.record


def _is_deep_enough(entry: FoundEntry, root: Named, parameters: FindParameters) -> bool:
    depth = entry.path.rstrip("/").count("/") - root.path.rstrip("/").count("/")
    return parameters.min_depth <= depth and (parameters.max_depth is None or depth <= parameters.max_depth)


Batches = AsyncGenerator[list[FoundEntry], None]


async def found_below(zone: Zone, root: Named, criteria: Criteria, depth: int | None = None) -> Batches:
    """The entry itself and what is below it, as far as it fulfils the criteria; each flight's by path.

    `depth`: what lies deeper below it is not asked for.
    """
    options = await zone.hint(root.path)
    sources = [each for each in _sources(root, criteria, depth) if each.kind in criteria.types]
    restricted = await _restrictions(zone, sources, options)
    queries = [each.query(options) for each in sources]
    groups = [Groups() for _ in sources]
    async with aclosing(zone.arriving(*queries)) as flights:
        async for pages in flights:
            found: list[FoundEntry] = []
            doubtful: list[int] = []
            for source, may, group, page in zip(sources, restricted, groups, pages, strict=True):
                entries = [entry for entry in map(source.entry, group.add(page)) if entry is not None and may(entry)]
                doubtful += [entry.id for entry in entries if criteria.doubts(entry)]
                found += [entry for entry in entries if not criteria.doubts(entry) and criteria.accept(entry)]
            if doubtful:
                found += await _judged(zone, doubtful, criteria, options)
            yield sorted(found, key=lambda entry: entry.path)


async def _judged(zone: Zone, ids: Sequence[int], criteria: Criteria, options: Mapping[str, str]) -> list[FoundEntry]:
    """Those of some objects that fulfil the criteria with all their replicas known."""
    parts = [ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER)]
    queries = [Query(REPLICA_COLUMNS, ((DataObject.id, one_of(part)),), options=options) for part in parts]
    rows = sorted(itertools.chain.from_iterable(await zone.query(*queries)), key=lambda row: row[0])
    entries = [object_of(list(group)) for _, group in itertools.groupby(rows, key=lambda row: row[0])]
    return [entry for entry in entries if entry is not None and criteria.accept(entry)]


@dataclass(frozen=True)
class _Source:
    """Entries of one type in one place: conditions, and AVUs that they must have.

    The first AVU of each table is asked for together with the entries, where a row can be about one only.
    """

    kind: str
    place: tuple[Condition, ...]
    conditions: tuple[Condition, ...]
    own: tuple[AvuCriterion, ...]
    of_collection: tuple[AvuCriterion, ...]

    @property
    def _own_table(self) -> MetadataTable:
        table: MetadataTable = CollectionMeta if self.kind == COLLECTION else DataObjectMeta
        return table

    @property
    def _tables(self) -> list[tuple[MetadataTable, AvuCriterion]]:
        return [(self._own_table, each) for each in self.own[:1]] + [
            (CollectionMeta, each) for each in self.of_collection[:1]
        ]

    @property
    def others(self) -> list[tuple[MetadataTable, AvuCriterion]]:
        return [(self._own_table, each) for each in self.own[1:]] + [
            (CollectionMeta, each) for each in self.of_collection[1:]
        ]

    @property
    def columns(self) -> tuple[Column, ...]:
        return COLLECTION_COLUMNS if self.kind == COLLECTION else REPLICA_COLUMNS

    def query(self, options: Mapping[str, str]) -> Query:
        conditions = [*self.place, *self.conditions]
        columns = [*self.columns]
        for table, criterion in self._tables:
            conditions += _conditions(table, criterion)
            if not _is_exact(criterion):
                columns.append(table.value)
        return Query(tuple(columns), tuple(conditions), options=options)

    def entry(self, rows: Sequence[Row]) -> FoundEntry | None:
        """The entry of some rows; None when no row fulfils what the server could not test."""
        tested = [criterion for _, criterion in self._tables if not _is_exact(criterion)]
        width = len(self.columns)
        fulfilled = any(all(each.test(value) for each, value in zip(tested, row[width:], strict=True)) for row in rows)
        if not fulfilled:
            return None
        if self.kind == COLLECTION:
            return next(collections_of(rows), None)
        return object_of(rows)


def _is_exact(criterion: AvuCriterion) -> bool:
    return criterion.value is None or criterion.value.condition is not None


def _conditions(table: MetadataTable, criterion: AvuCriterion) -> list[Condition]:
    conditions = [(table.name, equal(criterion.attribute))]
    if criterion.value is not None and criterion.value.condition is not None:
        conditions.append((table.value, criterion.value.condition))
    if criterion.units is not None:
        conditions.append((table.units, equal(criterion.units)))
    return conditions


def _sources(root: Named, criteria: Criteria, depth: int | None) -> list[_Source]:
    if not root.is_collection:
        return [_objects(data_object_at(root.path), criteria)]
    # Not in one condition: the server overlooks what stands between two of them when a path holds quotes.
    itself = ((Collection.name, equal(root.path)),)
    below = (Collection.name, starts_with(root.path.rstrip("/") + "/"))
    return [
        _collections(itself, criteria),
        _collections((below, *_not_deeper(root.path, depth)), criteria),
        _objects(itself, criteria),
        _objects((below, *_not_deeper(root.path, depth if depth is None else depth - 1)), criteria),
    ]


def _not_deeper(root: str, depth: int | None) -> tuple[Condition, ...]:
    """Keeps out collections more than some names below another one."""
    if depth is None:
        return ()
    return ((Collection.name, f"not like '{escaped(root.rstrip('/'))}{'/%' * (max(depth, 0) + 1)}'"),)


def _collections(place: tuple[Condition, ...], criteria: Criteria) -> _Source:
    return _Source(COLLECTION, place, criteria.on_collections, (*criteria.avus, *criteria.collection_avus), ())


def _objects(place: tuple[Condition, ...], criteria: Criteria) -> _Source:
    return _Source(OBJECT, place, criteria.on_objects, criteria.avus, criteria.collection_avus)


async def _restrictions(zone: Zone, sources: Sequence[_Source], options: Mapping[str, str]) -> list[Test]:
    """For each source whether an entry has the AVUs that could not be asked for together with it.

    One flight, none without such AVUs.
    """
    asked = [(source, table, criterion) for source in sources for table, criterion in source.others]
    if not asked:
        return [lambda entry: True for _ in sources]
    results = iter(await zone.query(*(_having(*each, options) for each in asked)))
    return [
        _among(source, [{row[0] for row in next(results) if each.test(row[1])} for _, each in source.others])
        for source in sources
    ]


def _having(source: _Source, table: MetadataTable, criterion: AvuCriterion, options: Mapping[str, str]) -> Query:
    """Asks for the ids of objects, or for the paths of collections, that have an AVU, and for its value."""
    is_own = source.kind == OBJECT and table is DataObjectMeta
    about = DataObject.id if is_own else Collection.name
    return Query((about, table.value), (*source.place, *_conditions(table, criterion)), options=options)


def _among(source: _Source, having: Sequence[set[str]]) -> Test:
    def may(entry: FoundEntry) -> bool:
        place = entry.path if source.kind == COLLECTION else posixpath.dirname(entry.path)
        return all(str(entry.id) in each or place in each for each in having)

    return may
