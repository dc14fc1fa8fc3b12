"""Answers of GenQuery1: open statements, pages of rows, and the struct that carries them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from irodsfs.sandbox.catalog.genquery1 import hierarchies, quota, requested_access
from irodsfs.sandbox.catalog.genquery1.conditions import Fragment, size
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import DATA_RESC_HIER
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Option, Query
from irodsfs.sandbox.catalog.genquery1.open_statements import Answer
from irodsfs.sandbox.catalog.genquery1.statement import statement
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

MAX_COLUMNS = 50
MIN_LENGTH = 50
NO_COLUMN = Struct("SqlResult_PI", ("attriInx", 0), ("reslen", 0))


@dataclass
class Column:
    """One column of a page: its number, its values, and the bytes the server keeps for each."""

    number: int
    values: list[str]
    length: int


@dataclass
class Page:
    """What one request answers; ``continue_index`` is 0 when there is no more, -1 when there may have been."""

    columns: list[Column] = field(default_factory=list)
    continue_index: int = 0
    total: int = 0

    @property
    def row_count(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return list(zip(*(column.values for column in self.columns), strict=True))

    def struct(self) -> Struct:
        """The page as a GenQueryOut_PI."""
        return Struct(
            "GenQueryOut_PI",
            ("rowCnt", self.row_count),
            ("attriCnt", len(self.columns)),
            ("continueInx", self.continue_index),
            ("totalRowCount", self.total),
            *(("SqlResult_PI", result(column)) for column in self.columns),
            *[("SqlResult_PI", NO_COLUMN)] * (MAX_COLUMNS - len(self.columns)),
        )


def result(column: Column) -> Struct:
    struct = Struct("SqlResult_PI", ("attriInx", column.number), ("reslen", column.length))
    struct.members += [("value", value) for value in column.values]
    return struct


def run(session: Session, query: Query) -> Page:
    """Answers a query, or the next page of one; raises IrodsError, CAT_NO_ROWS_FOUND for an empty answer."""
    if query.continue_index and query.max_rows <= 0:
        session.statements.close(query.continue_index)
        return Page()
    asked = hierarchies.by_resource(session.catalog, query)
    page = next_page(session, asked, query.continue_index) if query.continue_index else first_page(session, asked)
    for column, selection in zip(page.columns, query.selections, strict=False):
        if selection.column == DATA_RESC_HIER:
            name_hierarchies(session, column)
    return page


def first_page(session: Session, query: Query) -> Page:
    if Option.QUOTA_QUERY in query.options:
        answer = execute(session, quota.statement(session, query), quota.RESULT_COLUMNS)
    else:
        answer = execute(session, statement(session, query), [selection.column for selection in query.selections])
    total = len(answer.rows)
    answer.rows = answer.rows[max(query.offset, 0) :]
    page = next_page(session, query, session.statements.start(answer))
    page.total = total if Option.RETURN_TOTAL_ROW_COUNT in query.options else 0
    return page


def execute(session: Session, fragment: Fragment, numbers: Sequence[int] = ()) -> Answer:
    """All rows the SQL gives, its columns numbered 0 by default; raises IrodsError CAT_SQL_ERR for what is refused."""
    try:
        cursor = session.catalog.execute(fragment.sql, *fragment.values)
        names = [description[0] for description in cursor.description or ()]
        return Answer(cursor.fetchall(), numbers or [0] * len(names), names)
    except (sqlite3.Error, OverflowError, UnicodeEncodeError):
        raise IrodsError("CAT_SQL_ERR") from None


def next_page(session: Session, query: Query, number: int) -> Page:
    """The next rows of an open statement, which closes when they are the last."""
    answer = session.statements.answers.get(number)
    if answer is None:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    rows = answer.take(max(query.max_rows, 0))
    requested_access.check(session, query.keywords, answer.names, rows)
    exhausted = len(rows) < query.max_rows
    if exhausted or Option.AUTO_CLOSE in query.options:
        session.statements.close(number)
    if exhausted and not rows:
        raise IrodsError("CAT_NO_ROWS_FOUND")
    more = -1 if Option.AUTO_CLOSE in query.options else number
    return Page(page_columns(answer.numbers, rows), 0 if exhausted else more)


def page_columns(numbers: Sequence[int], rows: Sequence[Sequence[Any]]) -> list[Column]:
    """Rows turned into columns of text."""
    if not rows:
        return []
    values = [[text(value) for value in column] for column in zip(*rows, strict=True)]
    length = longest(values)
    return [Column(number, column, length) for number, column in zip(numbers, values, strict=True)]


def text(value: Any) -> str:
    return "" if value is None else str(value)


def longest(columns: list[list[str]]) -> int:
    """Bytes the server keeps for each value: what the longest takes, with room to spare when it had to grow."""
    sizes = [max(map(size, row)) + 1 for row in zip(*columns, strict=True)]
    length = max(sizes[0], MIN_LENGTH)
    for needed in sizes:
        if needed > length:
            length = needed + MIN_LENGTH
    return length


def name_hierarchies(session: Session, column: Column) -> None:
    known = hierarchies.hierarchies(session.catalog)
    column.number = DATA_RESC_HIER
    column.values = [known.get(value, "") for value in column.values]
    column.length = max(map(size, column.values)) + 1
