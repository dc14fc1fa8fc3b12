"""Large collections and trees in an embedded zone, in no time: rows of its catalog instead of thousands of uploads.

The data objects share their bytes: they are good for listing and reading; what one of them loses, all lose.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from irods.session import iRODSSession

from tests.zones import EmbeddedZone

CATALOG = Path("zone", "catalog.sqlite")


def fill(zone: EmbeddedZone, session: iRODSSession, collection: str, count: int) -> list[str]:
    """Makes a collection of `count` data objects, all alike but for their names, which it returns in order."""
    names = [f"object{number:07}" for number in range(count)]
    known = _make(session, collection, names[0])
    with _catalog(zone) as catalog:
        ids = _fresh_ids(catalog, count - 1)
        _repeat(catalog, "R_DATA_MAIN", "data_id", known, data_id=ids, data_name=names[1:])
        _repeat(catalog, "R_OBJT_ACCESS", "object_id", known, object_id=ids)
    return names


def grow(zone: EmbeddedZone, session: iRODSSession, root: str, collections: Sequence[str], objects: int) -> None:
    """Makes a collection with others at paths relative to it (parents first), each with as many data objects."""
    known = _make(session, root, "object")
    paths = [f"{root}/{path}" for path in collections]
    with _catalog(zone) as catalog:
        (own,) = catalog.execute("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", (root,)).fetchone()
        ids = _fresh_ids(catalog, len(paths))
        parents = [path.rpartition("/")[0] for path in paths]
        _repeat(catalog, "R_COLL_MAIN", "coll_id", own, coll_id=ids, coll_name=paths, parent_coll_name=parents)
        within = [id_ for id_ in ids for _ in range(objects)]
        names = itertools.cycle(f"object{number:04}" for number in range(objects))
        object_ids = _fresh_ids(catalog, len(within))
        _repeat(catalog, "R_DATA_MAIN", "data_id", known, data_id=object_ids, coll_id=within, data_name=names)
        _repeat(catalog, "R_OBJT_ACCESS", "object_id", known, object_id=[*ids, *object_ids])


def _make(session: iRODSSession, collection: str, name: str) -> int:
    session.collections.create(collection)
    with session.data_objects.open(f"{collection}/{name}", "w") as stream:
        stream.write(b"content")
    return int(session.data_objects.get(f"{collection}/{name}").id)


@contextmanager
def _catalog(zone: EmbeddedZone) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(zone.directory / CATALOG, timeout=30)) as catalog, catalog:
        yield catalog


def _fresh_ids(catalog: sqlite3.Connection, count: int) -> Sequence[int]:
    update = "UPDATE R_OBJECTID SET next_id = next_id + ? RETURNING next_id"
    (end,) = catalog.execute(update, (count,)).fetchone()
    return range(end - count, end)


def _repeat(catalog: sqlite3.Connection, table: str, id_column: str, known: int, **varied: Iterable[int | str]) -> None:
    """Repeats the only row of an id with other values in some columns."""
    found = catalog.execute(f"SELECT * FROM {table} WHERE {id_column} = ?", (known,))
    columns = [column for column, *_ in found.description]
    alike = {column: itertools.repeat(value) for column, value in zip(columns, found.fetchone(), strict=True)}
    marks = ", ".join("?" * len(columns))
    rows = zip(*(alike | varied).values(), strict=False)
    catalog.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
