"""Sessions of python-irodsclient for an account."""

from __future__ import annotations

import logging
from collections.abc import Callable

from irods.session import iRODSSession

from irodsfs.config import ZoneAccount
from irodsfs.errors import ConfigurationError

logger = logging.getLogger(__name__)


def open_session(account: ZoneAccount, timeout: float, ticket: str | None = None) -> iRODSSession:
    """A session that has not connected yet; each request on it may take `timeout` seconds, and uses `ticket`."""
    session = iRODSSession(**account.session_arguments())
    session.connection_timeout = timeout
    if ticket is not None:
        session.ticket__ = ticket
    return session


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
