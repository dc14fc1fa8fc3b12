"""Long results, page after page on one connection, for those who pass them on as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import partial

from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.flight import Request
from irodsfs.grid.queries import Page, Row, page
from irodsfs.grid.zone import Zone


async def pages(zone: Zone, request: Callable[[int], Request]) -> AsyncGenerator[list[Row], None]:
    """The pages of a result; `request(continuation)` asks for the first (0) or a later one."""
    async with zone.pool.connection() as connection:
        current = Page([], 0)
        try:
            while True:
                current = await zone.pool.in_thread(partial(_fetch, connection, request(current.continuation)))
                yield current.rows
                if not current.continuation:
                    return
        finally:
            # The server keeps the rest for the connection, and can do so for few results only.
            connection.broken = connection.broken or current.continuation > 0


def _fetch(connection: ZoneConnection, request: Request) -> Page:
    (reply,) = connection.fly([request])
    return page(reply)
