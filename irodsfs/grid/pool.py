"""A bounded pool of warm connections; flights run on them in worker threads."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import tenacity
import trio
from irods.session import iRODSSession

from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable
from irodsfs.grid.flight import Reply, Request

logger = logging.getLogger(__name__)

ATTEMPTS = 4
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
"""Seconds between attempts to repeat what may be repeated."""


class ConnectionPool:
    """At most `size` connections at a time, opened side by side when wanted and kept for the next user."""

    def __init__(self, session: iRODSSession, size: int) -> None:
        self._session = session
        self._free = trio.Semaphore(size)
        # Each connection has one user at a time, so connections are what bounds the threads.
        self._threads = trio.CapacityLimiter(math.inf)
        self._idle: list[ZoneConnection] = []
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[ZoneConnection]:
        """One connection for the time of the block; it comes back to the pool unless it broke."""
        async with self._free:
            connection = await self._take()
            try:
                yield connection
            except BaseException:
                connection.broken = connection.broken or bool(connection.open_descriptors)
                raise
            finally:
                with trio.CancelScope(shield=True):
                    await self._give_back(connection)

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[ZoneConnection]:
        """A connection outside of the bounded pool, for a descriptor that stays open while others must go on."""
        connection = await self._take()
        try:
            yield connection
        finally:
            with trio.CancelScope(shield=True):
                await self._give_back(connection)

    async def run(self, connection: ZoneConnection, requests: Iterable[Request]) -> list[Reply]:
        """A flight on a connection that the caller holds."""
        return await trio.to_thread.run_sync(connection.fly, requests, limiter=self._threads)

    async def fly(self, *requests: Request, repeat: bool = False) -> list[Reply]:
        """A flight on any connection. With `repeat` (requests that may be sent twice) a broken line is tried again."""
        retrying = tenacity.AsyncRetrying(
            sleep=trio.sleep,
            retry=tenacity.retry_if_exception(_is_temporary),
            stop=tenacity.stop_after_attempt(ATTEMPTS if repeat else 1),
            wait=tenacity.wait_random_exponential(FIRST_PAUSE, LONGEST_PAUSE),
            before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                async with self.connection() as connection:
                    return await self.run(connection, requests)
        raise AssertionError("tenacity ends with a result or an exception")

    async def close(self) -> None:
        """Leave the zone: close what is idle now, and what is in use when it comes back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            await trio.to_thread.run_sync(connection.close, limiter=self._threads)

    async def _take(self) -> ZoneConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            await trio.to_thread.run_sync(connection.close, limiter=self._threads)
        return await trio.to_thread.run_sync(ZoneConnection, self._session, limiter=self._threads)

    async def _give_back(self, connection: ZoneConnection) -> None:
        if self._closed or connection.broken or connection.open_descriptors:
            await trio.to_thread.run_sync(connection.close, limiter=self._threads)
        else:
            self._idle.append(connection)


def _is_temporary(error: BaseException) -> bool:
    # A zone that let a whole time limit pass has had its chance: waiting again would only double the time it takes.
    return isinstance(error, ZoneUnreachable) and not isinstance(error, ZoneTimeout)
