"""Opening connections: logging in within the time limit, with the password that is good by now."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import trio
from irods.session import iRODSSession

from irodsfs.grid.connection import THREADS, Login, ZoneConnection
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, describe
from irodsfs.grid.zone_timeouts import ZoneTimeouts

logger = logging.getLogger(__name__)

OURS = ""
"""The host of the server that the user has named, through which everything in the zone can be reached."""


class Logins:
    """Logs in at the server of a session, or at another server of its zone, as the same user."""

    def __init__(self, session: iRODSSession, patience: ZoneTimeouts) -> None:
        self._session = session
        self._patience = patience
        self._time_limit: float = session.connection_timeout
        self.renew: Callable[[], iRODSSession | None] = lambda: None
        """Answers another session to log in with where the zone refuses this one by now; None when there is none."""
        self._under_way: set[trio.CancelScope] = set()
        self._is_abandoned = False
        self.is_refused = False
        """True when the zone refused the user at the last login."""
        self.is_away = False
        """True when the last login failed as no zone answered."""

    async def at(self, host: str, most: float = math.inf) -> ZoneConnection:
        """A new connection, within `most` seconds. Raises `ZoneUnreachable`, or what the zone refuses it with."""
        try:
            return await self.again(host, most)
        except LOGIN_REFUSED as error:
            if host != OURS:
                raise
            renewed = await trio.to_thread.run_sync(self.renew, limiter=THREADS)
            self.is_refused = renewed is None
            if renewed is None:
                raise
            logger.info("logging in with the password that irodsfs login has kept: %s", describe(error))
            self._session = renewed
            return await self.again(host, most)

    def abandon(self) -> None:
        """End what is under way, and let everything later fail at once."""
        self._is_abandoned = True
        for login in self._under_way:
            login.cancel()

    def require_wanted(self) -> None:
        if self._is_abandoned:
            raise ZoneTimeout("nobody waits for the zone any more")

    async def again(self, host: str, most: float = math.inf) -> ZoneConnection:
        """The same, with the password as it is known."""
        with self._patience.waiting() as seconds:
            self.require_wanted()
            login = Login(self._session, host)
            try:
                with trio.fail_after(min(seconds, most)) as scope, self._noted(scope):
                    log_in = partial(ZoneConnection, login, self._time_limit)
                    connection = await trio.to_thread.run_sync(log_in, abandon_on_cancel=True, limiter=THREADS)
                    if host == OURS:
                        self.is_away = self.is_refused = False
                    return connection
            except BaseException as error:
                if host == OURS:
                    self.is_away = self.is_away or isinstance(error, (trio.TooSlowError, ZoneUnreachable))
                # The thread may be there still: without this, for as long as the zone sends a byte now and then.
                login.give_up()
                if isinstance(error, trio.TooSlowError):
                    raise ZoneTimeout("the zone did not answer in time to logging in") from error
                raise

    @contextmanager
    def _noted(self, scope: trio.CancelScope) -> Iterator[None]:
        self._under_way.add(scope)
        try:
            yield
        finally:
            self._under_way.remove(scope)
