"""GenQuery2 (API 10221): queries as text, with OR, functions and paging, on servers from 4.3.2 on."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from xml.sax.saxutils import unescape

from irods.api_number import api_number
from irods.message import GenQuery2Request

from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.queries import PAGE_ROWS
from irodsfs.grid.zone import Zone

AVAILABLE_SINCE = (4, 3, 2)

ALL_ROWS = 2**31 - 1

PART = 1024 * 1024
"""Bytes of an answer that are decoded at a time."""

_QUOTES = {"&quot;": '"', "&apos;": "'"}

_CLAUSE = re.compile(r"'(?:''|[^'])*'|\b(?P<limit>limit|fetch)\b|(?P<offset>\boffset\s+[0-9]+)", re.IGNORECASE)


def is_available(zone: Zone) -> bool:
    return zone.server_version >= AVAILABLE_SINCE


async def pages(zone: Zone, text: str, name: str | None = None) -> AsyncGenerator[list[list[str]], None]:
    """All rows of a query that names no limit, from the zone of that name, else the server's own.

    Raises the zone's error: SYS_LIBRARY_ERROR for bad syntax.

    The server sends them in one message, which is held as it came; they are decoded some at a time.
    """
    rows = _rows(await _ask(zone, without_default_limit(text), name or zone.name))
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


def without_default_limit(text: str) -> str:
    """The query with a limit that no result reaches, unless it has one; the server's own is 256 rows."""
    end = len(text)
    for clause in _CLAUSE.finditer(text):
        if clause["limit"]:
            return text
        if clause["offset"]:
            end = clause.end()  # where the grammar wants the limit, even when an order follows
    return f"{text[:end]} limit {ALL_ROWS}{text[end:]}"


async def _ask(zone: Zone, text: str, name: str) -> Reply:
    message = GenQuery2Request(query_string=text, zone=name, sql_only=0, column_mappings=0)
    (reply,) = await zone.perform(Request(api_number["GENQUERY2_AN"], message, large_reply=True), repeat=True)
    return reply
