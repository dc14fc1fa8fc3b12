"""A bounded pool of warm connections; flights run on them in worker threads."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import trio
from irods.session import iRODSSession

from irodsfs.grid.connection import ZoneConnection
from irodsfs.grid.errors import LOGIN_REFUSED, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.retrying import retrying

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class ConnectionPool:
    """At most `size` connections for flights at a time, opened side by side when wanted and kept for the next user.

    Beside them, connections can be dedicated to descriptors that stay open, so that these never keep flights waiting.
    """

    def __init__(self, session: iRODSSession, size: int) -> None:
        self._session = session
        self.renew: Callable[[], iRODSSession | None] = lambda: None
        """Answers another session to log in with where the zone refuses this one by now; None when there is none."""
        self._free = trio.Semaphore(size)
        # Each connection has one user at a time, so connections are what bounds the threads.
        self._threads = trio.CapacityLimiter(math.inf)
        self._idle: list[ZoneConnection] = []
        self._most_idle = size
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[ZoneConnection]:
        """One connection for the time of the block; it comes back to the pool unless it broke."""
        async with self.turn():
            connection = await self.dedicate()
            try:
                yield connection
            finally:
                await self.give_back(connection)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The right to have a flight under way for the time of the block, on a connection that is dedicated."""
        return self._free

    @asynccontextmanager
    async def spare(self) -> AsyncIterator[ZoneConnection | None]:
        """One connection within the bound for the time of the block; None when it would leave too few for flights."""
        if self._free.value <= max(1, self._most_idle // 2):
            yield None
            return
        async with self.connection() as connection:
            yield connection

    async def dedicate(self) -> ZoneConnection:
        """A connection outside of the bound, until it is given back."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            await self.in_thread(connection.close)
        try:
            return await self._connect()
        except LOGIN_REFUSED as error:
            renewed = await self.in_thread(self.renew)
            if renewed is None:
                raise
            logger.info("logging in with the password that iinit has kept: %s", describe(error))
            self._session = renewed
            return await self._connect()

    async def _connect(self) -> ZoneConnection:
        return await self.in_thread(lambda: ZoneConnection(self._session))

    async def give_back(self, connection: ZoneConnection) -> None:
        """Keep a connection for the next user, or close it when it broke or has something open."""
        with trio.CancelScope(shield=True):
            fit = not (self._closed or connection.broken or connection.open_descriptors)
            if fit and len(self._idle) < self._most_idle:
                self._idle.append(connection)
            else:
                await self.in_thread(connection.close)

    async def in_thread(self, call: Callable[[], Result]) -> Result:
        """Do something blocking on a connection."""
        return await trio.to_thread.run_sync(call, limiter=self._threads)

    async def run(self, connection: ZoneConnection, requests: Iterable[Request]) -> list[Reply]:
        """A flight on a connection that the caller holds."""
        return await self.in_thread(lambda: connection.fly(requests))

    async def converse(self, request: Request) -> Reply:
        """One request, on any connection, on which the server reports its progress before it answers."""
        async with self.connection() as connection:
            return await trio.to_thread.run_sync(connection.converse, request, limiter=self._threads)

    async def fly(self, *requests: Request, repeat: bool = False) -> list[Reply]:
        """A flight on any connection. With `repeat` (requests that may be sent twice) a broken line is tried again."""
        if not repeat:
            return await self._fly(requests)
        async for attempt in retrying():
            with attempt:
                replies = await self._fly(requests)
        return replies

    async def close(self) -> None:
        """Leave the zone: close what is idle now, and what is in use when it comes back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            await self.in_thread(connection.close)

    async def _fly(self, requests: Iterable[Request]) -> list[Reply]:
        async with self.connection() as connection:
            return await self.run(connection, requests)
