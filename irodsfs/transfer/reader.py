"""Reading a large data object by ranges, on a descriptor that stays open."""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import ZONE_FAILURES, ZoneTimeout, describe
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer import replica
from irodsfs.transfer.checksums import ChecksumMismatchError, Verification
from irodsfs.transfer.flights import CHUNK
from irodsfs.transfer.memory import Share
from irodsfs.transfer.readahead import ReadAhead
from irodsfs.transfer.versions import Version

logger = logging.getLogger(__name__)

RANDOM_READ = 64 * 1024
"""Bytes fetched for a read that does not follow the one before."""


class ReaderClosed(Exception):
    """Who had this reader closed it meanwhile: another one has taken its place, or bytes that are here."""


class Reader:
    """Ranges of one data object. Holds a connection from `open` to `close`, after which it can't be used any more.

    Random reads fetch little more than they ask for; as soon as reads follow one another, a `ReadAhead` takes over.
    """

    def __init__(self, zone: Zone, path: str, *, verify: bool) -> None:
        self._zone = zone
        self.path: str | None = path
        """Where the object is now; None when it was unlinked."""
        self._verify = verify
        self._closed = False
        self.size = 0
        self.version: Version | None = None
        self.checksum = ""
        self._connection: ZoneConnection | None = None
        self._lock = trio.Lock()
        self._window = memoryview(b"")
        self._window_start = 0
        self._share = Share()
        """What the window takes of the memory."""
        self._expected = -1
        self._ahead: ReadAhead | None = None
        self._alone_at = -1
        """Where a read is to be tried alone, because reading ahead has failed there."""

    async def open(self) -> None:
        """Open the replica in one flight; `size` (bytes), `version` and `checksum` are those of the zone now."""
        if self.path is None:
            raise OSError(errno.EIO, "the line broke on which an unlinked object was open")
        opened = await self._opened(self.path)
        self.size = opened.size
        self.version = opened.version
        self.checksum = opened.checksum

    async def _opened(self, path: str) -> replica.Opened:
        await self._leave_connection()
        self._connection = await self._zone.pool.dedicate()
        try:
            return await replica.open_to_read(self._zone, self._connection, path)
        except BaseException:
            with trio.CancelScope(shield=True):
                await self._leave_connection()
            raise

    async def read(self, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`, at most a chunk; otherwise fewer only at the end of the object."""
        end = min(offset + min(size, CHUNK), self.size)
        if offset >= end:
            return b""
        content: bytes | memoryview | None = None
        if self._ahead is not None and self._ahead.holds(offset, end):
            # Most reads end here, before the machinery of attempts, which costs more than such a read.
            content = await self._try_ahead(offset, end)
        if content is not None:
            return content
        async for attempt in retrying():
            with attempt:
                while content is None:
                    ahead = self._ahead
                    content = await self._try_ahead(offset, end)
                    if content is None:
                        starved = ahead is not None and ahead.starved
                        content = await self._try_alone(offset, end, must_fetch=starved)
        return content or b""

    async def _try_ahead(self, offset: int, end: int) -> bytes | memoryview | None:
        ahead = self._ahead
        if ahead is None:
            return None
        if isinstance(ahead.failure, ChecksumMismatchError):
            raise ahead.failure
        if not ahead.will_bring(offset, end):
            return None
        try:
            return await ahead.read(offset, end)
        except ChecksumMismatchError:
            raise
        except (*ZONE_FAILURES, OSError) as error:
            if isinstance(error, ZoneTimeout) and not ahead.failed_beside:
                raise
            # Perhaps it was only about what nobody has asked for yet.
            logger.info("reading %s ahead: %s", self.path, describe(error))
            self._alone_at = offset
            return None

    async def _try_alone(self, offset: int, end: int, *, must_fetch: bool) -> bytes | memoryview | None:
        """A range from the window or fetched for it; None when a run of reading ahead is to bring it.

        Such a run is left to bring it, or begun, unless the caller `must_fetch`: there was no memory for one.
        """
        async with self._lock:
            if not must_fetch and self._ahead is not None and self._ahead.will_bring(offset, end):
                return None
            if not self._holds(offset, end):
                if not must_fetch and offset != self._alone_at and self._is_sequential(offset, end):
                    await self._start_ahead(offset)
                    return None
                await self._fetch(offset, end)
            self._expected = end
            content = self._window[offset - self._window_start : end - self._window_start]
            if not self._share.resize(len(self._window)):
                self._forget_window()
            return content

    async def shorten(self, size: int) -> None:
        """Ask for nothing from `size` (bytes) on any more: the object is about to be cut there."""
        async with self._lock:
            await self._stop_ahead()
            self.size = min(self.size, size)

    async def close(self) -> None:
        self._closed = True
        async with self._lock:
            await self._stop_ahead()
            self._forget_window()
            await self._leave_connection()

    @property
    def _verifies(self) -> bool:
        return self._verify and bool(self.checksum)

    def _holds(self, offset: int, end: int) -> bool:
        return self._window_start <= offset and end <= self._window_start + len(self._window)

    def _is_sequential(self, offset: int, end: int) -> bool:
        follows = 0 <= offset - self._expected <= RANDOM_READ and self._expected >= 0
        # What is to be verified must be seen from its beginning, and who begins with much will go on.
        return follows or (offset == 0 and (self._verifies or end > RANDOM_READ))

    async def _fetch(self, offset: int, end: int) -> None:
        await self._stop_ahead()
        connection = await self.connection()
        size = min(max(end - offset, RANDOM_READ), self.size - offset)
        flight = [requests.seek(FIRST_DESCRIPTOR, offset), requests.read(FIRST_DESCRIPTOR, size)]
        sought, got = await self._zone.pool.run(connection, flight, may_repeat=True)
        sought.check()
        self._window = memoryview(got.check().bs)
        if offset == self._alone_at and len(self._window) < end - offset:
            raise OSError(errno.EIO, "the object became shorter while it was read")
        self._window_start = offset

    def _forget_window(self) -> None:
        self._window = memoryview(b"")
        self._share.give_back()

    async def _start_ahead(self, offset: int) -> None:
        await self._stop_ahead()
        connection = await self.connection()
        verification = Verification(str(self.path), self.checksum) if self._verifies and offset == 0 else None
        # Each further opening would be one more use of a ticket.
        another = None if self._zone.identity.assumed_access else self._another
        self._ahead = ReadAhead(connection, offset, self.size, verification, another)
        self._zone.background.start_soon(self._ahead.run, at_end=self._ahead.at_end)

    @asynccontextmanager
    async def _another(self) -> AsyncIterator[ZoneConnection | None]:
        """One more connection on which the same content is open; None when none can be spared."""
        async with self._zone.pool.spare() as connection:
            if connection is None or self.path is None:
                yield None
                return
            try:
                opened = await replica.open_to_read(self._zone, connection, self.path)
                is_same = self.version is not None and opened.version.looks_like(self.version)
                yield connection if is_same else None
            finally:
                with trio.CancelScope(shield=True):
                    await replica.close(self._zone, connection)

    async def _stop_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.stop()
            await ahead.finished.wait()

    async def connection(self) -> ZoneConnection:
        """The connection on which the object is open, opened again when it broke. Raises `ReaderClosed`."""
        if self._closed:
            raise ReaderClosed
        if self._connection is None or self._connection.broken:
            await self.open()
        assert self._connection is not None
        return self._connection

    async def _leave_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        await replica.close(self._zone, connection)
        await self._zone.pool.give_back(connection)
