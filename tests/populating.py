"""Large collections in an embedded zone, in no time: rows of its catalog instead of thousands of uploads."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from irods.session import iRODSSession

from tests.zones import EmbeddedZone

CATALOG = Path("zone", "catalog.sqlite")


def fill(zone: EmbeddedZone, session: iRODSSession, collection: str, count: int) -> list[str]:
    """Makes a collection of `count` data objects that share their bytes, and returns their names in order.

    They are good for listing and reading; what one of them loses, all lose.
    """
    names = [f"object{number:07}" for number in range(count)]
    session.collections.create(collection)
    with session.data_objects.open(f"{collection}/{names[0]}", "w") as stream:
        stream.write(b"content")
    data_object = session.data_objects.get(f"{collection}/{names[0]}")
    with closing(sqlite3.connect(zone.directory / CATALOG, timeout=30)) as catalog, catalog:
        update = "UPDATE R_OBJECTID SET next_id = next_id + ? RETURNING next_id - ?"
        (first,) = catalog.execute(update, (count, count)).fetchone()
        ids = range(first, first + count - 1)
        _repeat(catalog, "R_DATA_MAIN", "data_id", data_object.id, ids, data_name=iter(names[1:]))
        _repeat(catalog, "R_OBJT_ACCESS", "object_id", data_object.id, ids)
    return names


def _repeat(
    catalog: sqlite3.Connection, table: str, id_column: str, known: int, ids: range, **others: Iterator[str]
) -> None:
    """Repeats the only row of an id with other ids and with other values in other columns."""
    found = catalog.execute(f"SELECT * FROM {table} WHERE {id_column} = ?", (known,))
    columns = [column for column, *_ in found.description]
    values = [itertools.repeat(value) for value in found.fetchone()]
    varied = dict(zip(columns, values, strict=True)) | {id_column: iter(ids)} | others
    marks = ", ".join("?" * len(columns))
    catalog.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*varied.values(), strict=False))
