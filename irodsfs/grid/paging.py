"""Long results, page after page on one connection, for those who pass them on as they come."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import trio
from irods.exception import iRODSException

from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.flight import Request
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Page, Row, closing, page
from irodsfs.grid.zone_timeouts import one_call

Continue = Callable[[int], Request]
"""The request for the first page of a result (0) or the next one of a continuation."""


async def pages(pool: ConnectionPool, *results: Continue) -> AsyncGenerator[list[Page], None]:
    """The pages of several results, side by side: a flight brings the next one of each, empty where that was all.

    Whoever takes the pages may take time: when others wait for the connection, the rest is fetched at once, and waits.
    Results that are not wanted to their end are closed in the zone when the generator is.
    """
    paging = _Paging(pool, results)
    try:
        while (arrived := await paging.following()) is not None:
            yield arrived
    finally:
        with trio.CancelScope(shield=True):
            await paging.close()


class _Paging:
    """Results under way on one connection, which is there from the first flight until no page is left in the zone."""

    def __init__(self, pool: ConnectionPool, results: Sequence[Continue]) -> None:
        self._pool = pool
        self._results = results
        self._continuations = [0] * len(results)
        self._wanted = list(range(len(results)))
        self._connection: ZoneConnection | None = None
        self._lock = trio.Lock()
        self._held: deque[list[Page]] = deque()
        self._failure: Exception | None = None
        self.idle_since = math.inf

    async def following(self) -> list[Page] | None:
        """The next pages; None when there are no more."""
        async with self._lock:
            if self._held:
                return self._held.popleft()
            if self._failure is not None:
                raise self._failure
            if not self._wanted:
                return None
            arrived = await self._fetch()
            if self._connection is not None and not self._pool.let_wait(self._connection, self):
                await self._fetch_rest()
            return arrived

    async def give_back(self) -> None:
        """Others wait for the connection."""
        async with self._lock:
            try:
                await self._fetch_rest()
            except Exception as error:
                self._failure = error  # told to whoever wants those pages
                await self._leave()

    async def close(self) -> None:
        async with self._lock:
            connection = self._connection
            if connection is None:
                return
            numbers = [(index, self._continuations[index]) for index in self._wanted]
            unfinished = [closing(self._results[index](number)) for index, number in numbers if number > 0]
            try:
                if unfinished and not connection.broken:
                    await self._pool.run(connection, unfinished)
            finally:
                await self._leave()

    async def _fetch_rest(self) -> None:
        while self._connection is not None:
            self._held.append(await self._fetch())

    async def _fetch(self) -> list[Page]:
        self.idle_since = math.inf
        with one_call():  # to which waiting for the connection belongs
            connection = self._connection = self._connection or await self._pool.dedicate()
            # Later pages are to be had on this connection only.
            connection.may_repeat = not any(self._continuations)
            requests = [self._results[index](self._continuations[index]) for index in self._wanted]
            arrived = await self._pool.talk(connection, partial(_fetch, connection, requests))
        pages = [Page([], 0)] * len(self._results)
        for index, each in zip(self._wanted, arrived, strict=True):
            pages[index] = each
            self._continuations[index] = each.continuation
        self._wanted = [index for index in self._wanted if self._continuations[index] > 0]
        self.idle_since = trio.current_time()
        if not self._wanted:
            await self._leave()
        return pages

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._pool.give_back(connection)


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


class ArrivedRows:
    """Rows that have arrived. The server orders them by path, so those of one entry follow one another."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self.more = False

    def add(self, page: Page) -> None:
        self._rows += page.rows
        self.more = page.continuation > 0

    def take(self) -> list[Row]:
        """All rows of entries of which none can follow."""
        end = len(self._rows)
        if self.more and self._rows:
            last = self._rows[-1][0]
            end = next((end for end in range(end, 0, -1) if self._rows[end - 1][0] != last), 0)
        taken, self._rows = self._rows[:end], self._rows[end:]
        return taken
