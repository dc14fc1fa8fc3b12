"""Writing a data object from a source that comes by once, in constant memory."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply, Request, Stored
from irodsfs.grid.logins import OURS
from irodsfs.grid.pool import Place
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, check_descriptor
from irodsfs.transfer.memory import Part, Share

UNANSWERED = 4
"""Write requests that may be on their way."""

CHEAP = 2.0
"""Seconds of work that are soon done again: so short a stream is not asked first whether its line still works."""


class Writer:
    """An open replica that takes bytes in order. Nothing is registered before `close` has returned.

    A source is told of a failure by the next call, at the latest by `close`.

    `flags` are those of open(2); writing starts at `offset` bytes; `checksum` as in `TransferOptions`. Without a
    `place` that was kept for it, it must come to its end without anybody else's doing. It writes to the first of the
    `hosts` that can be reached, or to our own where none is named. What is asked `after_opening` goes in the same
    flight; its answers are the last ones in `opened`. `may_repeat`: when the line breaks, the caller writes all of it
    again.
    """

    def __init__(
        self,
        zone: Zone,
        path: str,
        flags: int,
        *,
        offset: int = 0,
        resource: str | None = None,
        checksum: str | None = None,
        after_opening: Sequence[Request] = (),
        place: Place | None = None,
        hosts: Sequence[str] = (),
        may_repeat: bool = False,
    ) -> None:
        self._zone = zone
        self._place = place
        self._hosts = hosts
        self._opening = [requests.open_object(path, flags, resource=resource, checksum=checksum or None)]
        self._opening += [requests.seek(FIRST_DESCRIPTOR, offset, os.SEEK_SET)] if offset else []
        self._opening += after_opening
        self._may_repeat = may_repeat
        self._spent = 0.0
        """Seconds that it has taken the zone to get what it has."""
        self.opened: list[Reply] = []
        self._connection: ZoneConnection | None = None
        self._buffer = bytearray()
        self._share = Share()
        """What the buffer takes of the memory."""
        self._unanswered = 0

    async def open(self) -> None:
        """Raises the zone's error, or `ZoneUnreachable`."""
        proven = not self._may_repeat
        self._connection = await self._zone.pool.dedicate(self._place, *self._hosts, proven=proven)
        try:
            self.opened = await self._zone.pool.run(self._connection, self._opening, may_repeat=self._may_repeat)
            with self._zone.hosts.blamed(self._connection.host):
                check_descriptor(self.opened[0])
            self._connection.open_descriptors.add(FIRST_DESCRIPTOR)
            for reply in self.opened:
                reply.check()
        except BaseException:
            await self._leave()
            raise

    @property
    def host(self) -> str:
        """The other server that it writes to, empty for our own."""
        return OURS if self._connection is None else self._connection.host

    async def write(self, content: bytes | bytearray) -> None:
        """Take bytes in any portions; they go in requests of a chunk, or smaller ones where memory has no room."""
        if not self._buffer and len(content) >= CHUNK:
            await self.send(content)
            return
        self._buffer += content
        if len(self._buffer) >= CHUNK or not self._share.resize(len(self._buffer), Part.ON_ITS_WAY):
            await self._send_buffer()

    async def send(self, content: bytes | bytearray | Stored) -> None:
        """Take bytes as one request."""
        connection = self._connection
        if connection is None:
            raise ZoneUnreachable("the data object is not open any more")
        if not connection.is_proven:
            # These have come long ago, or the line has been forgotten meanwhile.
            await self._receive_all(connection)
        receives = self._unanswered == UNANSWERED

        def exchange() -> Reply | None:
            connection.send(requests.write(FIRST_DESCRIPTOR, content), spent=self._spent)
            return connection.receive() if receives else None

        began = time.monotonic()
        reply = await self._zone.pool.talk(connection, exchange)
        self._spent += time.monotonic() - began
        if reply is None:
            self._unanswered += 1
        else:
            reply.check()

    async def close(self) -> None:
        """Return when everything is registered."""
        assert self._connection is not None
        try:
            if self._buffer:
                await self._send_buffer()
            await self._receive_all(self._connection)
            closing = [requests.close(FIRST_DESCRIPTOR, written=self._spent > CHEAP)]
            (closed,) = await self._zone.pool.run(self._connection, closing, may_repeat=self._may_repeat)
            self._connection.open_descriptors.clear()
            closed.check()
        finally:
            await self._leave()

    async def abort(self) -> None:
        """Leave without a word; the server closes the replica and marks it as stale."""
        await self._leave()

    async def _send_buffer(self) -> None:
        content, self._buffer = self._buffer, bytearray()
        try:
            await self.send(content)
        finally:
            self._share.give_back()

    async def _receive_all(self, connection: ZoneConnection) -> None:
        while self._unanswered:
            await self._receive(connection)

    async def _receive(self, connection: ZoneConnection) -> None:
        reply = await self._zone.pool.talk(connection, connection.receive)
        self._unanswered -= 1
        reply.check()

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        self._share.give_back()
        if connection is not None:
            connection.broken = connection.broken or bool(connection.open_descriptors)
            await self._zone.pool.give_back(connection)
