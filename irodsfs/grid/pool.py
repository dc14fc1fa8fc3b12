"""A bounded pool of warm connections; flights run on them in worker threads."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TypeVar

import trio
from irods.session import iRODSSession

from irodsfs.grid.background import Background
from irodsfs.grid.connection import THREADS, Login, ZoneConnection
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.patience import Patience, one_call
from irodsfs.grid.retrying import retrying

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

QUIET = 1.2
"""Seconds without an answer to what may be asked again, after which it is seen whether a new connection works."""

LOOKS = 0.25
"""Seconds between two looks at the connections in use."""


class ConnectionPool:
    """At most `size` connections for flights at a time, opened side by side when wanted and kept for the next user.

    Beside them, connections can be dedicated to descriptors that stay open, so that these never keep flights waiting.
    """

    def __init__(self, session: iRODSSession, size: int) -> None:
        self._session = session
        self.renew: Callable[[], iRODSSession | None] = lambda: None
        """Answers another session to log in with where the zone refuses this one by now; None when there is none."""
        self._free = trio.Semaphore(size)
        self._time_limit: float = session.connection_timeout
        self._patience = Patience(self._time_limit)
        self._in_use: set[ZoneConnection] = set()
        self._used = trio.Event()
        self._watching = trio.CancelScope()
        self._quiet = QUIET
        self._idle: list[ZoneConnection] = []
        self._most_idle = size
        self._closed = False
        self._logging_in: set[trio.CancelScope] = set()
        self._is_abandoned = False
        self.is_away = False
        """True when the last login failed as no zone answered."""

    @property
    def size(self) -> int:
        """How many connections there may be for flights."""
        return self._most_idle

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[ZoneConnection]:
        """One connection for the time of the block; it comes back to the pool unless it broke."""
        async with self.turn():
            connection = await self.dedicate()
            try:
                yield connection
            finally:
                await self.give_back(connection)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The right to have a flight under way for the time of the block, on a connection that is dedicated."""
        # Nobody who has a turn waits for a lock of an inode or of the catalog: so it comes back.
        with one_call():  # to which waiting for the turn belongs
            async with self._free:
                yield

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
        connection = await self._working()
        self._in_use.add(connection)
        self._used.set()
        return connection

    async def _working(self) -> ZoneConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable() and await self._still_works(connection):
                return connection
            await self._drop(connection)
        try:
            return await self._connect()
        except LOGIN_REFUSED as error:
            renewed = await self.in_thread(self.renew)
            if renewed is None:
                raise
            logger.info("logging in with the password that irodsfs login has kept: %s", describe(error))
            self._session = renewed
            return await self._connect()

    async def _still_works(self, connection: ZoneConnection) -> bool:
        if connection.is_proven:
            return True
        try:
            await self.talk(connection, connection.prove)
        except ZoneUnreachable as error:
            logger.info("%s", describe(error))
            return False
        return True

    async def _connect(self) -> ZoneConnection:
        with self._patience.waiting() as seconds:
            self._require_wanted()
            login = Login(self._session)
            try:
                with trio.fail_after(seconds) as scope, self._noted(scope):
                    log_in = partial(ZoneConnection, login, self._time_limit)
                    connection = await trio.to_thread.run_sync(log_in, abandon_on_cancel=True, limiter=THREADS)
                    self.is_away = False
                    return connection
            except BaseException as error:
                self.is_away = self.is_away or isinstance(error, (trio.TooSlowError, ZoneUnreachable))
                # The thread may be there still: without this, for as long as the zone sends a byte now and then.
                login.give_up()
                if isinstance(error, trio.TooSlowError):
                    raise ZoneTimeout("the zone did not answer in time to logging in") from error
                raise

    @contextmanager
    def _noted(self, scope: trio.CancelScope) -> Iterator[None]:
        self._logging_in.add(scope)
        try:
            yield
        finally:
            self._logging_in.remove(scope)

    def _require_wanted(self) -> None:
        if self._is_abandoned:
            raise ZoneTimeout("nobody waits for the zone any more")

    async def give_back(self, connection: ZoneConnection) -> None:
        """Keep a connection for the next user, or close it when it broke or has something open."""
        self._in_use.discard(connection)
        connection.may_repeat = False
        with trio.CancelScope(shield=True):
            fit = not (self._closed or connection.broken or connection.open_descriptors)
            if fit and len(self._idle) < self._most_idle:
                self._idle.append(connection)
            else:
                await self._drop(connection)

    async def _drop(self, connection: ZoneConnection) -> None:
        """Close a connection; when nothing moved on it any more, then also others that may have had the same lot."""
        lost = [each for each in self._idle if each.heard_at < connection.lost_at]
        self._idle = [each for each in self._idle if each not in lost]
        for each in lost:
            each.broken = True
        for each in [connection, *lost]:
            await self.in_thread(each.close)

    async def in_thread(self, call: Callable[[], Result]) -> Result:
        """Do something blocking."""
        return await trio.to_thread.run_sync(call, limiter=THREADS)

    async def talk(self, connection: ZoneConnection, call: Callable[[], Result]) -> Result:
        """Do something on a connection that waits for the zone."""
        with self._patience.waiting() as seconds:
            self._require_wanted()
            connection.time_limit = seconds
            try:
                return await self.in_thread(call)
            except ZoneUnreachable:
                self._require_wanted()
                raise
            finally:
                connection.time_limit = self._time_limit

    async def watch(self) -> None:
        """Replace connections in use that carry nothing any more, until `close`.

        Such a one looks like that of a zone which takes its time. So a new one is opened beside it: when that works and
        there is still nothing on the old one, what was asked there is asked again. A new one has as much time as it
        takes; when it takes long, too, it is the zone, and old ones get more time from then on.
        """
        with trio.CancelScope() as self._watching:
            while not self._closed:
                await self._used.wait()
                await trio.sleep(LOOKS)
                await self._replace([each for each in self._in_use if each.silent_for() > self._quiet])
                if not self._in_use:
                    self._used = trio.Event()

    async def _replace(self, silent: list[ZoneConnection]) -> None:
        if not silent:
            return
        began = time.monotonic()
        try:
            new = await self._connect()
        except Exception as error:
            # Those who wait are told when their time is over.
            logger.debug("a new connection: %s", describe(error))
            await trio.sleep(QUIET)
            return
        await self.give_back(new)
        # Logging in takes several answers: where that takes long, so may the one that is waited for.
        quiet = max(self._quiet, 2 * (time.monotonic() - began))
        await trio.sleep(max(0.0, quiet - max(each.silent_for() for each in silent)))
        for each in silent:
            if each in self._in_use and each.silent_for() > quiet:
                logger.info("a connection has carried nothing for %.1f seconds, a new one works", each.silent_for())
                each.give_up()

    async def run(
        self, connection: ZoneConnection, requests: Iterable[Request], *, may_repeat: bool = False
    ) -> list[Reply]:
        """A flight on a connection that the caller holds, who sends it again where it may be repeated."""
        connection.may_repeat = may_repeat
        is_new = not connection.first_answer
        replies = await self.talk(connection, lambda: connection.fly(requests))
        if may_repeat and is_new:
            self._quiet = max(self._quiet, 2 * connection.first_answer)
        return replies

    async def converse(self, request: Request) -> Reply:
        """One request, on any connection, on which the server reports its progress before it answers."""
        async with self.connection() as connection:
            return await self.talk(connection, lambda: connection.converse(request))

    async def fly(self, *requests: Request, repeat: bool = False, may_repeat: bool = False) -> list[Reply]:
        """A flight on any connection. With `repeat` (requests that may be sent twice) a broken line is tried again.

        `may_repeat`: the caller does that.
        """
        if not repeat:
            return await self._fly(requests, may_repeat=may_repeat)
        async for attempt in retrying():
            with attempt:
                replies = await self._fly(requests, may_repeat=True)
        return replies

    def abandon(self) -> None:
        """Wait for the zone no more: whatever is asked of it just now fails at once, and so does all that is later."""
        self._is_abandoned = True
        for connection in self._in_use:
            connection.give_up()
        for login in self._logging_in:
            login.cancel()

    async def close(self) -> None:
        """Leave the zone: close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self._watching.cancel()
        idle, self._idle = self._idle, []
        async with trio.open_nursery() as nursery:
            # Side by side: with TLS each of them waits for the zone to take its leave, too.
            for connection in idle:
                Background(nursery).start_soon(self.in_thread, connection.close)

    async def _fly(self, requests: Iterable[Request], *, may_repeat: bool) -> list[Reply]:
        async with self.connection() as connection:
            return await self.run(connection, requests, may_repeat=may_repeat)
