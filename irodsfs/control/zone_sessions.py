"""Logged-in zones, kept for the next request of the same user for a limited time."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import trio

from irodsfs.config import ZoneAccount
from irodsfs.grid.irods_sessions import open_session
from irodsfs.grid.zone import Zone

logger = logging.getLogger(__name__)

MOST_SESSIONS = 64

Attempt = Callable[[], AbstractContextManager[None]]
"""Makes what a login happens in."""


@dataclass
class Session:
    """A zone as one user sees it, with a ticket or without. `users` counts the requests that work with it."""

    zone: Zone
    account: ZoneAccount
    entered: float
    ticket: str | None = None
    users: int = 0
    retired: bool = False

    @property
    def password(self) -> str:
        return self.account.password.get_secret_value() if self.account.password else ""


@dataclass
class _Slot:
    lock: trio.Lock = field(default_factory=trio.Lock)
    session: Session | None = None
    waiting: int = 0


class Sessions:
    """Sessions by user, password and ticket; each has a few connections and lives for `lifetime` seconds."""

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        connections: int,
        timeout: float,
        lifetime: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` in seconds, for each request to the zone."""
        self._nursery = nursery
        self._connections = connections
        self._timeout = timeout
        self._lifetime = lifetime
        self._clock = clock
        self._slots: dict[str, _Slot] = {}

    @asynccontextmanager
    async def session(
        self, account: ZoneAccount, ticket: str | None = None, attempt: Attempt = nullcontext
    ) -> AsyncIterator[Session]:
        """A session for the time of the block. Raises what logging in raises, or the `attempt` at it."""
        session = await self._obtain(account, ticket, attempt)
        session.users += 1
        try:
            yield session
        finally:
            session.users -= 1
            if session.retired and not session.users:
                with trio.CancelScope(shield=True):
                    await session.zone.leave()

    def __len__(self) -> int:
        return sum(1 for slot in self._slots.values() if slot.session is not None)

    async def close(self) -> None:
        for slot in list(self._slots.values()):
            await self._retire(slot)
        self._slots.clear()

    async def _obtain(self, account: ZoneAccount, ticket: str | None, attempt: Attempt) -> Session:
        key = digest(account, ticket)
        slot = self._slots.setdefault(key, _Slot())
        slot.waiting += 1
        try:
            async with slot.lock:
                if slot.session is not None and self._clock() - slot.session.entered >= self._lifetime:
                    await self._retire(slot)
                if slot.session is None:
                    with attempt():
                        slot.session = await self._enter(account, ticket)
                    await self._make_room(slot)
                return slot.session
        finally:
            slot.waiting -= 1
            if slot.session is None and not slot.waiting:
                self._slots.pop(key, None)

    async def _enter(self, account: ZoneAccount, ticket: str | None) -> Session:
        session = open_session(account, self._timeout, ticket)
        zone = await Zone.enter(session, self._connections, self._nursery)
        return Session(zone, account, self._clock(), ticket)

    async def _make_room(self, newest: _Slot) -> None:
        oldest_first = sorted(
            (slot for slot in self._slots.values() if slot is not newest and not slot.waiting),
            key=lambda slot: slot.session.entered if slot.session else 0.0,
        )
        for slot in oldest_first[: max(0, len(self) - MOST_SESSIONS)]:
            await self._retire(slot)
        self._slots = {key: slot for key, slot in self._slots.items() if slot.session or slot.waiting}

    async def _retire(self, slot: _Slot) -> None:
        session, slot.session = slot.session, None
        if session is not None:
            session.retired = True
            if not session.users:
                await session.zone.leave()


def digest(account: ZoneAccount, ticket: str | None = None) -> str:
    """Stands for a user with a password and a ticket, and tells none of them."""
    password = account.password.get_secret_value() if account.password else ""
    identity = [account.user, account.zone, account.authentication_scheme, password, ticket or ""]
    return hashlib.sha256("\0".join(identity).encode("utf-8", "surrogateescape")).hexdigest()
