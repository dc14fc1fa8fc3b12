"""The content of one data object while this mount has it open, shared by all its handles."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable

import trio
from irods.exception import iRODSException

from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import Reply
from irodsfs.grid.namespace import NANOSECONDS, now_ns
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.checksums import registered, verify
from irodsfs.transfer.extents import Extents
from irodsfs.transfer.flights import CHUNK, SMALL, Patch
from irodsfs.transfer.kept import Kept
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.reader import Reader
from irodsfs.transfer.spool import AT_ONCE, Spool, SpoolFile
from irodsfs.transfer.upload import ATTEMPTS, Upload, upload
from irodsfs.transfer.versions import digest
from irodsfs.transfer.write_stream import WriteStream

STREAM_FROM = 2 * CHUNK
"""Bytes written in order from which on they go into the zone before a flush asks for it."""


class Contents:
    """Bytes of a data object as this mount sees them: what the zone has, overlaid by what was written here.

    A small object is held whole in memory. A large one is read by ranges; once it is written, its bytes live in a
    spool file until a flush has put them into the zone. `size` (bytes) is always the local truth, and so is
    `modified_ns` once something was written. `path` is None when the object was unlinked under its handles.
    `version` is the same again only for the same content; None while that is not known. `exclusive` says that the
    object must not be in the zone yet when it is brought there.

    Whoever renames or unlinks the object holds `lock` meanwhile, and lets the content come to rest before that.
    """

    def __init__(
        self,
        zone: Zone,
        spool: Spool,
        path: str,
        size: int,
        options: TransferOptions,
        lock: trio.Lock | None = None,
    ) -> None:
        self._path: str | None = path
        self.size = size
        self.registered = True
        self.modified_ns: int | None = None
        self.version: bytes | None = None
        self.exclusive = False
        self._zone = zone
        self._spool = spool
        self._options = options
        self._lock = lock or trio.Lock()
        self._memory: bytearray | None = None
        self._file: SpoolFile | None = None
        self._reader: Reader | None = None
        self._stored_size = size
        self._dirty = Extents()
        self._stream: WriteStream | None = None
        self._rewritten = Extents()
        self._replace = False
        self._cut: int | None = None
        self._touch: int | None = None

    @classmethod
    def new(
        cls,
        zone: Zone,
        spool: Spool,
        path: str,
        options: TransferOptions,
        lock: trio.Lock | None = None,
        *,
        exclusive: bool,
    ) -> Contents:
        """An object that is not in the zone yet; the first flush creates it."""
        contents = cls(zone, spool, path, 0, options, lock)
        contents.registered = False
        contents._start_over()
        contents.exclusive = exclusive
        return contents

    @property
    def path(self) -> str | None:
        return self._path

    @path.setter
    def path(self, path: str | None) -> None:
        self._path = path
        if self._reader is not None:
            self._reader.path = path

    @property
    def is_dirty(self) -> bool:
        reshaped = self._replace or self._cut is not None or self.size != self._stored_size
        return self.path is not None and (reshaped or bool(self._dirty) or self._touch is not None)

    @property
    def in_memory(self) -> bytes | None:
        """All bytes, of an object that is held in memory."""
        return None if self._memory is None else bytes(self._memory)

    async def refresh(self, read_ahead: list[Reply] | None = None) -> None:
        """Bring the object as it is in the zone now, unless there is something of our own to be written.

        `read_ahead` is what a `reading` flight for a small object has answered a moment ago.
        """
        if self.is_dirty:
            return  # whatever is on its way to the zone just now
        async with self._lock:
            if self.path is None and not self._is_loaded:
                raise FileNotFoundError(errno.ENOENT, "unlinked while it was opened")
            if not self.is_dirty and self.path is not None and self._file is None:
                await self._load(read_ahead)

    async def read(self, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`; fewer only at the end."""
        size = max(0, min(size, self.size - offset))
        if not self._is_loaded:
            async with self._lock:
                await self._ensure_loaded()
        if self._memory is not None:
            return bytes(memoryview(self._memory)[offset : offset + size])
        if self._file is not None:
            async with self._lock:
                return await self._read_spooled(self._file, offset, size)
        assert self._reader is not None
        return await self._reader.read(offset, size)

    async def write(self, offset: int, content: bytes) -> None:
        """Put bytes at `offset`; a gap before them reads as zeros."""
        async with self._lock:
            end = offset + len(content)
            await self._ensure_writable(max(self.size, end))
            if offset > self.size:
                await self._settle_file()
                self._resize(offset)
            if self._memory is not None:
                self._memory[offset:end] = content
            else:
                await self._put(offset, content)
            self._dirty.add(offset, end)
            self.size = max(self.size, end)
            self._mark_modified()
            if self._file is not None:
                await self._stream_on(self._file, offset, end)

    async def truncate(self, size: int) -> None:
        """Cut, or extend with zeros, to `size` bytes."""
        async with self._lock:
            if self._stream is not None and size < self._stream.position:
                await self._abort_stream()
            if size == 0:
                self._start_over()
            elif size != self.size:
                await self._ensure_writable(max(size, self.size))
                await self._settle_file()
                self._resize(size)
            self._mark_modified()

    async def set_modified(self, nanoseconds: int) -> bool:
        """Set the modify time; True when it goes along with the flush that is due anyway."""
        async with self._lock:
            self.modified_ns = nanoseconds
            if self.is_dirty:
                self._touch = nanoseconds // NANOSECONDS
            return self.is_dirty

    async def flush(self, attempts: int = ATTEMPTS) -> None:
        """Everything written so far is in the zone and registered when this returns; raises when it can't be."""
        async with self._lock:
            if self.is_dirty:
                await self._settle_file()
                if self._cut is not None and self._reader is not None:
                    await self._reader.shorten(self._cut)
                await self._finish_stream()
                await self._upload(attempts)
                self._settle()

    async def keep(self, store: Callable[[Upload], Kept]) -> Kept | None:
        """Let `store` (called in a thread) keep what the zone would not take, and forget it here."""
        async with self._lock:
            await self._abort_stream()
            if not self.is_dirty:
                return None
            kept = await trio.to_thread.run_sync(store, self._due())
            self._settle()
            return kept

    async def come_to_rest(self) -> None:
        """Nothing is on its way to the zone from now on, until the caller releases the lock that it holds."""
        await self._abort_stream()

    async def prepare_unlinking(self) -> None:
        """Come to rest, with what handles go on reading and writing when the object has no name any more."""
        await self._abort_stream()
        if self.registered:
            await self._ensure_loaded()

    async def close(self) -> None:
        await self._abort_stream()
        if self._reader is not None:
            await self._reader.close()
        if self._file is not None:
            self._file.close()

    async def _upload(self, attempts: int) -> None:
        due = self._due()
        if not due.has_requests:
            return
        checksum = await upload(self._zone, due, attempts)
        # What was not brought here of a large object can't be compared: its checksum is the zone's alone.
        if checksum is not None and (whole := self._whole()) is not None:
            await trio.to_thread.run_sync(verify, due.path, checksum, whole)

    def _whole(self) -> Iterable[bytes | bytearray] | None:
        if self._memory is not None:
            return [self._memory]
        if self._file is not None and self._file.present.covers(0, self.size):
            return Patch(0, self.size, self._file.read).chunks()
        return None

    async def _load(self, read_ahead: list[Reply] | None = None) -> None:
        assert self.path is not None
        if self.size <= SMALL:
            verifying = self._options.verify
            reading = flights.reading(self.path, SMALL + 1, verify=verifying)
            replies = read_ahead or await self._zone.fly(*reading, repeat=True)
            content = flights.content(replies)
            if len(content) <= SMALL:
                if verifying and (checksum := registered(replies[-1])):
                    verify(self.path, checksum, [content])
                self._memory = bytearray(content)
                self.size = self._stored_size = len(content)
                self.version = digest(self._memory)
                return
        self._memory = None
        if self._reader is not None:
            await self._reader.close()
        reader = Reader(self._zone, self.path, verify=self._options.verify)
        await reader.open()
        self.size = self._stored_size = reader.size
        self.version = reader.version
        self._reader = reader

    @property
    def _is_loaded(self) -> bool:
        return not (self._memory is None and self._reader is None and self._file is None)

    async def _ensure_loaded(self) -> None:
        if not self._is_loaded:
            await self._load()

    async def _ensure_writable(self, size: int) -> None:
        """Bytes may be put into memory (an object that stays small) or into a spool file after this."""
        await self._ensure_loaded()
        if self._file is not None or (self._memory is not None and size <= SMALL):
            return
        self._file = self._spool.open()
        if self._memory is not None:
            self._file.write(0, self._memory)
            self._memory = None

    async def _read_spooled(self, file: SpoolFile, offset: int, size: int) -> bytes:
        for start, end in file.present.gaps(offset, offset + size):
            await self._bring(file, start, end)
        return await trio.to_thread.run_sync(file.read, offset, size)

    async def _bring(self, file: SpoolFile, start: int, end: int) -> None:
        assert self._reader is not None
        while start < end:
            content = await self._reader.read(start, min(CHUNK, end - start))
            if not content:
                raise OSError(errno.EIO, "the object became shorter while it was read")
            await trio.to_thread.run_sync(file.write, start, content)
            start += len(content)

    async def _put(self, offset: int, content: bytes) -> None:
        assert self._file is not None
        if self._file.is_due:
            await self._settle_file()
        if len(content) >= AT_ONCE:
            await trio.to_thread.run_sync(self._file.write, offset, content)
        else:
            self._file.put(offset, content)

    async def _settle_file(self) -> None:
        if self._file is not None and not self._file.is_settled:
            await trio.to_thread.run_sync(self._file.settle)

    async def _stream_on(self, file: SpoolFile, offset: int, end: int) -> None:
        """Let bytes that were written in order go into the zone before the flush that would have to wait for them."""
        if self._stream is None:
            start, ready = self._dirty.first()
            if self.path is None or self._cut is not None or ready - start < STREAM_FROM:
                return
            flags = flights.opening_flags(replace=self._replace, exclusive=self.exclusive)
            self._stream = WriteStream(self._zone, self.path, file, start, flags, self._options.resource)
        self._rewritten.add(offset, min(end, self._stream.position))
        ready = self._dirty.end_from(self._stream.position)
        if ready - self._stream.position >= CHUNK:
            await self._stream.hand_over(file.settled_to(self._stream.position, ready))

    async def _finish_stream(self) -> None:
        """After this only what did not go the way of the stream is dirty; that is all when the stream failed."""
        stream = self._stream
        if stream is None:
            return
        try:
            await stream.hand_over(self._dirty.end_from(stream.position))
            await stream.finish()
        except (iRODSException, ZoneUnreachable, OSError):
            await self._abort_stream()
            return
        self._stream = None
        self._stored_size = stream.position if self._replace else max(stream.position, self._stored_size)
        self._replace = self.exclusive = False
        later = [(start, end) for start, end in self._dirty if end > stream.position]
        self._dirty = self._rewritten
        for start, end in later:
            self._dirty.add(max(start, stream.position), end)
        self._rewritten = Extents()

    async def _abort_stream(self) -> None:
        """Everything is as dirty as if there had been no stream, but the object may exist in the zone by now."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.abort()
            self._rewritten.clear()
            self.exclusive = self.exclusive and not stream.opened
            self.registered = self.registered or stream.opened
            if stream.opened:
                self._stored_size = max(self._stored_size, stream.position)

    def _resize(self, size: int) -> None:
        if self._memory is not None:
            del self._memory[size:]
            self._memory.extend(bytes(size - len(self._memory)))
        else:
            assert self._file is not None
            self._file.resize(self.size, size)
        self._dirty.cut(size)
        if size < self._stored_size:
            self._cut = size if self._cut is None else min(self._cut, size)
        self.size = size

    def _start_over(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._memory = bytearray()
        self._dirty.clear()
        self._cut = None
        self._replace = True
        self.size = self._stored_size = 0

    def _mark_modified(self) -> None:
        self.modified_ns = now_ns()
        self._touch = None

    def _due(self) -> Upload:
        assert self.path is not None
        if self._memory is not None:
            whole = bytes(self._memory)
            patches = [Patch(0, len(whole), lambda offset, size: whole[offset : offset + size])] if whole else []
            replace, cut = True, None
        else:
            assert self._file is not None
            patches = [Patch(start, end, self._file.read) for start, end in self._dirty]
            replace, cut = self._replace, self._cut
        stored = 0 if replace else self._stored_size if cut is None else cut
        written_to = max([stored, *(end for _, end in self._dirty)]) if self._file is not None else self.size
        emptied = replace and self.registered and self.size == 0
        return Upload(
            path=self.path,
            patches=patches,
            size=self.size,
            replace=replace,
            exclusive=self.exclusive,
            cut=cut,
            grown_to=self.size if emptied or self.size > written_to else None,
            touch=self._time_to_set(emptied=emptied),
            resource=self._options.resource,
            checksum=self._options.checksum,
        )

    def _time_to_set(self, *, emptied: bool) -> int | None:
        # Servers date what is written or cut, not what is emptied a second time.
        if self._touch is None and emptied and self.modified_ns is not None:
            return self.modified_ns // NANOSECONDS
        return self._touch

    def _settle(self) -> None:
        self._dirty.clear()
        self._replace = self.exclusive = False
        self._cut = self._touch = None
        self._stored_size = self.size
        self.registered = True
        self.version = None if self._memory is None else digest(self._memory)
