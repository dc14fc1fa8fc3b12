"""GenQuery2 (API 10221): queries as text, with OR, functions and paging, on servers from 4.3.2 on."""

from __future__ import annotations

import json
import re

from irods.api_number import api_number
from irods.message import STR_PI, GenQuery2Request, iRODSMessage

from irodsfs.grid.flight import Request
from irodsfs.grid.zone import Zone

AVAILABLE_SINCE = (4, 3, 2)

ALL_ROWS = 2**31 - 1

_CLAUSE = re.compile(r"'(?:''|[^'])*'|\b(?P<limit>limit|fetch)\b|(?P<offset>\boffset\s+[0-9]+)", re.IGNORECASE)


def is_available(zone: Zone) -> bool:
    return zone.server_version >= AVAILABLE_SINCE


async def run(zone: Zone, text: str) -> list[list[str]]:
    """All rows of a query that names no limit. Raises the zone's error: SYS_LIBRARY_ERROR for bad syntax."""
    rows: list[list[str]] = json.loads(await _ask(zone, without_default_limit(text)))
    return rows


def without_default_limit(text: str) -> str:
    """The query with a limit that no result reaches, unless it has one; the server's own is 256 rows."""
    end = len(text)
    for clause in _CLAUSE.finditer(text):
        if clause["limit"]:
            return text
        if clause["offset"]:
            end = clause.end()  # where the grammar wants the limit, even when an order follows
    return f"{text[:end]} limit {ALL_ROWS}{text[end:]}"


async def _ask(zone: Zone, text: str) -> str:
    message = GenQuery2Request(query_string=text, zone=zone.identity.zone, sql_only=0, column_mappings=0)
    (reply,) = await zone.perform(Request(api_number["GENQUERY2_AN"], message, large_reply=True), repeat=True)
    return str(iRODSMessage(msg=reply.body).get_main_message(STR_PI).myStr)
