"""One data object while this mount has it open: its content, shared by all its handles."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

import trio

from irodsfs.grid.catalog_entries import NANOSECONDS, now_ns
from irodsfs.grid.flight import Reply
from irodsfs.grid.locks import down_is_no_lock
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.transfer.checksums import verify
from irodsfs.transfer.content_states import ByRanges, Held, InMemory, Spooled, digests, unsaved, whole_of
from irodsfs.transfer.flights import SMALL
from irodsfs.transfer.flusher import Flushed, Flusher, InZone
from irodsfs.transfer.loading import load_large, load_small
from irodsfs.transfer.pending import Pending
from irodsfs.transfer.reader import ReaderClosed
from irodsfs.transfer.readers import Readers
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import SpoolEntry
from irodsfs.transfer.streaming import Streaming
from irodsfs.transfer.transfer_options import TransferOptions
from irodsfs.transfer.upload import ATTEMPTS, Upload, is_locked_for_a_moment
from irodsfs.transfer.versions import digest_of


class OpenFile:
    """Bytes of a data object as this mount sees them: what the zone has, overlaid by what was written here.

    Nothing of it is held at first. A small object is held whole in memory, or in a spool file where there is no memory
    for it. A large one is read by ranges; once it is written, its bytes live in a spool file until a flush has put them
    into the zone. `size` (bytes) is always the local truth, and so is `modified_ns` once something was written. `path`
    is None when the object was unlinked under its handles, or is not the one at its path any more; then `failure` tells
    why whoever goes on writing, and, of an object that was to be made exclusively, whoever flushes.
    `version` is the same again only for the same content; None while that is not known. `exclusive` says that the
    object must not be in the zone yet when it is flushed there; `among_own`, that who makes it has made its directory.

    Whoever renames or unlinks the object holds `lock` meanwhile, and lets the content come to rest before that. What
    the content is held in changes only under the lock, and what depends on it is decided there: it may have changed
    while the lock was waited for.
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
        self.exclusive = self.among_own = False
        self.failure: OSError | None = None
        self.in_zone = InZone(registered=True, size=size)
        self._zone = zone
        self._spool = spool
        self._options = options
        self._lock = lock or trio.Lock()
        self._pending = Pending()
        self._held: Held | None = None
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
        contents._held = InMemory(bytearray())
        contents._pending.start_over()
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
        if (readers := self._readers) is not None:
            readers.move(path)

    @property
    def registered(self) -> bool:
        """False for an object that this mount made and has not flushed into the zone yet."""
        return self.in_zone.registered

    @property
    def is_dirty(self) -> bool:
        return self.path is not None and (bool(self._pending) or self.size != self.in_zone.size)

    @property
    def in_memory(self) -> bytes | None:
        """All bytes, of an object that is held in memory."""
        return bytes(self._held.content) if isinstance(self._held, InMemory) else None

    async def refresh(self, read_ahead: list[Reply] | None = None, *, writes: bool = False) -> None:
        """Bring the object as it is in the zone now, unless there is something of our own to be written.

        `read_ahead` is what a `reading` flight for a small object has answered a moment ago. Whoever `writes` must
        know which version that is done to.
        """
        if self.is_dirty:
            return  # whatever is on its way to the zone just now
        async with self._lock:
            self._check()
            if self.path is None and self._held is None:
                raise FileNotFoundError(errno.ENOENT, "unlinked while it was opened")
            if not self.is_dirty and self.path is not None:
                await self._load(read_ahead, writes=writes)

    async def read(self, offset: int, size: int, handle: int = 0) -> bytes | memoryview:
        """Up to `size` bytes at `offset`, for one of its handles; fewer only at the end."""
        while True:
            # The lock may be held for as long as an upload takes, which no reader is to wait for. So it is seen after
            # each wait whether the content is still held in the same.
            held = self._held
            if isinstance(held, InMemory):
                return held.read(offset, size)
            if isinstance(held, ByRanges):
                try:
                    content = await held.readers.read(handle, offset, max(0, min(size, self.size - offset)))
                except ReaderClosed:
                    continue
                if self._held is held:
                    return content[: max(0, self.size - offset)]
                continue
            async with self._lock:
                await self._ensure_loaded()
                if isinstance(self._held, Spooled):
                    return await self._held.read(offset, max(0, min(size, self.size - offset)))

    async def leave(self, handle: int) -> None:
        """A handle is closed."""
        if (readers := self._readers) is not None:
            await readers.leave(handle)

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
                await self._resize(offset)
            if isinstance(self._held, InMemory):
                self._held.content[offset:end] = content
            elif isinstance(self._held, Spooled):
                await self._held.put(offset, content)
            self._pending.write(offset, end, appends=appends)
            self.size = max(self.size, end)
            self._mark_modified()
            if isinstance(self._held, Spooled) and self.path is not None:
                await self._streaming.go_on(self.path, self._held.file, self._pending, self.in_zone, offset, end)

    async def truncate(self, size: int) -> None:
        """Cut, or extend with zeros, to `size` bytes."""
        async with self._lock:
            self._check()
            if size < self._streaming.position:
                await self._streaming.abort(self.in_zone)
            if size == 0:
                self.size = 0
                self._pending.start_over()
                await self._hold(InMemory(bytearray()))
                self.in_zone.emptied = True
            else:
                await self._ensure_loaded(writes=True)
                if size != self.size:
                    await self._ensure_writable(max(size, self.size))
                    await self._resize(size)
            self._mark_modified()

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

    async def flush(self, attempts: int = ATTEMPTS, *, guarded: bool = False) -> Flushed | None:
        """Everything written so far is in the zone and registered when this returns; raises when it can't be.

        Answers what is there now, None when nothing was to be done. What is `guarded` was closed some time ago: it
        replaces nothing that came after that.
        """
        async with self._lock:
            if self.is_dirty or isinstance(self.failure, FileExistsError):
                self._check()
            if not self.is_dirty:
                return None
            if isinstance(self._held, Spooled):
                await self._held.settle()
            if self._pending.cut is not None and (readers := self._readers) is not None:
                await readers.shorten(self._pending.cut)
            await self._streaming.finish(self._pending, self.in_zone)
            try:
                flushed = await self._bring(attempts, guarded=guarded)
                await self._settle(flushed)
            except (FileExistsError, IsADirectoryError) as error:
                self.failure = error
                raise
            except OSError as error:
                self.failure = error if error.errno == errno.ESTALE else None
                raise
            return flushed

    async def keep(self, store: Callable[[Upload], SpoolEntry | None]) -> SpoolEntry | None:
        """Let `store` (called in a thread) keep what the zone would not take, and forget it here."""
        async with self._lock:
            await self._streaming.abort(self.in_zone)
            due = self.unsaved()
            if due is None:
                return None
            kept = await trio.to_thread.run_sync(store, due)
            await self._settle(Flushed(self.size))
            return kept

    def unsaved(self) -> Upload | None:
        """What is to be kept of the object as it is at this moment when the zone does not take it; None for nothing.

        This needs no lock: whoever waits for the zone with it has put the bytes here, and counts them as pending until
        the zone has them.
        """
        if not self.is_dirty:
            return None
        assert self.path is not None
        return unsaved(self._held, self.path, self.size, self._pending, in_zone=self.in_zone.size)

    async def stop_uploading(self) -> None:
        """Nothing is on its way to the zone from now on, until the caller releases the lock that it holds."""
        await self._streaming.abort(self.in_zone)

    async def prepare_unlinking(self) -> None:
        """Come to rest, with what handles go on reading and writing when the object has no name any more."""
        await self.stop_uploading()
        if self.registered:
            await self._ensure_loaded()
        readers = self._readers
        if readers is None or (isinstance(self._held, Spooled) and self._held.file.present.covers(0, self.size)):
            return
        if not await readers.stay_open():
            # Others need the connections, so everything must be here.
            await self._ensure_writable(self.size)
            assert isinstance(self._held, Spooled)
            await self._held.fill(0, self.size)

    async def close(self) -> None:
        await self._streaming.abort(self.in_zone)
        await self._hold(None)

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def _bring(self, attempts: int, *, guarded: bool) -> Flushed:
        assert self.path is not None
        if guarded and isinstance(self._held, InMemory):
            # Should it arrive without our being told, it is no change from elsewhere.
            self.in_zone.known.add(await digest_of(self._held.content))
        flusher = Flusher(
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
        flushed = await flusher.run()
        # What was not flushed here of a large object can't be compared: its checksum is the zone's alone.
        whole = None if flushed.is_other else whole_of(self._held, self.size)
        if flushed.checksum is not None and whole is not None:
            await trio.to_thread.run_sync(verify, self.path, flushed.checksum, whole)
        return flushed

    def _read_local(self, offset: int, size: int) -> bytes:
        if isinstance(self._held, InMemory):
            return self._held.read(offset, size)
        assert isinstance(self._held, Spooled)
        return self._held.file.read(offset, size)

    async def _settle(self, flushed: Flushed) -> None:
        # Before anything is settled: who looks at it without the lock finds it as it was, or as it is.
        known = set() if flushed.is_other else await digests(self._held, self.size)
        self._pending = Pending()
        self.exclusive = self.in_zone.ours = False
        self.in_zone.registered = True
        self.size = self.in_zone.size = flushed.size
        self.version = None
        if flushed.is_other:
            self.in_zone.base = self.modified_ns = None
            self.in_zone.emptied = False
            await self._hold(None)
        else:
            self.in_zone.known = known
            self.version = next(iter(known), None)

    async def _load(self, read_ahead: Sequence[Reply] | None = None, *, writes: bool) -> None:
        # Whoever saves a file by replacing its content has it locked for a moment.
        async for attempt in retrying(also=is_locked_for_a_moment):
            with attempt:
                async with down_is_no_lock(self._zone, str(self.path)):
                    await self._load_once(read_ahead, writes=writes)

    async def _load_once(self, read_ahead: Sequence[Reply] | None, *, writes: bool) -> None:
        assert self.path is not None
        loaded = None
        if self.size <= SMALL:
            loaded = await load_small(
                self._zone, self._spool, self.path, self._options, read_ahead, stat=writes, size=self.size
            )
        loaded = loaded or await load_large(self._zone, self.path, self._options)
        now, before = loaded.held, self._held
        if isinstance(now, ByRanges) and isinstance(before, ByRanges) and before.readers.is_same(now.readers):
            # What has been read, and is being read ahead, is still right.
            await before.readers.adopt(now.readers)
            return
        self.in_zone.emptied = False
        self.in_zone.base = loaded.base
        self.size = self.in_zone.size = loaded.size
        self.version = loaded.version
        if not isinstance(now, ByRanges) and loaded.version is not None:
            self.in_zone.known = {loaded.version}
        # A new one is open before the old one is closed: who reads meanwhile goes on with this one.
        await self._hold(now)

    async def _hold(self, held: Held | None) -> None:
        """Hold the content in this from now on; with nothing, who reads brings it again."""
        before, self._held = self._held, held
        if before is not None:
            await before.close()

    @property
    def _readers(self) -> Readers | None:
        return self._held.readers if isinstance(self._held, (ByRanges, Spooled)) else None

    async def _ensure_loaded(self, *, writes: bool = False) -> None:
        if self._held is None:
            await self._load(writes=writes)

    async def _ensure_writable(self, size: int) -> None:
        """Bytes may be put into memory (an object that stays small) or into a spool file after this."""
        await self._ensure_loaded(writes=True)
        held = self._held
        if isinstance(held, Spooled) or (isinstance(held, InMemory) and size <= SMALL and held.has_room_for(size)):
            return
        # Readers without the lock go on with the memory until the file has all of it.
        content = held.content if isinstance(held, InMemory) else None
        self._held = Spooled(await trio.to_thread.run_sync(self._spool.open, content), self._readers)
        if isinstance(held, InMemory):
            await held.close()

    async def _resize(self, size: int) -> None:
        if isinstance(self._held, InMemory):
            self._held.resize(size)
        elif isinstance(self._held, Spooled):
            await self._held.settle()
            await trio.to_thread.run_sync(self._held.file.resize, self.size, size)
        self._pending.resize(size, self.in_zone.size)
        self.size = size

    def _mark_modified(self) -> None:
        self.modified_ns = now_ns()
        self._pending.touch = None
