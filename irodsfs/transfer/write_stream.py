"""Writing a large object into the zone while it is still being written here."""

from __future__ import annotations

import logging

import trio
from irods.exception import iRODSException

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import ZoneUnreachable, describe
from irodsfs.grid.flight import Request
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, check_descriptor
from irodsfs.transfer.spool import SpoolFile

logger = logging.getLogger(__name__)

UNANSWERED = 4
"""Write requests that may be on their way."""

AHEAD = 16 * CHUNK
"""Bytes that whoever writes may be ahead of the zone."""


class WriteStream:
    """One open replica into which ranges of a spool file go in order, pipelined, from `start` on.

    `position` is the end (in bytes) of what was handed over. The spool file keeps everything, so a stream that fails
    loses nothing: it tells so when it is finished.
    """

    def __init__(self, zone: Zone, path: str, file: SpoolFile, start: int, flags: int, resource: str | None) -> None:
        self.position = start
        self.opened = False
        self._zone = zone
        self._path = path
        self._file = file
        self._start = self._sent = start
        self._opening = requests.open_object(path, flags, resource=resource)
        self._unanswered = 0
        self._complete = False
        self._aborted = False
        self._moved = trio.Event()
        self._failure: BaseException | None = None
        self._ended = trio.Event()
        zone.background.start_soon(self._run)

    async def hand_over(self, end: int) -> None:
        """Bytes up to `end` are in the spool file; waits while the zone is too far behind."""
        self.position = end
        self._move()
        while self.position - self._sent > AHEAD and not self._ended.is_set():
            await self._moved.wait()

    async def finish(self) -> None:
        """Return when everything handed over is registered; raises what prevented it."""
        self._complete = True
        self._move()
        await self._ended.wait()
        if self._failure is not None:
            raise self._failure

    async def abort(self) -> None:
        """Close the replica as it is."""
        self._aborted = True
        self._move()
        await self._ended.wait()

    async def _run(self) -> None:
        connection = None
        try:
            connection = await self._zone.pool.dedicate()
            await self._stream(connection)
        except (iRODSException, ZoneUnreachable, OSError) as error:
            logger.info("streaming %s: %s", self._path, describe(error))
            self._failure = error
        finally:
            if connection is not None:
                await self._zone.pool.give_back(connection)
            self._ended.set()
            self._move()

    async def _stream(self, connection: ZoneConnection) -> None:
        beginning = [self._opening, *([requests.seek(FIRST_DESCRIPTOR, self._start)] if self._start else [])]
        for reply in await self._zone.pool.run(connection, beginning[:1]):
            check_descriptor(reply)
        self.opened = True
        connection.open_descriptors.add(FIRST_DESCRIPTOR)
        for reply in await self._zone.pool.run(connection, beginning[1:]):
            reply.check()
        while not self._aborted and not (self._complete and self._sent == self.position):
            if self._sent < self.position:
                await self._send_chunk(connection)
            else:
                await self._moved.wait()
        while self._unanswered:
            await self._receive(connection)
        (closed,) = await self._zone.pool.run(connection, [requests.close(FIRST_DESCRIPTOR)])
        connection.open_descriptors.clear()
        closed.check()

    async def _send_chunk(self, connection: ZoneConnection) -> None:
        size = min(CHUNK, self.position - self._sent)
        start = self._sent
        await self._zone.pool.in_thread(lambda: connection.send(self._chunk(start, size)))
        self._sent += size
        self._unanswered += 1
        self._move()
        if self._unanswered > UNANSWERED:
            await self._receive(connection)

    def _chunk(self, start: int, size: int) -> Request:
        return requests.write(FIRST_DESCRIPTOR, self._file.read(start, size))

    async def _receive(self, connection: ZoneConnection) -> None:
        reply = await self._zone.pool.in_thread(connection.receive)
        self._unanswered -= 1
        reply.check()

    def _move(self) -> None:
        self._moved.set()
        self._moved = trio.Event()
