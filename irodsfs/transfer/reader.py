"""Reading a large data object by ranges, on a descriptor that stays open."""

from __future__ import annotations

import errno
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import TRANSFER_FAILURES, ZoneTimeout, describe
from irodsfs.grid.locks import down_is_no_lock
from irodsfs.grid.logins import OURS
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer import replica
from irodsfs.transfer.checksums import ChecksumMismatchError, HashPolicy, Verification
from irodsfs.transfer.flights import CHUNK, RELAYED
from irodsfs.transfer.memory import Share
from irodsfs.transfer.readahead import ReadAhead
from irodsfs.transfer.upload import is_locked_for_a_moment
from irodsfs.transfer.versions import Version

logger = logging.getLogger(__name__)

PAUSE = 0.25
"""Seconds without a read after which who reads in order has paused."""

RANDOM_READ = 64 * 1024
"""Bytes fetched for a read that does not follow the one before."""


class ReaderClosed(Exception):
    """Who had this reader closed it meanwhile: another one has taken its place, or bytes that are here."""


class Reader:
    """Ranges of one data object, from `open` to `close`, after which it can't be used any more.

    Random reads fetch little more than they ask for; as soon as reads follow one another, a `ReadAhead` takes over.
    It holds a connection, on which the object is open. When others need that, or nobody has read for a while, it gives
    it back, and opens the object again with the next read that asks for what is not here.
    """

    def __init__(self, zone: Zone, path: str, *, verify: HashPolicy | None) -> None:
        self._zone = zone
        self.path: str | None = path
        """Where the object is now; None when it was unlinked."""
        self._verify = verify
        self._closed = False
        self._most = math.inf
        self._first_size = 0
        self._reading = 0
        self._used_at = trio.current_time()
        self.size = 0
        self.version: Version | None = None
        self.checksum = ""
        self._connection: ZoneConnection | None = None
        self._lock = trio.Lock()
        self._chunk = CHUNK
        """Bytes of the largest request."""
        self._window = memoryview(b"")
        self._window_start = 0
        self._share = Share()
        """What the window takes of the memory."""
        self._expected = -1
        self._ahead: ReadAhead | None = None
        self._verification: Verification | None = None
        self._alone_at = -1
        """Where a read is to be tried alone, because reading ahead has failed there."""

    async def open(self) -> None:
        """Open the replica in one flight; `size` (bytes), `version` and `checksum` are those of the zone now."""
        async with self._lock:
            await self._open()

    async def _open(self) -> None:
        if self.path is None:
            raise OSError(errno.EIO, "the line broke on which an unlinked object was open")
        opened = await self._opened(self.path)
        before = self.version
        if before is not None and None not in (before.id, opened.version.id) and before.id != opened.version.id:
            # The rest of another object would be no continuation of what has been read of this one.
            raise OSError(errno.ESTALE, f"{self.path} is another object by now")
        if before is not None and not before.looks_like(opened.version):
            self._forget_window()
        self.size = int(min(opened.size, self._most))
        self._first_size = self.size if before is None else self._first_size
        self.version = opened.version
        self.checksum = opened.checksum

    async def _opened(self, path: str) -> replica.Opened:
        await self._leave_connection()
        route = await self._zone.hosts.route(path)
        connection = self._connection = await self._zone.pool.lend(self, *route.hosts)
        self._chunk = RELAYED if route.is_relayed and connection.host == OURS else CHUNK
        try:
            with self._zone.hosts.blamed(connection.host):
                opened = await replica.open_to_read(self._zone, connection, path)
            if self._verify is not None and opened.checksum:
                self._verify.check(path, opened.checksum)
            return opened
        except BaseException:
            with trio.CancelScope(shield=True):
                await self._leave_connection()
            raise

    @property
    def idle_since(self) -> float:
        """Since when nobody reads; infinite while somebody does, or may do so for what is read ahead."""
        runs = self._ahead is not None and not self._ahead.finished.is_set()
        is_busy = self._reading or (runs and trio.current_time() - self._used_at < PAUSE)
        return math.inf if is_busy else self._used_at

    async def give_back(self) -> None:
        """Let others have the connection. What has been read ahead stays for who goes on reading."""
        async with self._lock:
            if not self._reading and trio.current_time() - self._used_at > PAUSE:
                await self._stop_ahead()
                self._forget_window()
            if self._ahead is not None:
                self._ahead.end_early()
                await self._ahead.finished.wait()
            await self._leave_connection()

    def stays_open(self) -> bool:
        """Whether its connection is its own from now on, as that of an object must be that can't be opened again."""
        connection = self._connection
        return connection is not None and not connection.broken and self._zone.pool.retain(connection)

    def move(self, path: str | None) -> None:
        """The object has another path, or none any more."""
        self.path = path
        if self.version is not None:
            # A rename may have put the content into the object that has the path now.
            self.version = self.version.model_copy(update={"id": None})

    def beside(self) -> Reader:
        """Another one of the same object, which opens it when it is first read from."""
        other = Reader(self._zone, str(self.path), verify=self._verify)
        other.path = self.path
        other.size, other.version, other.checksum = self.size, self.version, self.checksum
        other._most, other._first_size = self._most, self._first_size
        return other

    async def take(self, offset: int, size: int) -> bytes | memoryview | None:
        """Bytes for somebody else, if they are here or come before long without being asked for."""
        end = min(offset + min(size, CHUNK), self.size)
        if self._closed or offset >= end:
            return None
        if self._holds(offset, end):
            return self._window[offset - self._window_start : end - self._window_start]
        self._reading += 1
        try:
            return await self._try_ahead(offset, end)
        except ChecksumMismatchError:
            raise
        except TRANSFER_FAILURES as error:
            logger.info("reading %s ahead for another handle: %s", self.path, describe(error))
            return None
        finally:
            self._reading -= 1
            self._used_at = trio.current_time()

    def brings(self, offset: int, size: int) -> bool:
        """True when these bytes are here, or come before long without being asked for."""
        end = min(offset + size, self.size)
        return self._holds(offset, end) or (self._ahead is not None and self._ahead.will_bring(offset, end))

    async def read(self, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`, at most a chunk; otherwise fewer only at the end of the object."""
        self._reading += 1
        try:
            if offset + size > self.size and self.size < min(self._first_size, self._most):
                # Perhaps somebody else was about to replace the content when it was opened again.
                await self._look_again()
            end = min(offset + min(size, CHUNK), self.size)
            return await self._read(offset, end) if offset < end else b""
        finally:
            self._reading -= 1
            self._used_at = trio.current_time()

    async def _look_again(self) -> None:
        async for attempt in retrying(also=is_locked_for_a_moment):
            with attempt:
                async with self._lock:
                    if not self._closed:
                        await self._stop_ahead()
                        await self._open()

    async def _read(self, offset: int, end: int) -> bytes | memoryview:
        content: bytes | memoryview | None = None
        if self._ahead is not None and self._ahead.holds(offset, end):
            # Most reads end here, before the machinery of attempts, which costs more than such a read.
            content = await self._try_ahead(offset, end)
        if content is not None:
            return content
        async for attempt in retrying(also=is_locked_for_a_moment):
            with attempt:
                async with down_is_no_lock(self._zone, str(self.path)):
                    content = await self._brought(offset, end)
        return content or b""

    async def _brought(self, offset: int, end: int) -> bytes | memoryview:
        content: bytes | memoryview | None = None
        while content is None:
            ahead = self._ahead
            content = await self._try_ahead(offset, end)
            if content is None:
                starved = ahead is not None and ahead.starved
                content = await self._try_alone(offset, end, must_fetch=starved)
        return content

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
        except TRANSFER_FAILURES as error:
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
                    await self._start_ahead(offset, end)
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
            self._most = size
            self.size = min(self.size, size)
            self._forget_window()

    def end(self) -> None:
        """Every read raises `ReaderClosed` from now on."""
        self._closed = True

    async def close(self) -> None:
        self.end()
        async with self._lock:
            await self._stop_ahead()
            self._forget_window()
            await self._leave_connection()

    @property
    def _verifies(self) -> bool:
        return self._verify is not None and bool(self.checksum)

    def _holds(self, offset: int, end: int) -> bool:
        return self._window_start <= offset and end <= self._window_start + len(self._window)

    def _is_sequential(self, offset: int, end: int) -> bool:
        follows = 0 <= offset - self._expected <= RANDOM_READ and self._expected >= 0
        follows = follows or self._continues(offset, end)
        # What is to be verified must be seen from its beginning, and who begins with much will go on.
        return follows or (offset == 0 and (self._verifies or end > RANDOM_READ))

    def _continues(self, offset: int, end: int) -> bool:
        """Whether this goes on where reading ahead has ended, for others' sake."""
        return self._ahead is not None and offset - RANDOM_READ <= self._ahead.end <= end

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

    async def _start_ahead(self, offset: int, end: int) -> None:
        before = self._ahead if self._continues(offset, end) else None
        await self._stop_ahead()
        connection = await self.connection()
        began = offset
        if before is not None:
            # Nothing is to be asked for twice, however this read was overtaken.
            began, offset = before.began, min(offset, before.end)
        # Each further opening would be one more use of a ticket.
        another = None if self._zone.identity.assumed_access else self._another
        verification = self._verification_from(offset)
        self._ahead = ReadAhead(connection, offset, self.size, verification, another, began=began, chunk=self._chunk)
        self._zone.background.start_soon(self._ahead.run, at_end=self._ahead.at_end)

    def _verification_from(self, offset: int) -> Verification | None:
        if not self._verifies:
            return None
        known = self._verification
        if offset == 0:
            self._verification = Verification(str(self.path), self.checksum)
        elif known is None or known.checksum != self.checksum or known.position < offset:
            self._verification = None
        return self._verification

    @asynccontextmanager
    async def _another(self) -> AsyncIterator[ZoneConnection | None]:
        """One more connection on which the same content is open; None when none can be spared."""
        host = OURS if self._connection is None else self._connection.host
        async with self._zone.pool.spare(host) as connection:
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
            await self._open()
        assert self._connection is not None
        return self._connection

    async def _leave_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        await replica.close(self._zone, connection)
        await self._zone.pool.give_back(connection)
