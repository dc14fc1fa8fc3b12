"""Rows of the catalog as entries: a collection, or a data object with those of its replicas that were asked for."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from irods.models import Collection, DataObject

from irodsfs.actions.action import Record
from irodsfs.grid.catalog_entries import GOOD, INTERMEDIATE, STALE
from irodsfs.grid.queries import Page, Row
from irodsfs.grid.row_values import leave_out, natural, require_path

COLLECTION_COLUMNS = (
    Collection.id,
    Collection.name,
    Collection.modify_time,
    Collection.create_time,
    Collection.owner_name,
    Collection.owner_zone,
    Collection.inheritance,
)
REPLICA_COLUMNS = (
    DataObject.id,
    Collection.name,
    DataObject.name,
    DataObject.replica_number,
    DataObject.replica_status,
    DataObject.size,
    DataObject.modify_time,
    DataObject.create_time,
    DataObject.owner_name,
    DataObject.owner_zone,
    DataObject.checksum,
    DataObject.resc_hier,
)

STATES = {GOOD: "good", STALE: "stale", INTERMEDIATE: "intermediate"}
LOCKED = "locked"
_RANKS = {"good": 3, LOCKED: 2, "stale": 1, "intermediate": 0}


@dataclass(frozen=True)
class ReplicaRow:
    """One replica: size in bytes, times in seconds since 1970, `hierarchy` of its resources, root first."""

    number: int
    state: str
    size: int
    modified: int
    created: int
    checksum: str
    hierarchy: str

    @property
    def record(self) -> Record:
        return {
            "number": self.number,
            "state": self.state,
            "size": self.size,
            "modified": self.modified,
            "checksum": self.checksum,
            "resource": self.hierarchy.rpartition(";")[2],
            "hierarchy": self.hierarchy,
        }


@dataclass(frozen=True)
class FoundEntry:
    """An entry; `best` is the replica that programs read, of those that are known, and None for a collection."""

    id: int
    path: str
    owner: str
    owner_zone: str
    modified: int
    created: int
    replicas: tuple[ReplicaRow, ...] = ()
    inherits: bool = False

    @property
    def is_collection(self) -> bool:
        return not self.replicas

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)

    @property
    def best(self) -> ReplicaRow:
        return max(self.replicas, key=lambda replica: (_RANKS[replica.state], -replica.number))

    @property
    def record(self) -> Record:
        kind = "collection" if self.is_collection else "data_object"
        told: Record = {"path": self.path, "type": kind, "id": self.id}
        told |= {"owner": self.owner, "owner_zone": self.owner_zone}
        told |= {"modified": self.modified, "created": self.created}
        if not self.is_collection:
            told |= {"size": self.best.size, "checksum": self.best.checksum}
        return told


def collections_of(rows: Iterable[Row]) -> Iterator[FoundEntry]:
    """Of rows that begin with `COLLECTION_COLUMNS`."""
    for row in rows:
        id_, path, modified, created, owner, owner_zone, inherits = row[: len(COLLECTION_COLUMNS)]
        if path == "/":
            continue
        try:
            times = _seconds(modified), _seconds(created)
            yield FoundEntry(natural(id_), require_path(path), owner, owner_zone, *times, inherits=inherits == "1")
        except ValueError as error:
            leave_out(row, error)


def object_of(rows: Sequence[Row]) -> FoundEntry | None:
    """Of the rows of one data object that begin with `REPLICA_COLUMNS`; None when they make no sense."""
    try:
        replicas = {replica.number: replica for replica in map(_replica, rows)}
        id_, collection, name, *_ = first = rows[0]
        path = require_path(f"{collection}/{name}", name=name)
        ordered = tuple(replicas[number] for number in sorted(replicas))
        entry = FoundEntry(natural(id_), path, first[8], first[9], 0, ordered[0].created, ordered)
    except ValueError as error:
        leave_out(rows[0], error)
        return None
    return FoundEntry(entry.id, path, entry.owner, entry.owner_zone, entry.best.modified, entry.created, ordered)


def _replica(row: Row) -> ReplicaRow:
    _, _, _, number, status, size, modified, created, _, _, checksum, hierarchy, *_ = row
    state = STATES.get(natural(status), LOCKED)
    return ReplicaRow(natural(number), state, natural(size), _seconds(modified), _seconds(created), checksum, hierarchy)


def _seconds(catalog_time: str) -> int:
    if len(catalog_time) > 12:
        raise ValueError("no time")
    return int(catalog_time)


class Groups:
    """Rows of data objects as pages bring them. The server orders them by path: those of one follow one another."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def add(self, page: Page) -> list[list[Row]]:
        """The rows of each object of which none can follow."""
        self._rows += page.rows
        groups = [list(rows) for _, rows in itertools.groupby(self._rows, key=lambda row: row[0])]
        self._rows = groups.pop() if page.continuation > 0 and groups else []
        return groups
