"""Long results, page after page on one connection, for those who pass them on as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import trio
from irods.exception import iRODSException

from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.flight import Request
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Page, Row, closing, page

Continue = Callable[[int], Request]
"""The request for the first page of a result (0) or the next one of a continuation."""


async def pages(pool: ConnectionPool, *results: Continue) -> AsyncGenerator[list[Page], None]:
    """The pages of several results, side by side: a flight brings the next one of each, empty where that was all.

    Results that are not wanted to their end are closed in the zone when the generator is.
    """
    current = [Page([], 0)] * len(results)
    wanted = list(range(len(results)))
    connection: ZoneConnection | None = None
    try:
        while wanted:
            # In its turn while it asks only: who takes the pages may take time, and others have flights, too.
            async with pool.turn():
                connection = connection or await pool.dedicate()
                requests = [results[index](current[index].continuation) for index in wanted]
                # Later pages are to be had on this connection only.
                connection.may_repeat = not any(page.continuation for page in current)
                arrived = await pool.talk(connection, partial(_fetch, connection, requests))
            current = [Page([], known.continuation) for known in current]
            for index, each in zip(wanted, arrived, strict=True):
                current[index] = each
            wanted = [index for index in wanted if current[index].continuation > 0]
            yield current
    finally:
        if connection is not None:
            continuations = [(index, current[index].continuation) for index in wanted]
            unfinished = [closing(results[index](number)) for index, number in continuations if number > 0]
            with trio.CancelScope(shield=True):
                if unfinished and not connection.broken:
                    await pool.run(connection, unfinished)
                await pool.give_back(connection)


def _fetch(connection: ZoneConnection, requests: Sequence[Request]) -> list[Page]:
    try:
        return [page(reply) for reply in connection.fly(requests)]
    except iRODSException:
        # The server may hold the rest of another result for this connection.
        connection.broken = True
        raise


async def rows(pool: ConnectionPool, result: Continue) -> AsyncGenerator[list[Row], None]:
    """The rows of one result, page after page."""
    async with aclosing(pages(pool, result)) as arriving:
        async for (each,) in arriving:
            yield each.rows
