"""Specific queries: SQL that an administrator stored in the catalog, run by its alias (API 722)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from irods.api_number import api_number
from irods.message import SpecificQueryRequest, StringStringMap

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import PAGE_ROWS, Row, page
from irodsfs.grid.zone import Zone

MOST_ARGUMENTS = 10


async def pages(zone: Zone, alias: str, arguments: Sequence[str]) -> AsyncIterator[list[Row]]:
    """The pages of the result, one after the other, on one connection. Raises CAT_UNKNOWN_SPECIFIC_QUERY."""
    async with zone.pool.connection() as connection:
        continuation = 0
        while True:
            (reply,) = await zone.pool.run(connection, [_request(alias, arguments, continuation)])
            current = page(reply)
            yield current.rows
            continuation = current.continuation
            if not continuation:
                return


def _request(alias: str, arguments: Sequence[str], continuation: int) -> Request:
    given = {f"arg{number}": argument for number, argument in enumerate(arguments, 1)}
    message = SpecificQueryRequest(
        sql=alias,
        maxRows=PAGE_ROWS,
        continueInx=continuation,
        rowOffset=0,
        options=0,
        KeyValPair_PI=StringStringMap({}),
        **given,
    )
    return Request(api_number["SPECIFIC_QUERY_AN"], message, large_reply=True)
