"""A zone as its client sees it: who we are there, and flights and queries on a pool of connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import trio
from irods.models import Group, User
from irods.session import iRODSSession

from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Page, Query, Row, equal, page

REPLICA_TRUNCATE_SINCE = (4, 3, 2)


@dataclass(frozen=True)
class Identity:
    """The user that requests are made as: its name, zone, and the ids of itself and its groups."""

    user: str
    zone: str
    ids: tuple[str, ...]


class Zone:
    """The way to a zone. `await Zone.enter(session, connections, background)` connects and logs in.

    `background` is the nursery for what goes on while nobody waits for it, reading ahead for example.
    """

    def __init__(
        self, pool: ConnectionPool, identity: Identity, server_version: tuple[int, ...], background: trio.Nursery
    ) -> None:
        self.pool = pool
        self.identity = identity
        self.server_version = server_version
        self.background = background

    @classmethod
    async def enter(cls, session: iRODSSession, connections: int, background: trio.Nursery) -> Zone:
        """Log in and learn who we are. Raises `ZoneUnreachable` or the zone's authentication error."""
        pool = ConnectionPool(session, connections)
        account = session.pool.account
        user, zone = account.client_user, account.client_zone
        query = Query((Group.id,), ((User.name, equal(user)), (User.zone, equal(zone))))
        async with pool.connection() as connection:
            version = connection.server_version
            replies = await pool.run(connection, [query.request()])
        ids = tuple(row[0] for row in page(replies[0]).rows)
        return cls(pool, Identity(user, zone, ids), version, background)

    @property
    def can_truncate_replicas(self) -> bool:
        return self.server_version >= REPLICA_TRUNCATE_SINCE

    async def fly(self, *requests: Request, repeat: bool = False) -> list[Reply]:
        """One flight on any connection; `repeat` allows it to be sent again when the line broke."""
        return await self.pool.fly(*requests, repeat=repeat)

    async def perform(self, *requests: Request, repeat: bool = False) -> list[Reply]:
        """One flight of which every request must succeed; raises the first failure."""
        return [reply.check() for reply in await self.fly(*requests, repeat=repeat)]

    async def query(self, *queries: Query) -> list[list[Row]]:
        """The rows of each query: first pages in one flight, later pages on the same connection."""
        replies = await self.fly(*(query.request() for query in queries), repeat=True)
        pages = [page(reply) for reply in replies]
        if all(not each.continuation for each in pages):
            return [each.rows for each in pages]
        return [[row async for rows in self.pages(query) for row in rows] for query in queries]

    async def pages(self, query: Query) -> AsyncIterator[list[Row]]:
        """The pages of a long result, one after the other, on one connection."""
        async with self.pool.connection() as connection:
            current = Page([], 0)
            while True:
                (reply,) = await self.pool.run(connection, [query.request(current.continuation)])
                current = page(reply)
                yield current.rows
                if not current.continuation:
                    return

    async def leave(self) -> None:
        await self.pool.close()
