"""Who the user is in each zone: the user and its groups have ids of their own in every catalog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from irods.models import Group, User

from irodsfs.grid.queries import Query, Row, equal

FOR = 30.0
"""Seconds for which the groups of the user are believed."""

ADMINISTRATOR = "rodsadmin"

NOBODY = "0"
"""An id that no user and no group has."""


@dataclass(frozen=True)
class Identity:
    """The user that requests are made as: its name, its own zone, the ids of itself and its groups in one catalog."""

    user: str
    zone: str
    ids: tuple[str, ...]
    is_administrator: bool
    """True of those to whom queries show also what no permission names them for."""
    assumed_access: int | None = None
    """With a ticket, the access level where no permission is found: what it opens is for the server to decide."""


class Asks(Protocol):
    """A zone to be asked, which knows others."""

    async def query(self, *queries: Query) -> list[list[Row]]: ...

    async def beside(self, about: str, fetching: Callable[[], Awaitable[Identity]]) -> Identity | None: ...


@dataclass
class _Known:
    identity: Identity
    asked_at: float


class Identities:
    """Asks for each zone in one flight, when that is wanted or was long ago."""

    def __init__(self, zone: Asks, name: str, own: Identity, clock: Callable[[], float]) -> None:
        """`own` is who the user is in the zone of the server, which has that `name`."""
        self._zone = zone
        self._name = name
        self._clock = clock
        self._known = {name: _Known(own, clock())}

    @property
    def own(self) -> Identity:
        return self._known[self._name].identity

    async def in_zone(self, name: str) -> Identity:
        """Who the user is there. What was known until now counts when asking anew fails."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _Known(await self._ask(name), self._clock())
        elif self._clock() - known.asked_at > FOR:
            asked_before, known.asked_at = known.asked_at, self._clock()
            found = await self._zone.beside(f"the groups of {self.own.user}", lambda: self._ask(name))
            if found is None:
                known.asked_at = asked_before
            else:
                known.identity = replace(known.identity, ids=found.ids)
        return known.identity

    async def _ask(self, name: str) -> Identity:
        who = self.own
        query = who_is(who.user, who.zone)
        (rows,) = await self._zone.query(query if name == self._name else replace(query, options={"zone": name}))
        # Servers present tickets to no other server.
        return identity_of(who.user, who.zone, rows)


def who_is(user: str, zone: str) -> Query:
    """Asks for the ids of a user and its groups, and for the user's type."""
    return Query((Group.id, User.type), ((User.name, equal(user)), (User.zone, equal(zone))))


def identity_of(user: str, zone: str, rows: Iterable[Row], assumed_access: int | None = None) -> Identity:
    """The identity that `who_is` was answered with."""
    found = list(rows)
    # A condition must have something to compare with, so there is always an id.
    ids = tuple(id_ for id_, _ in found) or (NOBODY,)
    return Identity(user, zone, ids, any(kind == ADMINISTRATOR for _, kind in found), assumed_access)
