"""Flights that must not take effect twice: when the line broke, what came of them is looked up before they count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from irodsfs.grid.catalog_entries import find
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone

PAUSE = 0.5
"""Seconds in which a server that got the first sending in full has carried it out, before the second one arrives."""


@dataclass(frozen=True)
class Outcome:
    """What the last sending of a flight was answered, and whether an earlier one may have taken effect as well."""

    replies: list[Reply]
    repeated: bool
    done: bool
    """Everything has its effect, although the last replies may deny it."""

    def check(self) -> None:
        """Raise the zone's first error unless all is done."""
        if not self.done:
            for reply in self.replies:
                reply.check()


async def fly_once(zone: Zone, *requests: Request, has_effect: Callable[[], Awaitable[bool]]) -> Outcome:
    """A flight that is sent again when the line broke; the zone refuses then what had its effect already.

    `has_effect` asks the zone whether it has. Raises `ZoneUnreachable` when the zone stays away: what came of the
    flight is unknown then.
    """
    repeated = False
    async for attempt in retrying(least_pause=PAUSE):
        with attempt:
            try:
                replies = await zone.fly(*requests, may_repeat=True)
            except ZoneUnreachable:
                repeated = True
                raise
    failed = any(reply.failed for reply in replies)
    return Outcome(replies, repeated, not failed or (repeated and await has_effect()))


async def perform_once(zone: Zone, *requests: Request, has_effect: Callable[[], Awaitable[bool]]) -> Outcome:
    """Like `fly_once`; raises the zone's error unless the flight has its effect."""
    outcome = await fly_once(zone, *requests, has_effect=has_effect)
    outcome.check()
    return outcome


async def is_there(zone: Zone, path: str) -> bool:
    return await find(zone, path) is not None


async def is_gone(zone: Zone, path: str) -> bool:
    return await find(zone, path) is None
