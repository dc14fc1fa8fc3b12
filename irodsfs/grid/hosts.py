"""Which servers of a zone have which resources, and which of them are asked for the content of large objects.

Whatever is believed here may be wrong without harm: each server passes on what another one has.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from cachetools import TTLCache
from irods.exception import SYS_RESC_IS_DOWN, iRODSException
from irods.message import STR_PI, iRODSMessage
from irods.models import DataObject, Resource

from irodsfs.grid import requests
from irodsfs.grid.connection import SERVER_INFORMATION
from irodsfs.grid.error_kinds import Kind, kind_of
from irodsfs.grid.errors import ZONE_FAILURES, ZoneUnreachable, describe
from irodsfs.grid.logins import OURS
from irodsfs.grid.own_host import OwnHost
from irodsfs.grid.pool import ConnectionPool
from irodsfs.grid.queries import Query, Row, data_object_at

logger = logging.getLogger(__name__)

Redirect = Literal["auto", "on", "off"]

AWAY = 600.0
"""Seconds for which a host that could not be reached is not tried again."""

RENEWED = 30.0
"""Seconds that pass at least between two questions for the resources because of ids that nobody knows."""

MEASURED = 300.0
"""Seconds for which it is believed how far a host is away."""

ANSWERS = 3
"""Of so many the quickest one tells that."""

CHOSEN = 60.0
"""Seconds for which it is believed where a zone puts new objects."""

FEWEST_CONNECTIONS = 4
"""Where there are less, none can be spared for other servers."""

TELLS_PLACES_SINCE = (4, 3, 1)
GOOD = "1"

RESOURCES = Query((Resource.id, Resource.name, Resource.location))


class Asked(Protocol):
    """The zone, as far as it is asked for hosts."""

    pool: ConnectionPool
    server_version: tuple[int, ...]

    def holds(self, path: str) -> bool:
        """Whether a path lies in it, and not in another zone."""

    async def query(self, *queries: Query) -> list[list[Row]]:
        """The rows of each query."""


@dataclass(frozen=True)
class Route:
    """The hosts to ask for the content of an object, the best one first; `is_relayed` when ours would pass it on.

    `resource` is where a new object goes, None where the zone has the choice.
    """

    hosts: tuple[str, ...] = (OURS,)
    is_relayed: bool = False
    resource: str | None = None


class Hosts:
    """The way to the content of objects in one zone, straight to the servers that have it, or by ours."""

    def __init__(
        self, zone: Asked, redirect: Redirect | None, own: OwnHost, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.known_at: Callable[[str], Sequence[int]] = lambda path: ()
        """The resources of the good replicas of what is at a path, as far as somebody knows them without asking."""
        self._zone = zone
        self._redirect = redirect
        self._own = own
        self._clock = clock
        self._of_id: dict[int, str] = {}
        self._of_name: dict[str, str] = {}
        self._asked_at = -math.inf
        self._away: dict[str, float] = {}
        self._round_trips: TTLCache[str, float] = TTLCache(64, MEASURED, timer=clock)
        self._chosen: TTLCache[str, Route] = TTLCache(64, CHOSEN, timer=clock)
        if redirect == "auto":
            zone.pool.failed = self.failed

    async def learn(self, rows: Sequence[Row]) -> None:
        """Take what the zone has answered to the query for `RESOURCES`."""
        locations = {row[2] for row in rows}
        hosts = {location: await self._own.host_at(location) for location in locations}
        self._of_id = {int(id_): hosts[location] for id_, _, location in rows}
        self._of_name = {name: hosts[location] for _, name, location in rows}
        self._asked_at = self._clock()

    async def route(self, path: str) -> Route:
        """To the content of an existing object: to a server that has a good replica, where that is worth it."""
        if self._redirect is None or not self._zone.holds(path):
            return Route()
        resources = self.known_at(path)
        await self._know(resources)
        if not self._are_several:
            return Route()
        if self._goes_straight and not resources:
            resources = await self._resources_at(path)
            await self._know(resources)
        hosts = list(dict.fromkeys(self._of_id.get(each, OURS) for each in resources))
        return await self._route(hosts)

    async def route_of_new(self, path: str, resource: str | None) -> Route:
        """To the server that has the resource which a new object goes to, by name or by the zone's choice."""
        if not (self._zone.holds(path) and self._are_several):
            return Route(resource=resource)
        if not self._goes_straight:
            return Route((OURS,), self._of_name.get(resource or "", OURS) != OURS, resource)
        key = resource or ""
        if key not in self._chosen:
            self._chosen[key] = await self._choice(path, resource)
        known = self._chosen[key]
        route = await self._route(list(known.hosts))
        return Route(route.hosts, route.is_relayed, known.resource)

    def failed(self, host: str, error: Exception) -> bool:
        """A host could not be reached, which is not tried again for a while: others are. True."""
        level = logging.DEBUG if host in self._away else logging.WARNING
        logger.log(level, "%s can't be reached from here, so its data come by relay: %s", host, describe(error))
        self._away[host] = self._clock() + AWAY
        return True

    @contextmanager
    def blamed(self, host: str) -> Iterator[None]:
        """What another server than ours can't reach in the block is not asked of that for a while, but of others.

        Raises `ZoneUnreachable` for it.
        """
        try:
            yield
        except iRODSException as error:
            # What is down for everybody is so by every way.
            if host == OURS or kind_of(error) is not Kind.RESOURCE_DOWN or isinstance(error, SYS_RESC_IS_DOWN):
                raise
            self.failed(host, error)
            raise ZoneUnreachable(f"{host} can't get at it: {describe(error)}") from error

    @property
    def _goes_straight(self) -> bool:
        return self._redirect in ("auto", "on") and self._zone.pool.size >= FEWEST_CONNECTIONS

    @property
    def _are_several(self) -> bool:
        return any(host != OURS for host in self._of_id.values())

    async def _route(self, hosts: list[str]) -> Route:
        is_relayed = bool(hosts) and OURS not in hosts
        if not self._goes_straight:
            return Route((OURS,), is_relayed)
        if self._redirect == "on" and is_relayed:
            return Route(tuple(await self._nearest_first(hosts)), is_relayed)
        now = self._clock()
        usable = [host for host in hosts if self._away.get(host, -math.inf) <= now]
        others = [host for host in await self._nearest_first(usable) if host != OURS]
        ahead_of_ours = others if is_relayed else [host for host in others if self._is_nearer(host)]
        return Route((*ahead_of_ours, OURS), is_relayed)

    def _is_nearer(self, host: str) -> bool:
        return self._round_trip(host) < self._round_trip(OURS)

    def _round_trip(self, host: str) -> float:
        return self._round_trips.get(host, math.inf)

    async def _nearest_first(self, hosts: list[str]) -> list[str]:
        if len(hosts) > 1:
            for host in hosts:
                if host not in self._round_trips:
                    await self._measure(host)
        return sorted(hosts, key=self._round_trip)

    async def _measure(self, host: str) -> None:
        """Connect, and see how long answers take that cost the server nothing."""
        pool = self._zone.pool
        try:
            async with pool.connection(host) as connection:
                for _ in range(ANSWERS):
                    began = self._clock()
                    await pool.run(connection, [SERVER_INFORMATION])
                    self._round_trips[host] = min(self._round_trip(host), self._clock() - began)
        except ZONE_FAILURES as error:
            logger.debug("measuring the way to %s: %s", host, describe(error))

    async def _know(self, resources: Sequence[int]) -> None:
        """Ask again when there is one that was not there when we asked."""
        if self._clock() - self._asked_at > RENEWED and not self._of_id.keys() >= set(resources):
            (rows,) = await self._zone.query(RESOURCES)
            await self.learn(rows)

    async def _resources_at(self, path: str) -> Sequence[int]:
        (rows,) = await self._zone.query(Query((DataObject.resc_id, DataObject.replica_status), data_object_at(path)))
        return [int(resource) for resource, status in rows if status == GOOD]

    async def _choice(self, path: str, resource: str | None) -> Route:
        if self._zone.server_version < TELLS_PLACES_SINCE:
            return Route((self._of_name.get(resource or "", OURS),), resource=resource)
        (reply,) = await self._zone.pool.fly(requests.place_of_new(path, resource), repeat=True)
        if reply.failed:
            return Route(resource=resource)  # opening it will tell why
        answer = json.loads(str(iRODSMessage(msg=reply.body).get_main_message(STR_PI).myStr))
        # Another server may have another default: it is told what ours would take.
        root = answer["resource_hierarchy"].partition(";")[0]
        return Route((await self._own.host_at(answer["host"]),), resource=resource or root)
