"""A zone as its client sees it: who we are there, and flights and queries on a pool of connections."""

from __future__ import annotations

import math
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import trio
from irods.models import TicketQuery
from irods.models import Zone as ZoneTable
from irods.session import iRODSSession

from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.background import Background
from irodsfs.grid.connection import SERVER_INFORMATION
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.hosts import RESOURCES, Hosts, Redirect
from irodsfs.grid.identities import Identities, Identity, identity_of, who_is
from irodsfs.grid.links import Links
from irodsfs.grid.names import zone_of
from irodsfs.grid.optional_requests import beside
from irodsfs.grid.own_host import OwnHost
from irodsfs.grid.paging import pages
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Page, Query, Row, equal, page
from irodsfs.grid.retrying import retrying

REPLICA_TRUNCATE_SINCE = (4, 3, 2)

ZONES_FOR = 30.0
"""Seconds for which the zones that the server knows are believed."""

OPTIONAL_SECONDS = 5.0
"""Seconds at the most that are waited for what nobody asked for."""

OF_THE_TIME_LIMIT = 0.25
"""The part of the time limit of a request that may be waited for that, too."""

_ZONE = re.compile(rb"<rodsZone>([^<]+)<")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Server:
    """The server that we have logged in to, and who we are in its zone."""

    zone: str
    identity: Identity
    version: tuple[int, ...]
    host: OwnHost


