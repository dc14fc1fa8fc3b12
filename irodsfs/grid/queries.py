"""GenQuery1: building a query, sending it in a flight, reading its rows.

GenQuery1 is the tool for the namespace: it costs the server far less than GenQuery2, and pages as large as wanted.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from irods.api_number import api_number
from irods.column import Column
from irods.message import GenQueryRequest, IntegerIntegerMap, IntegerStringMap, StringStringMap, _OrderedMultiMapping
from irods.models import Collection, DataObject

from irodsfs.grid.flight import Reply, Request

FIRST_PAGE_ROWS = 1_000
"""Rows of the first reply. The server clears memory for as many rows as are asked for, found or not."""

PAGE_ROWS = 10_000
"""Rows of each later reply; servers honour far more than python-irodsclient's 500."""

AUTO_CLOSE = 0x100
NO_DISTINCT = 0x40
MORE_WAS_THERE = -1

CAT_NO_ROWS_FOUND = -808000
SELECT = 1
SELECT_SUM = 4
SELECT_COUNT = 6

Row = tuple[str, ...]

_END_OF_COLUMN = "</SqlResult_PI>"
_VALUE = re.compile(r"<value>([^<]*)</value>")
_COUNT = re.compile(r"<attriCnt>(\d+)<")
_CONTINUE = re.compile(r"<continueInx>(-?\d+)<")


def equal(value: str | int) -> str:
    """The condition that a column is `value`; the server needs no escapes, quotes within included."""
    text = str(value)
    # A pattern can keep the halves of an operator apart.
    return f"like '{escaped(text)}'" if holds_operators(text) else f"= '{text}'"


def data_object_at(path: str) -> tuple[tuple[Column, str], tuple[Column, str]]:
    """The conditions that a row is about the data object at a path."""
    collection, name = posixpath.split(path)
    return (Collection.name, equal(collection)), (DataObject.name, equal(name))


def unequal(value: str) -> str:
    """The condition that a column is anything but `value`."""
    return f"not like '{escaped(value)}'" if holds_operators(value) else f"<> '{value}'"


def holds_operators(text: str) -> bool:
    """Whether the server may take what is in a quoted text for its own operators, because of the quotes within."""
    return "'" in text and ("&&" in text or "||" in text)


def apart(pattern: str) -> str:
    """A pattern in which the halves of operators stand apart, so that the server does not see them."""
    return re.sub(r"(?<=&)&|(?<=\|)\|", r"\\\g<0>", pattern)


def one_of(values: Iterable[str | int]) -> str:
    """The condition that a column is one of `values` (which hold no quotes: ids and the like). Raises ValueError.

    Servers refuse a list of nothing.
    """
    quoted = [f"'{value}'" for value in values]
    if not quoted:
        raise ValueError("nothing to be one of")
    return f"in ({','.join(quoted)})"


def starts_with(prefix: str) -> str:
    """The condition that a column begins with `prefix`, literally."""
    return f"like '{escaped(prefix)}%'"


def escaped(text: str) -> str:
    """A pattern that is matched by `text` alone."""
    return re.sub(r"([\\%_]|(?<=&)&|(?<=\|)\|)", r"\\\1", text)


@dataclass(frozen=True)
class Query:
    """What is asked: columns to select and conditions on columns (all must hold)."""

    columns: tuple[Column, ...]
    conditions: tuple[tuple[Column, str], ...] = ()
    max_rows: int = FIRST_PAGE_ROWS
    whole: bool = True
    """False: `max_rows` are enough, the server may forget the rest."""
    options: Mapping[str, str] = field(default_factory=dict)
    distinct: bool = True
    """False: as many equal rows as there are."""
    flags: tuple[int, ...] = ()
    """For each column what to do beyond selecting it: an aggregate, an order (bits of the protocol)."""

    def request(self, continuation: int = 0) -> Request:
        """GenQuery (702): the first page, or the next one of a continuation."""
        flags = self.flags or (SELECT,) * len(self.columns)
        selects = _OrderedMultiMapping(
            [(column.icat_id, flag) for column, flag in zip(self.columns, flags, strict=True)]
        )
        conditions = _OrderedMultiMapping([(column.icat_id, condition) for column, condition in self.conditions])
        message = GenQueryRequest(
            maxRows=PAGE_ROWS if continuation else self.max_rows,
            continueInx=continuation,
            partialStartIndex=0,
            options=(0 if self.whole else AUTO_CLOSE) | (0 if self.distinct else NO_DISTINCT),
            KeyValPair_PI=StringStringMap(dict(self.options)),
            InxIvalPair_PI=IntegerIntegerMap(selects),
            InxValPair_PI=IntegerStringMap(conditions),
        )
        return Request(api_number["GEN_QUERY_AN"], message, large_reply=True)


def closing(request: Request) -> Request:
    """What a request for a next page becomes to let the server forget the rest of the result."""
    message: Any = request.message
    message.maxRows = 0
    return request


@dataclass(frozen=True)
class Page:
    """Rows of one reply, and the number under which the server continues (0: that was all; -1: it does not)."""

    rows: list[Row]
    continuation: int


def page(reply: Reply) -> Page:
    """The rows of a GenQuery reply; none found is an empty page, any other failure raises."""
    if reply.status == CAT_NO_ROWS_FOUND:
        return Page([], 0)
    # Not an XML parser: names may hold control characters, which XML does not allow, and pages are long.
    body = reply.check().body.decode("utf-8", "surrogateescape")
    # The server always sends as many columns as its structure has; those that were not asked for hold nothing.
    columns = [_values(column) for column in body.split(_END_OF_COLUMN)[: _number(_COUNT, body)]]
    return Page(list(zip(*columns, strict=True)), _number(_CONTINUE, body))


def _number(field: re.Pattern[str], body: str) -> int:
    found = field.search(body)
    return int(found[1]) if found else 0


def _values(column: str) -> list[str]:
    values: list[str] = _VALUE.findall(column)
    return [html.unescape(value) for value in values] if "&" in column else values
