"""A catalog with contents of the test's own, and someone who asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from irodsfs.sandbox.catalog.accounts import User, find_user
from irodsfs.sandbox.catalog.database import Catalog, now
from irodsfs.sandbox.catalog.genquery1 import genquery1_results
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import NUMBERS
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query, Selection
from irodsfs.sandbox.catalog.genquery1.genquery1_results import Page
from irodsfs.sandbox.catalog.genquery1.open_statements import Statements
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.served_zone import Zone

RESOURCE = 10013
Where = dict[str, str] | Sequence[tuple[str, str]]


@dataclass
class Asker:
    """What queries need of an agent."""

    zone: Zone
    catalog: Catalog
    user: User
    ticket: str | None = None
    statements: Statements = field(default_factory=Statements)

    def ask(self, *columns: str | tuple[str, int], where: Where = (), **options: Any) -> Page:
        """The page that answers a GenQuery1 written with column names."""
        selections = tuple(
            Selection(NUMBERS[column]) if isinstance(column, str) else Selection(NUMBERS[column[0]], column[1])
            for column in columns
        )
        pairs = where.items() if isinstance(where, dict) else where
        conditions = tuple((NUMBERS[name], text) for name, text in pairs)
        return genquery1_results.run(self, Query(selections, conditions, **options))

    def rows(self, *columns: str | tuple[str, int], **options: Any) -> list[tuple[str, ...]]:
        return self.ask(*columns, **options).rows

    def values(self, column: str, condition: str, **options: Any) -> list[str]:
        """The values of one column that meet a condition on it."""
        return [row[0] for row in self.rows(column, where={column: condition}, **options)]

    def found(self, *columns: str | tuple[str, int], **options: Any) -> list[tuple[str, ...]]:
        """The rows, none when there are none."""
        try:
            return self.rows(*columns, **options)
        except IrodsError as error:
            if error.code != code_of("CAT_NO_ROWS_FOUND"):
                raise
            return []

    def as_user(self, name: str, ticket: str | None = None) -> Asker:
        user = find_user(self.catalog, name, self.zone.name)
        assert user is not None
        return replace(self, user=user, ticket=ticket, statements=Statements())

    def add_user(self, name: str, *, kind: str = "rodsuser", groups: tuple[int, ...] = ()) -> int:
        user = self.catalog.next_id()
        self.catalog.execute(
            "INSERT INTO R_USER_MAIN VALUES (?, ?, ?, ?, '', '', ?, ?)", user, name, kind, self.zone.name, now(), now()
        )
        for group in (user, *groups):
            self.catalog.execute("INSERT INTO R_USER_GROUP VALUES (?, ?, ?, ?)", group, user, now(), now())
        return user

    def add_collection(self, path: str, access: dict[int, int] | None = None) -> int:
        collection = self.catalog.next_id()
        self.catalog.execute(
            "INSERT INTO R_COLL_MAIN VALUES (?, ?, ?, 'rods', ?, 0, '', '', '', '', '', '', ?, ?)",
            collection,
            str(PurePosixPath(path).parent),
            path,
            self.zone.name,
            now(),
            now(),
        )
        self.allow(collection, access)
        return collection

    def add_object(
        self, collection: int, name: str, size: int = 0, access: dict[int, int] | None = None, replica: int = 0
    ) -> int:
        data = self.catalog.next_id()
        self.catalog.execute(
            "INSERT INTO R_DATA_MAIN (data_id, coll_id, data_name, data_repl_num, data_type_name, data_size, resc_name,"
            " resc_id, data_path, data_owner_name, data_owner_zone, data_is_dirty, create_ts, modify_ts)"
            " VALUES (?, ?, ?, ?, 'generic', ?, 'EMPTY_RESC_NAME', ?, ?, 'rods', ?, 1, ?, ?)",
            data,
            collection,
            name,
            replica,
            size,
            RESOURCE,
            f"/vault/{collection}/{name}",
            self.zone.name,
            now(),
            now(),
        )
        self.allow(data, access)
        return data

    def allow(self, object_id: int, access: dict[int, int] | None) -> None:
        for user, level in (access or {self.user.id: 1200}).items():
            self.catalog.execute(
                "INSERT INTO R_OBJT_ACCESS VALUES (?, ?, ?, ?, ?)", object_id, user, level, now(), now()
            )

    def add_avu(self, object_id: int, name: str, value: str, units: str = "") -> int:
        meta = self.catalog.next_id()
        self.catalog.execute(
            "INSERT INTO R_META_MAIN (meta_id, meta_attr_name, meta_attr_value, meta_attr_unit, create_ts, modify_ts)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            meta,
            name,
            value,
            units,
            now(),
            now(),
        )
        self.catalog.execute("INSERT INTO R_OBJT_METAMAP VALUES (?, ?, ?, ?)", object_id, meta, now(), now())
        return meta

    def add_ticket(self, string: str, object_id: int, owner: int) -> None:
        self.catalog.execute(
            "INSERT INTO R_TICKET_MAIN (ticket_id, ticket_string, ticket_type, user_id, object_id, object_type)"
            " VALUES (?, ?, 'read', ?, ?, 'data')",
            self.catalog.next_id(),
            string,
            owner,
            object_id,
        )
