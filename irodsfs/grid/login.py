"""Sessions of python-irodsclient for an account."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from irods.exception import iRODSException
from irods.session import iRODSSession

from irodsfs.config import ZoneAccount
from irodsfs.errors import AuthenticationError, ConfigurationError, MountError, UnreachableError
from irodsfs.grid.error_kinds import LOGIN_REFUSED
from irodsfs.grid.errors import LoginNeedsTls, ZoneUnreachable, summarise
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)


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
) -> AsyncIterator[Zone]:
    """A zone that is left at the end of the block. What prevents logging in is told to the user: `MountError`."""
    where = f"{account.host}:{account.port}"
    try:
        zone = await Zone.enter(open_session(account, request_timeout, ticket), connections, background)
    except LOGIN_REFUSED as error:
        raise AuthenticationError(
            f"Zone {account.zone} on {where} refused {account.user} with this password ({summarise(error)}): "
            "check the user name, and run iinit or set IRODSFS_PASSWORD."
        ) from error
    except ZoneUnreachable as error:
        raise UnreachableError(
            f"No iRODS server answers on {where} ({error}): check host and port, and the network."
        ) from error
    except (iRODSException, LoginNeedsTls, ValueError, OSError) as error:
        raise MountError(f"Logging in to zone {account.zone} on {where} failed: {summarise(error)}.") from error
    try:
        yield zone
    finally:
        with trio.CancelScope(shield=True):
            await zone.leave()


class Renewal:
    """Sessions with the password that iinit has kept by now: PAM passwords expire during a mount, others are changed.

    `reread` answers the account with that password.
    """

    def __init__(
        self, account: ZoneAccount, reread: Callable[[ZoneAccount], ZoneAccount], timeout: float, ticket: str | None
    ) -> None:
        self._account = account
        self._reread = reread
        self._timeout = timeout
        self._ticket = ticket

    def __call__(self) -> iRODSSession | None:
        """A session with the new password; None when it is still the one that was refused."""
        try:
            account = self._reread(self._account)
        except ConfigurationError as error:
            logger.warning("%s", error)
            return None
        if account.password == self._account.password:
            logger.warning("the zone refuses the password of %s by now: run iinit to log in again", account.user)
            return None
        self._account = account
        return open_session(account, self._timeout, self._ticket)
