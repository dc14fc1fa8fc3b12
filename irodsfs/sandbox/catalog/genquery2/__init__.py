"""GenQuery2: the text query of API 10221, with the server's grammar, joins and SQL."""

from __future__ import annotations

import json
import sqlite3

from irodsfs.sandbox.catalog.genquery2 import genquery2_columns, grouping
from irodsfs.sandbox.catalog.genquery2.dialects import PostgreSQL, RefusedError, SQLite
from irodsfs.sandbox.catalog.genquery2.genquery2_parser import InvalidSyntaxError, parse
from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Select
from irodsfs.sandbox.catalog.genquery2.sql import Generator, InvalidQueryError, Reader
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


def column_mappings() -> str:
    """All columns as JSON: name to table to the table's column."""
    return compact(genquery2_columns.mappings())


def sql(session: Session, text: str) -> str:
    """The SQL the server makes of a query; nothing when it makes none; raises IrodsError for bad syntax."""
    try:
        return Generator(read(text), reader(session), PostgreSQL()).generate()[0]
    except InvalidQueryError:
        return ""


def run(session: Session, text: str) -> str:
    """The rows of a query as JSON, all values as text; raises IrodsError."""
    select = read(text)
    if not sql(session, text):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    try:
        grouping.check(select)
        statement, values = Generator(select, reader(session), SQLite()).generate()
        rows = session.catalog.rows(statement, *values)
    except (RefusedError, IrodsError, sqlite3.Error, OverflowError, UnicodeEncodeError):
        raise IrodsError("SYS_LIBRARY_ERROR") from None
    return compact([["" if value is None else str(value) for value in row] for row in rows])


def read(text: str) -> Select:
    try:
        return parse(text)
    except InvalidSyntaxError:
        raise IrodsError("SYS_LIBRARY_ERROR") from None


def reader(session: Session) -> Reader:
    return Reader(session.user.name, session.user.zone, session.user.is_admin)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
