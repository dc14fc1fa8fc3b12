"""Whose zone a request works with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.requests import Request

from irodsfs.config import ZoneAccount
from irodsfs.control.http_operations import Operation
from irodsfs.control.zone_sessions import Session, Sessions


class Access(Protocol):
    """Decides which requests are answered, and who they are made as."""

    async def admit(self, request: Request, operation: Operation) -> None:
        """Raises `ControlError` for a request that is not to be answered."""

    def session(self, request: Request, ticket: str | None) -> AbstractAsyncContextManager[Session]:
        """A session of the request's user, through a ticket where one is given. Raises `ControlError`."""


class OwnersAccess:
    """Every request is the mount's user's: only its owner reaches the socket."""

    def __init__(self, sessions: Sessions, account: Callable[[], ZoneAccount], ticket: str | None) -> None:
        """`account` is with the password of now, `ticket` the one of the mount itself."""
        self._sessions = sessions
        self._account = account
        self._ticket = ticket

    async def admit(self, request: Request, operation: Operation) -> None:
        """Who reached the socket is admitted."""

    def session(self, request: Request, ticket: str | None) -> AbstractAsyncContextManager[Session]:
        return self._sessions.session(self._account(), ticket or self._ticket)
