"""The SQL of a GenQuery1."""

from __future__ import annotations

import re

from irodsfs.sandbox.catalog.genquery1 import genquery1_columns
from irodsfs.sandbox.catalog.genquery1.conditions import MAX_SQL, Fragment, condition, limit
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import COLUMNS, Column, Table
from irodsfs.sandbox.catalog.genquery1.genquery1_joins import join
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Option, Query, Selection
from irodsfs.sandbox.catalog.genquery1.visibility import restrictions
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

NUMERIC_AGGREGATES = ("sum", "avg")
ALWAYS_ORDERED = (genquery1_columns.COLL_NAME, genquery1_columns.DATA_NAME, genquery1_columns.DATA_REPL_NUM)
SEVERAL_AVUS = {
    genquery1_columns.META_DATA_ATTR_NAME: ("data", "R_DATA_MAIN.data_id"),
    genquery1_columns.META_COLL_ATTR_NAME: ("coll", "R_COLL_MAIN.coll_id"),
}
ONE_AVU_ONLY = (
    genquery1_columns.META_USER_ATTR_NAME,
    genquery1_columns.META_RESC_ATTR_NAME,
    genquery1_columns.META_RESC_GROUP_ATTR_NAME,
)


class Statement:
    """SQL under construction: the tables it uses, its conditions, and the values of its placeholders."""

    def __init__(self, query: Query) -> None:
        self.selected = [(selection, column_of(selection.column)) for selection in query.selections]
        self.tables: dict[Table, None] = dict.fromkeys(column.table for _, column in self.selected)
        self.sources: list[str] = []
        self.conditions: list[Fragment] = []
        self.start = self.first_table()
        for number, text in query.conditions:
            column = column_of(number)
            self.tables[column.table] = None
            if not column.table.leaf:
                self.start = column.table
            self.conditions.append(condition(column, text, Option.UPPER_CASE_WHERE in query.options))

    def first_table(self) -> Table | None:
        """Where the search for joins starts: the last selected table that is no leaf, else the first leaf."""
        tables = [column.table for _, column in self.selected]
        return next((table for table in reversed(tables) if not table.leaf), tables[0] if tables else None)

    def join(self) -> None:
        """Adds what links the tables, and the tables passed on the way."""
        if self.start is None:
            raise IrodsError("CAT_FAILED_TO_LINK_TABLES")
        for link in join(self.start, frozenset(self.tables)):
            self.conditions.append(Fragment(link.condition))
            self.tables |= {link.second: None, link.first: None}

    def separate_avus(self, kind: str, owner: str, count: int) -> None:
        """Lets each of several conditions on AVU names (with its value) hold for an AVU of its own."""
        for part in ("attr_name", "attr_value"):
            self.number_uses(f"r_{kind}_meta_main.meta_{part}", f"r_{kind}_meta_main{{}}.meta_{part}", count)
        for number in range(2, count + 1):
            metamap, meta = f"r_{kind}_metamap{number}", f"r_{kind}_meta_main{number}"
            self.sources += [f"R_OBJT_METAMAP {metamap}", f"R_META_MAIN {meta}"]
            self.conditions.append(Fragment(f"{metamap}.meta_id = {meta}.meta_id AND {owner} = {metamap}.object_id"))

    def number_uses(self, name: str, numbered: str, count: int) -> None:
        use = 0

        def rename(match: re.Match[str]) -> str:
            nonlocal use
            use += 1
            return numbered.format(use) if 1 < use <= count else match.group()

        pattern = re.compile(re.escape(name) + r"\b")
        self.conditions = [Fragment(pattern.sub(rename, part.sql), part.values) for part in self.conditions]

    @property
    def select_list(self) -> str:
        return ", ".join(
            f"{selection.aggregate}({column.sql})" if selection.aggregate else column.sql
            for selection, column in self.selected
        )

    @property
    def where(self) -> str:
        return " AND ".join(part.sql for part in self.conditions)

    @property
    def from_list(self) -> str:
        return ", ".join([table.source for table in self.tables] + self.sources)

    @property
    def values(self) -> tuple[object, ...]:
        return tuple(value for part in self.conditions for value in part.values)

    @property
    def group_by(self) -> str:
        plain = [column.sql for selection, column in self.selected if not selection.aggregate]
        return f" GROUP BY {', '.join(plain)}" if plain and len(plain) < len(self.selected) else ""

    @property
    def order_by(self) -> str:
        """What the request orders by, then names; what is left is ordered too, for answers that repeat."""
        asked = [(selection, column) for selection, column in self.selected if selection.ordered]
        plain = [(selection, column) for selection, column in self.selected if not selection.aggregate]
        named = sorted(
            (pair for pair in plain if pair[1].number in ALWAYS_ORDERED),
            key=lambda pair: ALWAYS_ORDERED.index(pair[1].number),
        )
        terms = dict.fromkeys(
            column.sql + (" DESC" if selection.descending and (selection, column) in asked else "")
            for selection, column in [*asked, *named, *plain]
        )
        return f" ORDER BY {', '.join(terms)}" if terms else ""

    def sql(self, distinct: bool) -> str:
        where = f" WHERE {self.where}" if self.conditions else ""
        return (
            f"SELECT {'DISTINCT ' if distinct else ''}{self.select_list} FROM {self.from_list}"
            f"{where}{self.group_by}{self.order_by}"
        )


def statement(session: Session, query: Query) -> Fragment:
    """The SQL that answers a query for the session's user; raises IrodsError for what the server refuses."""
    building = Statement(query)
    building.join()
    for number in ONE_AVU_ONLY:
        if uses(query, number) > 1:
            raise IrodsError("CAT_INVALID_ARGUMENT")
    for number, (kind, owner) in SEVERAL_AVUS.items():
        if (count := uses(query, number)) > 1:
            building.separate_avus(kind, owner, count)
    check_aggregates(building.selected)
    limit(building.where, MAX_SQL)
    building.conditions += list(restrictions(session, building.select_list, building.where))
    return Fragment(building.sql(Option.NO_DISTINCT not in query.options), building.values)


def uses(query: Query, number: int) -> int:
    return sum(column == number for column, _ in query.conditions)


def check_aggregates(selected: list[tuple[Selection, Column]]) -> None:
    for selection, column in selected:
        text_summed = selection.aggregate in NUMERIC_AGGREGATES and not column.is_integer
        if text_summed or (selection.aggregate and selection.ordered):
            raise IrodsError("CAT_SQL_ERR")


def column_of(number: int) -> Column:
    try:
        return COLUMNS[number]
    except KeyError:
        raise IrodsError("CAT_UNKNOWN_TABLE") from None
