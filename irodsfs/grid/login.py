"""Sessions of python-irodsclient for an account."""

from __future__ import annotations

from irods.session import iRODSSession

from irodsfs.config import ZoneAccount


def open_session(account: ZoneAccount, timeout: float, ticket: str | None = None) -> iRODSSession:
    """A session that has not connected yet; each request on it may take `timeout` seconds, and uses `ticket`."""
    session = iRODSSession(**account.session_arguments())
    session.connection_timeout = timeout
    if ticket is not None:
        session.ticket__ = ticket
    return session
