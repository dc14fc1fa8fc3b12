"""Specific queries: SQL an administrator stored in the catalog, run by its alias or by its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from irodsfs.sandbox.catalog.genquery1.conditions import Fragment
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query
from irodsfs.sandbox.catalog.genquery1.genquery1_results import Page, execute, next_page
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

MAX_ARGUMENTS = 10
LIKE = re.compile(r"(\blike\s+(?:\?|'[^']*'))(?!\s*escape)", re.IGNORECASE)
UNKNOWN = "The SQL is not pre-defined.\n  See 'iadmin h asq' (add specific query)"


@dataclass(frozen=True)
class SpecificQuery:
    """Alias or SQL, its arguments, and the page wanted."""

    name: str
    arguments: tuple[str, ...]
    page: Query

    @classmethod
    def of(cls, struct: Struct) -> SpecificQuery:
        """The query in a specificQueryInp_PI; the first empty argument ends the arguments."""
        arguments: list[str] = []
        for number in range(1, MAX_ARGUMENTS + 1):
            argument = struct.text(f"arg{number}")
            if not argument:
                break
            arguments.append(argument)
        page = Query((), max_rows=struct.integer("maxRows"), continue_index=struct.integer("continueInx"))
        return cls(struct.text("sql"), tuple(arguments), page)


def run(session: Session, query: SpecificQuery) -> Page:
    """Answers a specific query or its next page; raises IrodsError, CAT_NO_ROWS_FOUND for an empty answer."""
    number = query.page.continue_index
    if number and query.page.max_rows <= 0:
        session.statements.close(number)
        return Page()
    if not number:
        number = session.statements.start(execute(session, statement(session, query)))
    return next_page(session, query.page, number)


def statement(session: Session, query: SpecificQuery) -> Fragment:
    sql = session.catalog.value("SELECT sqlStr FROM R_SPECIFIC_QUERY WHERE sqlStr = ?", query.name)
    sql = sql or session.catalog.value("SELECT sqlStr FROM R_SPECIFIC_QUERY WHERE alias = ?", query.name)
    if sql is None:
        raise IrodsError("CAT_UNKNOWN_SPECIFIC_QUERY", UNKNOWN)
    return Fragment(LIKE.sub(r"\1 escape '\\'", sql), query.arguments)
