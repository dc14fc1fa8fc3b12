"""Sessions of python-irodsclient for an account."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from irods.exception import iRODSException
from irods.session import iRODSSession

from irodsfs.config import ZoneAccount
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import OneLoginOnly, WrongZone
from irodsfs.grid.hosts import Redirect
from irodsfs.grid.login_failures import PREVENTS_LOGIN, UNKNOWN_USER, explain_login
from irodsfs.grid.server_info import introduce
from irodsfs.grid.zone import Zone
from irodsfs.user_errors import ConfigurationError

logger = logging.getLogger(__name__)

TEMPORARY = re.compile("[0-9a-f]{32}")
"""How passwords look that zones have made for one login, or for some hours."""


def open_session(account: ZoneAccount, timeout: float, ticket: str | None = None) -> iRODSSession:
    """A session that has not connected yet; each request on it may take `timeout` seconds, and uses `ticket`."""
    session = iRODSSession(**account.session_arguments())
    session.connection_timeout = timeout
    if ticket is not None:
        session.ticket__ = ticket
    return session


@asynccontextmanager
async def entered(
    account: ZoneAccount,
    background: trio.Nursery,
    *,
    connections: int,
    request_timeout: float,
    ticket: str | None = None,
    lasting: bool = False,
    redirect: Redirect | None = None,
) -> AsyncIterator[Zone]:
    """A zone that is left at the end of the block. What prevents logging in is told to the user: `IrodsfsError`.

    `lasting`: a password that is good for one login is of no use.
    """
    try:
        session = open_session(account, request_timeout, ticket)
        try:
            zone = await Zone.enter(session, connections, background, redirect=redirect)
        except UNKNOWN_USER as error:
            await _require_zone(open_session(account, request_timeout), error)
            raise
        if lasting and TEMPORARY.fullmatch(session.pool.account.password or ""):
            await _require_lasting(zone)
    except PREVENTS_LOGIN as error:
        raise explain_login(error, account) from error
    try:
        yield zone
    finally:
        with trio.CancelScope(shield=True):
            await zone.leave()


async def _require_lasting(zone: Zone) -> None:
    """Raises `OneLoginOnly` unless the password is good for a second connection, which takes the place of the first."""
    first = await zone.pool.dedicate()
    first.give_up()  # there may be one at a time only
    await zone.pool.give_back(first)
    try:
        await zone.pool.give_back(await zone.pool.dedicate())
    except LOGIN_REFUSED as error:
        await zone.leave()
        raise OneLoginOnly("the second login was refused") from error


async def _require_zone(session: iRODSSession, error: iRODSException) -> None:
    """Raises `WrongZone` when it is for that reason that the user is unknown there."""
    there = await trio.to_thread.run_sync(introduce, session)
    if there.zone != session.zone:
        raise WrongZone(there.zone) from error


class Renewal:
    """Sessions with the password that a login has kept by now: PAM passwords expire during a mount, others are changed.

    `reread` answers the account with that password.
    """

    def __init__(
        self, account: ZoneAccount, reread: Callable[[ZoneAccount], ZoneAccount], timeout: float, ticket: str | None
    ) -> None:
        self._account = account
        self._reread = reread
        self._timeout = timeout
        self._ticket = ticket
        self._has_warned = False

    def __call__(self) -> iRODSSession | None:
        """A session with the new password; None when it is still the one that was refused."""
        try:
            account = self._reread(self._account)
        except ConfigurationError as error:
            self._warn(error.message)
            return None
        if account.password == self._account.password:
            self._warn(f"the zone refuses the password of {account.user} by now: run irodsfs login")
            return None
        self._account = account
        self._has_warned = False
        return open_session(account, self._timeout, self._ticket)

    def _warn(self, reason: str) -> None:
        """Once for each password, not for each call that fails."""
        if not self._has_warned:
            logger.warning("%s", reason)
        self._has_warned = True