class Zone:
    """The way to a zone. `await Zone.enter(session, connections, background)` connects and logs in.

    `background` is the nursery for what goes on while nobody waits for it, reading ahead for example.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        server: Server,
        background: trio.Nursery,
        clock: Callable[[], float],
        optional_time_limit: float = OPTIONAL_SECONDS,
        redirect: Redirect | None = None,
    ) -> None:
        """`optional_time_limit` in seconds, for what is asked `beside`."""
        self.pool = pool
        self.name = server.zone
        """Of the zone of the server, in which the user may be a guest."""
        self.server_version = server.version
        self.background = Background(background)
        self._clock = clock
        self._optional_time_limit = optional_time_limit
        self._identities = Identities(self, server.zone, server.identity, clock)
        self._zones: frozenset[str] = frozenset()
        self._zones_asked = -math.inf
        self.hosts = Hosts(self, redirect, server.host)
        self.links = Links(lambda requests: self.fly(*requests, repeat=True))

    @classmethod
    async def enter(
        cls,
        session: iRODSSession,
        connections: int,
        background: trio.Nursery,
        clock: Callable[[], float] = time.monotonic,
        *,
        redirect: Redirect | None = None,
    ) -> Zone:
        """Log in and learn who we are, and which servers there are if we are to `redirect`.

        Raises `ZoneUnreachable` or the zone's authentication error.
        """
        pool = ConnectionPool(session, connections, Background(background))
        Background(background).keep_up(pool.watch)
        try:
            server, resources = await _meet(pool, session, tells_resources=redirect is not None)
        except BaseException:
            with trio.CancelScope(shield=True):
                await pool.close()
            raise
        optional_time_limit = min(OPTIONAL_SECONDS, OF_THE_TIME_LIMIT * session.connection_timeout)
        entered = cls(pool, server, background, clock, optional_time_limit, redirect)
        if redirect is not None:
            await entered.hosts.learn(resources)
        return entered

    @property
    def identity(self) -> Identity:
        """Who the user is in the zone of the server."""
        return self._identities.own

    async def identity_at(self, path: str) -> Identity:
        """Who the user is in the zone of a path. At most one flight, seldom."""
        return await self._identities.in_zone(await self.zone_at(path))

    async def zone_at(self, path: str) -> str:
        """The zone that a path lies in; the server takes paths in zones that it does not know for its own."""
        name = zone_of(path)
        return name if name and name != self.name and await self.knows(name) else self.name

    async def hint(self, path: str) -> Mapping[str, str]:
        """The option of queries that name no collection, by which they reach the zone of a path."""
        name = await self.zone_at(path)
        return {} if name == self.name else {"zone": name}

    async def knows(self, name: str) -> bool:
        """Whether the server knows a zone of that name."""
        if name == self.name:
            return True
        if name not in self._zones or self._clock() - self._zones_asked > ZONES_FOR:
            await self.zones()
        return name in self._zones

    async def zones(self) -> list[str]:
        """The names of all zones that the server knows, its own included. One flight."""
        (rows,) = await self.query(Query((ZoneTable.name,)))
        self._zones, self._zones_asked = frozenset(name for (name,) in rows), self._clock()
        return [name for (name,) in rows]

    @property
    def can_truncate_replicas(self) -> bool:
        return self.server_version >= REPLICA_TRUNCATE_SINCE

    def holds(self, path: str) -> bool:
        """Whether a path lies in the zone of the server, and not in another one that it knows."""
        return zone_of(path) == self.name

    async def fly(self, *requests: Request, repeat: bool = False, may_repeat: bool = False) -> list[Reply]:
        """One flight on any connection; `repeat` allows it to be sent again when the line broke.

        `may_repeat`: the caller does that.
        """
        return await self.pool.fly(*requests, repeat=repeat, may_repeat=may_repeat)

    async def perform(self, *requests: Request, repeat: bool = False) -> list[Reply]:
        """One flight of which every request must succeed; raises the first failure."""
        return [reply.check() for reply in await self.fly(*requests, repeat=repeat)]

    async def query(self, *queries: Query) -> list[list[Row]]:
        """The rows of each query: first pages in one flight, all later ones in as many as there are pages."""
        return [each.rows for each in await self.pages(*queries)]

    async def pages(self, *queries: Query) -> list[Page]:
        """Like `query`, each result in one page, which tells whether the server held back rows."""
        async for attempt in retrying():
            with attempt:
                results = [Page([], 0)] * len(queries)
                async with aclosing(self.arriving(*queries)) as flights:
                    async for arrived in flights:
                        results = [
                            Page(known.rows + more.rows, more.continuation)
                            for known, more in zip(results, arrived, strict=True)
                        ]
        return results

    async def beside(self, about: str, fetching: Callable[[], Awaitable[Result]]) -> Result | None:
        """What `fetching` brings although nobody asked for it; None, before long, when it fails."""
        return await beside(self.background, self._optional_time_limit, about, fetching)

    def arriving(self, *queries: Query) -> AsyncGenerator[list[Page], None]:
        """The pages of each query as flights bring them, on one connection. What broke the line is not tried again."""
        return pages(self.pool, *(query.request for query in queries))

    async def leave(self) -> None:
        await self.pool.close()


async def _meet(pool: ConnectionPool, session: iRODSSession, *, tells_resources: bool) -> tuple[Server, list[Row]]:
    """One flight, after the login that it needs; the rows of resources only where they are to be told."""
    account = session.pool.account
    user, zone = account.client_user, account.client_zone
    asked = [SERVER_INFORMATION, who_is(user, zone).request()]
    asked += [_type_of(session.ticket__).request()] if session.ticket__ else []
    asked += [RESOURCES.request()] if tells_resources else []
    async with pool.connection() as connection:
        about, found, *others = await pool.run(connection, asked)
        version, host = connection.server_version, OwnHost(account.host, connection.peer)
    rows = page(found).rows
    assumed = _access_through(page(others[0]).rows) if session.ticket__ else None
    told = _ZONE.search(about.body)
    identity = identity_of(user, zone, rows, assumed)
    server = Server(told[1].decode() if told else zone, identity, version, host)
    return server, page(others[-1]).rows if tells_resources else []


def _type_of(ticket: str) -> Query:
    """Asks whether a ticket is for reading or writing: servers tell everybody who knows its string."""
    return Query((TicketQuery.Ticket.type,), ((TicketQuery.Ticket.string, equal(ticket)),))


def _access_through(rows: list[Row]) -> int:
    """The access level that a ticket gives; of one that the zone does not know, it decides later."""
    return READ_OBJECT if ("read",) in map(tuple, rows) else MODIFY_OBJECT
