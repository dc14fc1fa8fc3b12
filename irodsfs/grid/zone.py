"""A zone as its client sees it: who we are there, and flights and queries on a pool of connections."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

import trio
from irods.models import Group, User
from irods.session import iRODSSession

from irodsfs.grid.access_levels import MODIFY_OBJECT
from irodsfs.grid.background import Background
from irodsfs.grid.beside import beside
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.links import Links
from irodsfs.grid.paging import pages
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Page, Query, Row, equal, page
from irodsfs.grid.retrying import retrying

REPLICA_TRUNCATE_SINCE = (4, 3, 2)
ADMINISTRATOR = "rodsadmin"

GROUPS_FOR = 30.0
"""Seconds for which the groups of the user are believed."""

PATIENCE = 5.0
"""Seconds at the most that are waited for what nobody asked for."""

OF_THE_TIME_LIMIT = 0.25
"""The part of the time limit of a request that may be waited for that, too."""

NOBODY = "0"
"""An id that no user and no group has."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Identity:
    """The user that requests are made as: its name, zone, the ids of itself and its groups."""

    user: str
    zone: str
    ids: tuple[str, ...]
    is_administrator: bool
    """True of those to whom queries show also what no permission names them for."""
    assumed_access: int | None = None
    """With a ticket, the access level where no permission is found: what it opens is for the server to decide."""


class Zone:
    """The way to a zone. `await Zone.enter(session, connections, background)` connects and logs in.

    `background` is the nursery for what goes on while nobody waits for it, reading ahead for example.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        identity: Identity,
        server_version: tuple[int, ...],
        background: trio.Nursery,
        clock: Callable[[], float],
        patience: float = PATIENCE,
    ) -> None:
        """`patience` in seconds, for what is asked `beside`."""
        self.pool = pool
        self.identity = identity
        self.server_version = server_version
        self.background = Background(background)
        self._clock = clock
        self._patience = patience
        self._groups_asked = clock()
        self.links = Links(lambda requests: self.fly(*requests, repeat=True))

    @classmethod
    async def enter(
        cls,
        session: iRODSSession,
        connections: int,
        background: trio.Nursery,
        clock: Callable[[], float] = time.monotonic,
    ) -> Zone:
        """Log in and learn who we are. Raises `ZoneUnreachable` or the zone's authentication error."""
        pool = ConnectionPool(session, connections)
        Background(background).start_soon(pool.watch)
        account = session.pool.account
        user, zone = account.client_user, account.client_zone
        try:
            async with pool.connection() as connection:
                version = connection.server_version
                replies = await pool.run(connection, [_who_is(user, zone).request()])
            rows = page(replies[0]).rows
        except BaseException:
            with trio.CancelScope(shield=True):
                await pool.close()
            raise
        is_administrator = any(kind == ADMINISTRATOR for _, kind in rows)
        ids = _ids(rows)
        identity = Identity(user, zone, ids, is_administrator, MODIFY_OBJECT if session.ticket__ else None)
        patience = min(PATIENCE, OF_THE_TIME_LIMIT * session.connection_timeout)
        return cls(pool, identity, version, background, clock, patience)

    async def know_groups(self) -> None:
        """Learn anew which groups the user is in, in one flight, when it was long ago that this was asked for.

        Those that were known until now count when this fails.
        """
        asked_before = self._groups_asked
        if self._clock() - asked_before <= GROUPS_FOR:
            return
        self._groups_asked = self._clock()
        who = self.identity.user
        answers = await self.beside(f"the groups of {who}", lambda: self.query(_who_is(who, self.identity.zone)))
        if answers is None:
            self._groups_asked = asked_before
        else:
            self.identity = replace(self.identity, ids=_ids(answers[0]))

    @property
    def can_truncate_replicas(self) -> bool:
        return self.server_version >= REPLICA_TRUNCATE_SINCE

    def holds(self, path: str) -> bool:
        """Whether a path lies in the zone that we are logged in to, and not in another one that it knows."""
        return path.split("/", 2)[1] == self.identity.zone

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
        return await beside(self.background, self._patience, about, fetching)

    def arriving(self, *queries: Query) -> AsyncGenerator[list[Page], None]:
        """The pages of each query as flights bring them, on one connection. What broke the line is not tried again."""
        return pages(self.pool, *(query.request for query in queries))

    async def leave(self) -> None:
        await self.pool.close()


def _who_is(user: str, zone: str) -> Query:
    """Asks for the ids of a user and its groups, and for the user's type."""
    return Query((Group.id, User.type), ((User.name, equal(user)), (User.zone, equal(zone))))


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    # A condition must have something to compare with, so there is always an id.
    return tuple(id_ for id_, _ in rows) or (NOBODY,)
