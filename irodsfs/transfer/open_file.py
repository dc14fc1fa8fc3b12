"""One data object while this mount has it open: its content, shared by all its handles."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence

import trio

from irodsfs.grid.flight import Reply
from irodsfs.grid.namespace import NANOSECONDS, now_ns
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.bringing import Bringing, Brought, InZone
from irodsfs.transfer.checksums import registered, verify
from irodsfs.transfer.flights import CHUNK, SMALL, Patch
from irodsfs.transfer.kept import Kept
from irodsfs.transfer.memory import BUDGET, Share
from irodsfs.transfer.options import TransferOptions
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.reader import Reader, ReaderClosed
from irodsfs.transfer.spool import AT_ONCE, Spool, SpoolFile
from irodsfs.transfer.streaming import Streaming
from irodsfs.transfer.upload import ATTEMPTS, Upload, is_locked_for_a_moment
from irodsfs.transfer.versions import Version, digest_of


class OpenFile:
    """Bytes of a data object as this mount sees them: what the zone has, overlaid by what was written here.

    A small object is held whole in memory, or in a spool file where there is no memory for it. A large one is read by
    ranges; once it is written, its bytes live in a spool file until a flush has put them into the zone. `size` (bytes)
    is always the local truth, and so is `modified_ns` once something was written. `path` is None when the object was
    unlinked under its handles, or is not the one at its path any more; then `failure` tells why whoever goes on
    writing, and, of an object that was to be made exclusively, whoever flushes.
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
        self.modified_ns: int | None = None
        self.version: bytes | None = None
        self.exclusive = False
        self.failure: OSError | None = None
        self.in_zone = InZone(registered=True, size=size)
        self._zone = zone
        self._spool = spool
        self._options = options
        self._lock = lock or trio.Lock()
        self._pending = Pending()
        self._memory: bytearray | None = None
        self._share = Share()
        """What `_memory` takes of the budget."""
        self._file: SpoolFile | None = None
        self._reader: Reader | None = None
        self._streaming = Streaming(zone, options)

    @classmethod
    def new(
        cls,
        zone: Zone,
        spool: Spool,
        path: str,
        options: TransferOptions,
        lock: trio.Lock | None = None,
        *,
        exclusive: bool = False,
        emptied: bool = False,
    ) -> OpenFile:
        """An object that is not in the zone yet; the first flush creates it. A program may have asked for it empty."""
        contents = cls(zone, spool, path, 0, options, lock)
        contents.in_zone.registered = False
        contents._start_over()
        contents.in_zone.emptied = emptied
        contents.exclusive = exclusive
        return contents

    @property
    def path(self) -> str | None:
        return self._path

    @path.setter
    def path(self, path: str | None) -> None:
        self._path = path
        if self.in_zone.base is not None:
            # A rename may have put the content into the object that has the path now.
            self.in_zone.base = self.in_zone.base.model_copy(update={"id": None})
        if self._reader is not None:
            self._reader.path = path

    @property
    def registered(self) -> bool:
        """False for an object that this mount made and has not brought into the zone yet."""
        return self.in_zone.registered

    @property
    def is_dirty(self) -> bool:
        return self.path is not None and (bool(self._pending) or self.size != self.in_zone.size)

    @property
    def in_memory(self) -> bytes | None:
        """All bytes, of an object that is held in memory."""
        return None if self._memory is None else bytes(self._memory)

    async def refresh(self, read_ahead: list[Reply] | None = None, *, writes: bool = False) -> None:
        """Bring the object as it is in the zone now, unless there is something of our own to be written.

        `read_ahead` is what a `reading` flight for a small object has answered a moment ago. Whoever `writes` must
        know which version that is done to.
        """
        if self.is_dirty:
            return  # whatever is on its way to the zone just now
        async with self._lock:
            self._check()
            if self.path is None and not self._is_loaded:
                raise FileNotFoundError(errno.ENOENT, "unlinked while it was opened")
            if not self.is_dirty and self.path is not None:
                await self._load(read_ahead, writes=writes)

    async def read(self, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`; fewer only at the end."""
        while True:
            # What the content is held in may change whenever this waits without the lock.
            if self._memory is not None:
                return bytes(memoryview(self._memory)[offset : offset + size])
            if self._file is None and (reader := self._reader) is not None:
                try:
                    content = await reader.read(offset, max(0, min(size, self.size - offset)))
                except ReaderClosed:
                    continue
                return content[: max(0, self.size - offset)]
            async with self._lock:
                await self._ensure_loaded()
                if self._file is not None:
                    return await self._read_spooled(self._file, offset, max(0, min(size, self.size - offset)))

    async def write(self, offset: int, content: bytes, *, appends: bool = False) -> None:
        """Put bytes at `offset`, or at the end; a gap before them reads as zeros."""
        async with self._lock:
            self._check()
            # What was dropped comes back as the zone has it now, perhaps longer.
            await self._ensure_loaded(writes=True)
            offset = self.size if appends else offset
            end = offset + len(content)
            await self._ensure_writable(max(self.size, end))
            if offset > self.size:
                await self._settle_file()
                await self._resize(offset)
            if self._memory is not None:
                self._memory[offset:end] = content
            else:
                await self._put(offset, content)
            self._pending.write(offset, end, appends=appends)
            self.size = max(self.size, end)
            self._mark_modified()
            if self._file is not None and self.path is not None:
                await self._streaming.go_on(self.path, self._file, self._pending, self.in_zone, offset, end)

    async def truncate(self, size: int) -> None:
        """Cut, or extend with zeros, to `size` bytes."""
        async with self._lock:
            self._check()
            if size < self._streaming.position:
                await self._streaming.abort(self.in_zone)
            if size == 0:
                file, self._file = self._file, None
                self._start_over()
                self.in_zone.emptied = True
                await _close(file)
            else:
                await self._ensure_loaded(writes=True)
                await self._resize_to(size)
            self._mark_modified()

    async def _resize_to(self, size: int) -> None:
        if size != self.size:
            await self._ensure_writable(max(size, self.size))
            await self._settle_file()
            await self._resize(size)

    async def set_modified(self, nanoseconds: int) -> bool:
        """Set the modify time; True when it goes along with the flush that is due anyway."""
        async with self._lock:
            self.modified_ns = nanoseconds
            if self.is_dirty:
                self._pending.touch = nanoseconds // NANOSECONDS
            return self.is_dirty

    def dated(self, nanoseconds: int) -> None:
        """The zone was told this modify time."""
        if self.in_zone.base is not None:
            self.in_zone.base = self.in_zone.base.dated(nanoseconds // NANOSECONDS)

    async def flush(self, attempts: int = ATTEMPTS, *, guarded: bool = False) -> Brought | None:
        """Everything written so far is in the zone and registered when this returns; raises when it can't be.

        Answers what is there now, None when nothing was to be done. What is `guarded` was closed some time ago: it
        replaces nothing that came after that.
        """
        async with self._lock:
            if self.is_dirty or isinstance(self.failure, FileExistsError):
                self._check()
            if not self.is_dirty:
                return None
            await self._settle_file()
            if self._pending.cut is not None and self._reader is not None:
                await self._reader.shorten(self._pending.cut)
            await self._streaming.finish(self._pending, self.in_zone)
            try:
                brought = await self._bring(attempts, guarded=guarded)
                await self._settle(brought)
            except (FileExistsError, IsADirectoryError) as error:
                self.failure = error
                raise
            except OSError as error:
                self.failure = error if error.errno == errno.ESTALE else None
                raise
            return brought

    async def keep(self, store: Callable[[Upload], Kept | None]) -> Kept | None:
        """Let `store` (called in a thread) keep what the zone would not take, and forget it here."""
        async with self._lock:
            await self._streaming.abort(self.in_zone)
            due = self.unsaved()
            if due is None:
                return None
            kept = await trio.to_thread.run_sync(store, due)
            await self._settle(Brought(self.size))
            return kept

    def unsaved(self) -> Upload | None:
        """What is to be kept of the object as it is at this moment when the zone does not take it; None for nothing.

        This needs no lock: whoever waits for the zone with it has put the bytes here, and counts them as pending until
        the zone has them.
        """
        if not self.is_dirty:
            return None
        assert self.path is not None
        if self._memory is not None:
            content = bytes(self._memory)
            whole = Patch(0, len(content), lambda offset, size: content[offset : offset + size])
            return Upload(self.path, [whole], len(content), replace=True)
        assert self._file is not None
        file, pending = self._file, self._pending
        stored = 0 if pending.replaces else self.in_zone.size if pending.cut is None else pending.cut
        patches = [Patch(start, end, file.read) for start, end in pending.ranges(self.size, stored)]
        return Upload(self.path, patches, self.size, replace=pending.replaces, cut=pending.cut, link=file.link)

    async def come_to_rest(self) -> None:
        """Nothing is on its way to the zone from now on, until the caller releases the lock that it holds."""
        await self._streaming.abort(self.in_zone)

    async def prepare_unlinking(self) -> None:
        """Come to rest, with what handles go on reading and writing when the object has no name any more."""
        await self.come_to_rest()
        if self.registered:
            await self._ensure_loaded()

    async def close(self) -> None:
        await self._streaming.abort(self.in_zone)
        await self._drop()

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def _bring(self, attempts: int, *, guarded: bool) -> Brought:
        assert self.path is not None
        if guarded and self._memory is not None:
            # Should it arrive without our being told, it is no change from elsewhere.
            self.in_zone.known.add(await digest_of(self._memory))
        bringing = Bringing(
            self._zone,
            self.path,
            self.size,
            self._pending,
            self._read_local,
            self.in_zone,
            self._options,
            modified_ns=self.modified_ns,
            exclusive=self.exclusive,
            guarded=guarded,
            attempts=attempts,
        )
        brought = await bringing.run()
        # What was not brought here of a large object can't be compared: its checksum is the zone's alone.
        if brought.checksum is not None and not brought.is_other and (whole := self._whole()) is not None:
            await trio.to_thread.run_sync(verify, self.path, brought.checksum, whole)
        return brought

    def _read_local(self, offset: int, size: int) -> bytes:
        if self._memory is not None:
            return bytes(memoryview(self._memory)[offset : offset + size])
        assert self._file is not None
        return self._file.read(offset, size)

    def _whole(self) -> Iterable[bytes | bytearray] | None:
        if self._memory is not None:
            return [self._memory]
        if self._file is not None and self._file.present.covers(0, self.size):
            return Patch(0, self.size, self._file.read).chunks()
        return None

    async def _settle(self, brought: Brought) -> None:
        # Before anything is settled: who looks at it without the lock finds it as it was, or as it is.
        known = set() if brought.is_other else await self._digests()
        self._pending = Pending()
        self.exclusive = self.in_zone.ours = False
        self.in_zone.registered = True
        self.size = self.in_zone.size = brought.size
        self.version = None
        if brought.is_other:
            self.in_zone.base = self.modified_ns = None
            self.in_zone.emptied = False
            await self._drop()
        else:
            self.in_zone.known = known
            self.version = next(iter(known), None)

    async def _digests(self) -> set[bytes]:
        """Of all the content where that is small and here; else nothing."""
        if self._memory is not None:
            return {await digest_of(self._memory)}
        if self._file is None or self.size > SMALL or not self._file.present.covers(0, self.size):
            return set()
        return {await digest_of(await trio.to_thread.run_sync(self._file.read, 0, self.size))}

    async def _load(self, read_ahead: Sequence[Reply] | None = None, *, writes: bool) -> None:
        # Whoever saves a file by replacing its content has it locked for a moment.
        async for attempt in retrying(also=is_locked_for_a_moment):
            with attempt:
                if self.size > SMALL or not await self._load_small(read_ahead, writes=writes):
                    await self._load_large()

    async def _load_small(self, read_ahead: Sequence[Reply] | None, *, writes: bool) -> bool:
        assert self.path is not None
        stat = writes or self._options.verify
        replies = read_ahead or await self._read_small(self.path, stat=stat)
        content = flights.content(replies)
        if len(content) > SMALL:
            return False
        if self._options.verify and (checksum := registered(replies[0])):
            await trio.to_thread.run_sync(verify, self.path, checksum, [content])
        version = await digest_of(content)
        self.in_zone.base = Version.of_stat(replies[0]) if stat else None
        await self._drop()
        self.in_zone.emptied = False
        await self._hold(content)
        self.size = self.in_zone.size = len(content)
        self.version = version
        self.in_zone.known = {version}
        return True

    async def _read_small(self, path: str, *, stat: bool) -> list[Reply]:
        async with BUDGET.piece(SMALL):
            return await self._zone.fly(*flights.reading(path, SMALL + 1, stat=stat), may_repeat=True)

    async def _hold(self, content: bytes | bytearray) -> None:
        """Have all bytes of the object here: in memory, or in a file where that has no room for them."""
        if self._share.resize(len(content)):
            self._memory = bytearray(content)
        else:
            self._file = await trio.to_thread.run_sync(self._spool.open, content)

    async def _load_large(self) -> None:
        assert self.path is not None
        reader = Reader(self._zone, self.path, verify=self._options.verify)
        await reader.open()
        await self._drop()
        self.in_zone.emptied = False
        reader.path = self.path
        self._reader = reader
        self.size = self.in_zone.size = reader.size
        self.in_zone.base = reader.version
        # Only a checksum tells whether another client has put other bytes there, of the same size and time.
        self.version = f"{reader.size} {reader.checksum}".encode() if reader.checksum else None

    async def _drop(self) -> None:
        """Hold nothing of the content any more; who reads brings it again."""
        self._forget_memory()
        file, self._file = self._file, None
        reader, self._reader = self._reader, None
        await _close(file)
        if reader is not None:
            await reader.close()

    @property
    def _is_loaded(self) -> bool:
        return not (self._memory is None and self._reader is None and self._file is None)

    async def _ensure_loaded(self, *, writes: bool = False) -> None:
        if not self._is_loaded:
            await self._load(writes=writes)

    async def _ensure_writable(self, size: int) -> None:
        """Bytes may be put into memory (an object that stays small) or into a spool file after this."""
        await self._ensure_loaded(writes=True)
        if self._file is not None:
            return
        if self._memory is not None and size <= SMALL and self._share.resize(max(size, self._share.size)):
            return
        # Readers without the lock go on with the memory until the file has all of it.
        self._file = await trio.to_thread.run_sync(self._spool.open, self._memory)
        self._forget_memory()

    def _forget_memory(self) -> None:
        self._memory = None
        self._share.give_back()

    async def _read_spooled(self, file: SpoolFile, offset: int, size: int) -> bytes:
        for start, end in file.present.gaps(offset, offset + size):
            await self._fill(file, start, end)
        return await trio.to_thread.run_sync(file.read, offset, size)

    async def _fill(self, file: SpoolFile, start: int, end: int) -> None:
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
        if len(content) >= AT_ONCE or not self._file.put(offset, content):
            await trio.to_thread.run_sync(self._file.write, offset, content)

    async def _settle_file(self) -> None:
        if self._file is not None and not self._file.is_settled:
            await trio.to_thread.run_sync(self._file.settle)

    async def _resize(self, size: int) -> None:
        if self._memory is not None:
            del self._memory[size:]
            self._memory.extend(bytes(size - len(self._memory)))
            self._share.resize(size)
        else:
            assert self._file is not None
            await trio.to_thread.run_sync(self._file.resize, self.size, size)
        self._pending.resize(size, self.in_zone.size)
        self.size = size

    def _start_over(self) -> None:
        self._forget_memory()
        self._memory = bytearray()
        self._pending.start_over()
        self.size = 0

    def _mark_modified(self) -> None:
        self.modified_ns = now_ns()
        self._pending.touch = None


async def _close(file: SpoolFile | None) -> None:
    if file is not None:
        # It has no name, so this frees the room of all its bytes: of gigabytes in tens of milliseconds.
        await trio.to_thread.run_sync(file.close)
