"""A bounded pool of warm connections; flights run on them in worker threads."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import trio
from irods.session import iRODSSession

from irodsfs.grid.background import Background
from irodsfs.grid.connection import PROVEN_SECONDS, THREADS, ZoneConnection
from irodsfs.grid.errors import ZONE_FAILURES, ZoneUnreachable, describe
from irodsfs.grid.flight import Reply, Request
from irodsfs.grid.logins import OURS, Logins
from irodsfs.grid.retrying import retrying
from irodsfs.grid.turns import Turns
from irodsfs.grid.zone_timeouts import ZoneTimeouts, one_call, under_way

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

QUIET = 1.2
"""Seconds without an answer to what may be asked again, after which it is seen whether a new connection works."""

IDLE = 10.0
"""Seconds after which a holder gives back a connection that nobody has used."""

SLICE = 0.25
"""Seconds for which a holder has a connection to itself that it uses, whoever waits for one."""

TRIED = 5.0
"""Seconds at the most for which a login at another server of the zone is waited for."""

LOOKS = 0.25
"""Seconds between two looks at the connections in use."""


class Holder(Protocol):
    """Has a connection that it can do without for a while, such as a reader with an open data object."""

    @property
    def idle_since(self) -> float:
        """Since when (seconds of trio's clock) nobody needs it; infinite while somebody does."""

    async def give_back(self) -> None:
        """Give the connection back as soon as its replies have come."""


@dataclass(eq=False)
class Place:
    """What a connection in use counts as. `kept`: it may be out for long, and `for_good` when nobody can ask for it.

    `since` is when (seconds of trio's clock) the `holder` got it, who may be `asked` to give it back.
    """

    kept: bool = False
    for_good: bool = False
    holder: Holder | None = None
    since: float = 0.0
    asked: bool = False


class ConnectionPool:
    """At most `size` connections at a time, opened side by side when wanted and kept for the next user.

    Most are out for one flight. Others are out for longer, with a descriptor open: one is left for flights then, where
    there are more than two. Of these, holders give back theirs when somebody waits: those that nobody uses at once, the
    others in turns. Those that nobody could give back are half of them at the most, and nobody waits for one of these:
    it is there, or not. So everybody who waits for a connection gets one, whatever the others do.

    Some may lead to other servers of the zone, which have the content of objects: they count as all others do. One that
    is idle makes room for another one that leads elsewhere.
    """

    def __init__(self, session: iRODSSession, size: int, background: Background) -> None:
        self.size = size
        self._background = background
        self._turns = Turns(size, self._ask)
        kept = size - 1 if size > 2 else size
        self._kept = Turns(kept, self._ask)
        self._for_good = min(size // 2, kept - 1)
        self._time_limit: float = session.connection_timeout
        self._patience = ZoneTimeouts(self._time_limit)
        self.logins = Logins(session, self._patience)
        self.failed: Callable[[str, Exception], bool] = lambda host, error: False
        """Is told why another server of the zone than ours could not be reached; whether it can be done without."""
        self._in_use: dict[ZoneConnection, Place] = {}
        self._used = trio.Event()
        self._watching = trio.CancelScope()
        self._quiet = QUIET
        self._idle: list[ZoneConnection] = []
        self._closed = False

    @property
    def in_use(self) -> int:
        """How many connections are out."""
        return len(self._in_use)

    @asynccontextmanager
    async def connection(self, *hosts: str, proven: bool = False) -> AsyncIterator[ZoneConnection]:
        """One connection for the time of the block; it comes back to the pool unless it broke."""
        with one_call():  # to which waiting for the turn belongs
            connection = await self.dedicate(None, *hosts, proven=proven)
            try:
                yield connection
            finally:
                await self.give_back(connection)

    @asynccontextmanager
    async def spare(self, host: str = OURS) -> AsyncIterator[ZoneConnection | None]:
        """One connection for the time of the block; None when it would leave too few to others."""
        if self._turns.free <= max(1, self.size // 2) or not self._kept.take_nowait():
            yield None
            return
        connection = await self.dedicate(Place(kept=True), host)
        try:
            yield connection
        finally:
            await self.give_back(connection)

    async def dedicate(self, place: Place | None = None, *hosts: str, proven: bool = False) -> ZoneConnection:
        """A connection until it is given back: without a place to keep, for what ends without anybody else's doing.

        It leads to the first of these hosts that can be reached, or to our own where none is named. `proven`: something
        has come on it since the present call began. What can't be asked again needs that.
        """
        place = place or Place()
        try:
            # Nobody who has a turn waits for a lock of an inode or of the catalog: so it comes back.
            await self._turns.take()
            try:
                believed = min(PROVEN_SECONDS, under_way()[0]) if proven else PROVEN_SECONDS
                connection = await self._working_at(hosts or (OURS,), believed)
            except BaseException:
                self._turns.give()
                raise
        except BaseException:
            self._leave(place)
            raise
        place.since = trio.current_time()
        self._in_use[connection] = place
        self._used.set()
        return connection

    async def lend(self, holder: Holder, *hosts: str) -> ZoneConnection:
        """A connection until it is given back, for which the holder may be asked."""
        await self._kept.take()
        return await self.dedicate(Place(kept=True, holder=holder), *hosts)

    def let_wait(self, connection: ZoneConnection, holder: Holder) -> bool:
        """Whether a connection in use may be out for longer, with a holder who may be asked for it."""
        place = self._in_use[connection]
        if not (place.kept or self._kept.take_nowait()):
            return False
        place.kept, place.holder = True, holder
        return True

    def keep(self) -> Place | None:
        """A place to dedicate a connection to for as long as anybody likes; None when too few would be left."""
        place = Place()
        return place if self._keep(place) else None

    def retain(self, connection: ZoneConnection) -> bool:
        """Whether a connection in use may be out from now on for as long as anybody likes."""
        place = self._in_use[connection]
        if not self._keep(place):
            return False
        place.holder = None
        return True

    def _keep(self, place: Place) -> bool:
        if not (place.for_good or self._for_good):
            return False
        if not (place.kept or self._kept.take_nowait()):
            return False
        self._for_good -= not place.for_good
        place.kept = place.for_good = True
        return True

    def _leave(self, place: Place) -> None:
        if place.kept:
            self._kept.give()
        if place.for_good:
            self._for_good += 1
        place.kept = place.for_good = False

    def _ask(self) -> None:
        """Somebody waits: ask for the connection of the holder who can best do without."""
        places = self._in_use.values()
        if sum(place.asked for place in places) >= self._turns.waiting + self._kept.waiting:
            return
        now = trio.current_time()
        due = [
            (place.holder.idle_since, place.since, id(place), place)
            for place in places
            if place.holder is not None
            and not place.asked
            and (place.holder.idle_since <= now or now - place.since >= SLICE)
        ]
        if due:
            self._ask_for(min(due)[-1])

    def _ask_for(self, place: Place) -> None:
        place.asked = True
        self._background.start_soon(self._recover, place)

    async def _recover(self, place: Place) -> None:
        try:
            if place.holder is not None:
                await place.holder.give_back()
        finally:
            place.asked = False

    def _ask_idle(self) -> None:
        """What nobody has used for a while need not stay open in the zone."""
        latest = trio.current_time() - IDLE
        for place in list(self._in_use.values()):
            if place.holder is not None and not place.asked and place.holder.idle_since <= latest:
                self._ask_for(place)

    async def _working_at(self, hosts: Sequence[str], seconds: float) -> ZoneConnection:
        """One on which something has come within so many seconds."""
        for host, last in zip(hosts, [False] * (len(hosts) - 1) + [True], strict=True):
            try:
                return await self._working(host, seconds)
            except ZONE_FAILURES as error:
                self.logins.require_wanted()
                if host != OURS:
                    self.failed(host, error)
                if last:
                    raise
        raise AssertionError("there is always a host")

    async def _working(self, host: str, seconds: float) -> ZoneConnection:
        for connection in reversed([each for each in self._idle if each.host == host]):
            if connection not in self._idle:
                continue  # dropped, or taken, meanwhile
            self._idle.remove(connection)
            if connection.is_usable() and await self._still_works(connection, seconds):
                return connection
            await self._drop(connection)
        while len(self._idle) > self._turns.free:
            # Those who have a turn, and what is idle, are never more than there may be. These lead elsewhere.
            await self._drop(self._idle.pop(0))
        return await self.logins.at(host, self._time_limit if host == OURS else min(TRIED, self._time_limit))

    async def _still_works(self, connection: ZoneConnection, seconds: float) -> bool:
        if connection.silence < seconds:
            return True
        try:
            await self.talk(connection, connection.prove)
        except ZoneUnreachable as error:
            logger.info("%s", describe(error))
            return False
        return True

    async def give_back(self, connection: ZoneConnection) -> None:
        """Keep a connection for the next user, or close it when it broke or has something open."""
        connection.may_repeat = False
        with trio.CancelScope(shield=True):
            # Until it is closed, it still counts.
            if self._closed or connection.broken or connection.open_descriptors:
                await self._drop(connection)
            else:
                self._idle.append(connection)
        place = self._in_use.pop(connection)
        self._turns.give()
        self._leave(place)

    async def _drop(self, connection: ZoneConnection) -> None:
        """Close a connection; when nothing moved on it any more, then also others that may have had the same lot."""
        lost = [each for each in self._idle if each.host == connection.host and each.heard_at < connection.lost_at]
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
            self.logins.require_wanted()
            connection.time_limit = seconds
            # What has been given up before in this call may be slow, wherever it is asked.
            connection.patience = 2 * under_way()[1]
            try:
                return await self.in_thread(call)
            except ZoneUnreachable:
                self.logins.require_wanted()
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
                self._ask_idle()
                await self._replace([each for each in self._in_use if each.is_silent(self._quiet)])
                if not self._in_use:
                    self._used = trio.Event()

    async def _replace(self, silent: list[ZoneConnection]) -> None:
        for host in {each.host for each in silent}:
            await self._replace_at(host, [each for each in silent if each.host == host])

    async def _replace_at(self, host: str, silent: list[ZoneConnection]) -> None:
        began = time.monotonic()
        try:
            new = await self.logins.again(host, self._time_limit if host == OURS else min(TRIED, self._time_limit))
        except Exception as error:
            logger.debug("a new connection: %s", describe(error))
            if host != OURS and isinstance(error, ZONE_FAILURES) and self.failed(host, error):
                self._give_up(silent, self._quiet)  # what is asked there may be had from another server
            else:
                # Those who wait are told when their time is over.
                await trio.sleep(QUIET)
            return
        # Logging in takes several answers: where that takes long, so may the one that is waited for.
        quiet = max(self._quiet, 2 * (time.monotonic() - began))
        await trio.sleep(max(0.0, quiet - max(each.silent_for() for each in silent)))
        self._give_up(silent, quiet)
        # Beside those that carry nothing any more, not beside all that there may be.
        used = self.size - self._turns.free - sum(each.broken for each in self._in_use)
        if self._closed or used + len(self._idle) >= self.size:
            await self._drop(new)
        else:
            self._idle.append(new)

    def _give_up(self, silent: list[ZoneConnection], quiet: float) -> None:
        for each in silent:
            if each in self._in_use and each.is_silent(quiet):
                logger.info("a connection has carried nothing for %.1f seconds", each.silent_for())
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
        async with self.connection(proven=True) as connection:
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
        self.logins.abandon()
        for connection in self._in_use:
            connection.give_up()

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
        async with self.connection(proven=not may_repeat) as connection:
            return await self.run(connection, requests, may_repeat=may_repeat)
