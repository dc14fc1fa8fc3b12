"""Flights that must not take effect twice: where it is in doubt what came of them, that is looked up before it counts.

It is in doubt when the line broke, and when the zone tells a failure behind which it may have done what was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from irodsfs.grid.catalog_entries import find
from irodsfs.grid.error_kinds import may_have_been_done
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone

PAUSE = 0.5
"""Seconds in which a server that got the first sending in full has carried it out, before the second one arrives."""


@dataclass(frozen=True)
class Outcome:
    """What the last sending of a flight was answered, and whether what it denies may have taken effect."""

    replies: list[Reply]
    doubtful: bool
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
    doubtful = False
    async for attempt in retrying(least_pause=PAUSE):
        with attempt:
            try:
                replies = await zone.fly(*requests, may_repeat=True)
            except ZoneUnreachable:
                doubtful = True
                raise
    failures = [reply.failure() for reply in replies if reply.failed]
    doubtful = doubtful or any(map(may_have_been_done, failures))
    return Outcome(replies, doubtful, not failures or (doubtful and await has_effect()))


async def perform_once(zone: Zone, *requests: Request, has_effect: Callable[[], Awaitable[bool]]) -> Outcome:
    """Like `fly_once`; raises the zone's error unless the flight has its effect."""
    outcome = await fly_once(zone, *requests, has_effect=has_effect)
    outcome.check()
    return outcome


async def is_there(zone: Zone, path: str) -> bool:
    return await find(zone, path) is not None


async def is_gone(zone: Zone, path: str) -> bool:
    return await find(zone, path) is None


async def has_moved(zone: Zone, source: str, target: str) -> bool:
    return await is_gone(zone, source) and await is_there(zone, target)
