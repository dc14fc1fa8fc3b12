"""Long results, page after page on one connection, for those who pass them on as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import Row, page
from irodsfs.grid.zone import Zone


async def pages(zone: Zone, request: Callable[[int], Request]) -> AsyncGenerator[list[Row], None]:
    """The pages of a result; `request(continuation)` asks for the first (0) or a later one."""
    async with zone.pool.connection() as connection:
        continuation = 0
        while True:
            (reply,) = await zone.pool.run(connection, [request(continuation)])
            current = page(reply)
            yield current.rows
            continuation = current.continuation
            if not continuation:
                return
