"""GenQuery2 (API 10221): queries as text, with OR, functions and paging, on servers from 4.3.2 on."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from xml.sax.saxutils import unescape

from irods.api_number import api_number
from irods.message import STR_PI, GenQuery2Request, iRODSMessage

from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.queries import PAGE_ROWS
from irodsfs.grid.zone import Zone

AVAILABLE_SINCE = (4, 3, 2)

ALL_ROWS = 2**31 - 1

PART = 1024 * 1024
"""Bytes of an answer that are decoded at a time."""

_QUOTES = {"&quot;": '"', "&apos;": "'"}

_STRING = r"'(?:''|[^'])*'"
_COUNTED = r"\b(?:limit|offset|first|next)\s+[0-9]+"
_NUMBER = re.compile(rf"{_STRING}|{_COUNTED}|(?P<number>(?<![\w.'])-?[0-9]+(?:\.[0-9]+)?(?![\w.']))", re.IGNORECASE)
_AFTER_SELECTION = re.compile(rf"{_STRING}|\b(?P<word>where|group|order|limit|offset|fetch)\b", re.IGNORECASE)
_SELECTED = re.compile(
    r"(?:\A\s*select\s+(?:no\s+distinct\s+|distinct\s+)?|,)(?P<of>(?:\((?:[^()]|\([^()]*\))*\)|'(?:''|[^'])*'|[^,()'])+)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"'(?:''|[^'])*'|\b(?P<limit>limit|fetch)\b|(?P<offset>\boffset\s+[0-9]+)", re.IGNORECASE)


def is_available(zone: Zone) -> bool:
    return zone.server_version >= AVAILABLE_SINCE


async def pages(zone: Zone, text: str, name: str | None = None) -> AsyncGenerator[list[list[str]], None]:
    """All rows of a query that names no limit, from the zone of that name, else the server's own.

    Raises the zone's error: SYS_LIBRARY_ERROR for bad syntax.

    The server sends them in one message, which is held as it came; they are decoded some at a time.
    """
    rows = _rows(await _ask(zone, without_default_limit(with_quoted_numbers(text)), name or zone.name))
    while page := await zone.pool.in_thread(partial(_next_page, rows)):
        yield page


def _next_page(rows: Iterator[list[str]]) -> list[list[str]]:
    return list(itertools.islice(rows, PAGE_ROWS))


def _rows(reply: Reply) -> Iterator[list[str]]:
    decoder = json.JSONDecoder()
    begun = ""
    for text in _texts(reply.body):
        begun += text
        end = 0
        while (begin := begun.find("[", end)) >= 0:
            try:
                row, end = decoder.raw_decode(begun, begin)
            except json.JSONDecodeError:
                break  # the rest of it follows
            yield row
        begun = begun[end:]


def _texts(body: bytes) -> Iterator[str]:
    """The rows of an answer in the parts that `_rows` takes one by one: a result may be larger than one wants twice."""
    begin, end = body.index(b"[") + 1, body.rindex(b"]")
    while begin < end:
        # A bracket is neither within an entity nor within a character.
        cut = body.find(b"]", begin + PART, end) + 1 or end
        yield unescape(body[begin:cut].decode("utf-8", "surrogateescape"), _QUOTES)
        begin = cut


async def columns(zone: Zone) -> dict[str, str]:
    """The columns that the server's GenQuery2 knows, each with that of the database behind it."""
    reply = await _ask(zone, "", zone.name, column_mappings=1)
    found = json.loads(iRODSMessage(msg=reply.body).get_main_message(STR_PI).myStr)
    return {name: ", ".join(".".join(place) for place in places.items()) for name, places in found.items()}


async def sql(zone: Zone, text: str, name: str | None = None) -> str:
    """The statement that the server would run."""
    reply = await _ask(zone, with_quoted_numbers(text), name or zone.name, sql_only=1)
    return str(iRODSMessage(msg=reply.body).get_main_message(STR_PI).myStr)


def headings(text: str) -> list[str]:
    """What the columns of a result are called: the selected expressions, as they are written."""
    return [heading["of"].strip() for heading in _SELECTED.finditer(text[: _end_of_selection(text)])]


def _end_of_selection(text: str) -> int:
    return next((found.start() for found in _AFTER_SELECTION.finditer(text) if found["word"]), len(text))


def with_quoted_numbers(text: str) -> str:
    """The query with quotes around its numbers, which the grammar wants but for limits and offsets."""
    return _NUMBER.sub(lambda found: f"'{found['number']}'" if found["number"] else found[0], text)


def without_default_limit(text: str) -> str:
    """The query with a limit that no result reaches, unless it has one; the server's own is 256 rows."""
    end = len(text)
    for clause in _CLAUSE.finditer(text):
        if clause["limit"]:
            return text
        if clause["offset"]:
            end = clause.end()  # where the grammar wants the limit, even when an order follows
    return f"{text[:end]} limit {ALL_ROWS}{text[end:]}"


async def _ask(zone: Zone, text: str, name: str, *, sql_only: int = 0, column_mappings: int = 0) -> Reply:
    message = GenQuery2Request(query_string=text, zone=name, sql_only=sql_only, column_mappings=column_mappings)
    (reply,) = await zone.perform(Request(api_number["GENQUERY2_AN"], message, large_reply=True), repeat=True)
    return reply
