"""Queries as text, by GenQuery1 or GenQuery2: whichever understands the text, on servers of any version."""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from irods.exception import SYS_LIBRARY_ERROR

from irodsfs.grid import columns, general_queries, genquery1_text, genquery2
from irodsfs.grid.columns import UnknownColumn
from irodsfs.grid.errors import summarise
from irodsfs.grid.genquery1_text import NoGenQuery1
from irodsfs.grid.paging import rows as rows_of
from irodsfs.grid.zone import Zone

GENQUERY1, GENQUERY2 = "genquery1", "genquery2"

Rows = AsyncGenerator[Sequence[Sequence[str]], None]

_NAME = re.compile(r"'(?:''|[^'])*'|\b(?P<name>[A-Z]+(?:_[A-Z0-9]+)+)\b")


class NoGenQuery2(NoGenQuery1):
    """A text needs GenQuery2, which the server does not have."""


@dataclass(frozen=True)
class Question:
    """A text, and what goes beyond it. `zone`: another one to ask; `engine`: `GENQUERY1` or 2, else the fitting one.

    GenQuery1 leaves out equal rows unless not `distinct`.
    """

    text: str
    zone: str | None = None
    engine: str | None = None
    distinct: bool = True


@dataclass(frozen=True)
class Answer:
    """Which engine answers, what its columns are called, and the rows, page after page."""

    engine: str
    headings: list[str]
    pages: Rows


async def ask(zone: Zone, question: Question) -> Answer:
    """Raises `NoGenQuery1` (a text that none understands), `NoGenQuery2`, `UnknownColumn`, or the zone's error."""
    if question.engine != GENQUERY2:
        try:
            return _by_genquery1(zone, question)
        except (NoGenQuery1, UnknownColumn) as error:
            if question.engine == GENQUERY1:
                raise
            return await _by_genquery2(zone, question, error)
    return await _by_genquery2(zone, question)


async def sql(zone: Zone, question: Question) -> str:
    """The statement that the server would run for it, which GenQuery2 tells."""
    if not genquery2.is_available(zone):
        raise _unavailable(zone, None)
    await _check_columns(zone, question.text)
    return await genquery2.sql(zone, _as_many_rows(question), question.zone)


def _by_genquery1(zone: Zone, question: Question) -> Answer:
    asked = genquery1_text.parse(question.text)
    general = general_queries.build(asked.selected, asked.conditions, asked.orders)
    options = {"zone": question.zone} if question.zone else {}
    query = replace(general.query, options=options, distinct=asked.distinct and question.distinct)

    async def values() -> Rows:
        async with aclosing(rows_of(zone.pool, query.request)) as pages:
            async for page in pages:
                yield [general.values(row) for row in page]

    return Answer(GENQUERY1, asked.headings, values())


async def _by_genquery2(zone: Zone, question: Question, because: Exception | None = None) -> Answer:
    if not genquery2.is_available(zone):
        raise _unavailable(zone, because)
    text = _as_many_rows(question)
    await _check_columns(zone, text)

    async def values() -> Rows:
        try:
            async with aclosing(genquery2.pages(zone, text, question.zone)) as pages:
                async for page in pages:
                    yield page
        except SYS_LIBRARY_ERROR as error:
            # Which is all that the server says of a text that it does not understand.
            told = f"{because}, and GenQuery2" if because else "GenQuery2"
            raise NoGenQuery1(f"{told} can't run it ({summarise(error)})") from error

    return Answer(GENQUERY2, genquery2.headings(text), values())


def _as_many_rows(question: Question) -> str:
    """GenQuery2 leaves equal rows out only where the text says `distinct`."""
    if question.distinct:
        return question.text
    return re.sub(r"\A\s*select\s+distinct\b", "select", question.text, flags=re.IGNORECASE)


async def _check_columns(zone: Zone, text: str) -> None:
    """The server's GenQuery2 says of an unknown column only that something is wrong."""
    named = {found["name"] for found in _NAME.finditer(text) if found["name"]}
    if named <= set(columns.names()):
        return
    known = await genquery2.columns(zone)
    for name in sorted(named - known.keys()):
        raise UnknownColumn(name, difflib.get_close_matches(name, {*known, *columns.names()}, n=3))


def _unavailable(zone: Zone, error: Exception | None) -> NoGenQuery2 | UnknownColumn:
    if isinstance(error, UnknownColumn):
        return error
    version = ".".join(map(str, zone.server_version))
    told = f"{error}, and the" if error else "The"
    return NoGenQuery2(f"{told} server is of version {version}: GenQuery2 came with 4.3.2")
