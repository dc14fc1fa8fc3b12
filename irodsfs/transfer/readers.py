"""The readers of one data object: one for each handle, so that programs that read in order don't disturb each other."""

from __future__ import annotations

from collections.abc import Iterator

from irodsfs.grid.zone import Zone
from irodsfs.transfer.checksums import HashPolicy
from irodsfs.transfer.reader import Reader
from irodsfs.transfer.versions import Version


class Readers:
    """What handles read of one version of a large object, until `close`, after which they are final.

    Each handle has a `Reader` with a position of its own, and takes what that of another one has or is about to get.
    `size` in bytes.
    """

    def __init__(self, zone: Zone, path: str, first: Reader, *, verify: HashPolicy | None) -> None:
        """`first` has opened the object, for the handle that is next to read."""
        self._zone = zone
        self._verify = verify
        self._path: str | None = path
        self._unused: Reader | None = first
        """Of the handle that is next to read for the first time."""
        self._of: dict[int, Reader] = {}
        self._only: Reader | None = None
        """That of all handles, of an object that can't be opened again."""
        self._model = first
        self._closed = False

    @property
    def size(self) -> int:
        return self._model.size

    @property
    def version(self) -> Version | None:
        return self._model.version

    @property
    def checksum(self) -> str:
        return self._model.checksum

    def move(self, path: str | None) -> None:
        """The object has another path, or none any more."""
        self._path = path
        for each in self._all():
            each.move(path)

    async def read(self, handle: int, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`; fewer only at the end. Raises `ReaderClosed`."""
        own = self._only or self._of.get(handle)
        if own is None or not own.brings(offset, size):
            for each in self._all():
                if each is not own and (content := await each.take(offset, size)) is not None:
                    return content
        return await self._reader_of(handle).read(offset, size)

    def is_same(self, opened: Readers) -> bool:
        """Whether what was opened now is for certain what these have read until now."""
        known, now = self.version, opened.version
        if known is None or now is None or known.recent:
            return False
        return known.looks_like(now) and self.checksum == opened.checksum

    async def adopt(self, opened: Readers) -> None:
        """Take over the reader of another opening of the same version, for the handle that is next to read."""
        unused, self._unused = self._unused, opened._unused
        if unused is not None:
            await unused.close()

    async def leave(self, handle: int) -> None:
        """A handle is closed."""
        reader = self._of.pop(handle, None)
        if reader is not None:
            await reader.close()

    async def shorten(self, size: int) -> None:
        """Ask for nothing from `size` (bytes) on any more: the object is about to be cut there."""
        for each in self._all():
            await each.shorten(size)
        await self._model.shorten(size)

    async def stay_open(self) -> bool:
        """Go on reading after the object has lost its name; False when no connection can be spared for that."""
        if self._only is None:
            only = next((each for each in self._all() if each.stays_open()), None)
            if only is None:
                only = self._unused or Reader(self._zone, str(self._path), verify=self._verify)
                await only.open()
                if not only.stays_open():
                    self._unused = only
                    return False
            others = [each for each in self._all() if each is not only]
            # Whoever reads with these meanwhile finds them closed, and goes on with that one.
            self._only, self._unused, self._of = only, None, {}
            for each in others:
                await each.close()
        return True

    async def close(self) -> None:
        self._closed = True
        for each in list(self._all()):
            await each.close()

    def _reader_of(self, handle: int) -> Reader:
        reader = self._only or self._of.get(handle)
        if reader is None:
            reader, self._unused = self._unused or self._model.beside(), None
            self._of[handle] = reader
            if self._closed:
                reader.end()
        return reader

    def _all(self) -> Iterator[Reader]:
        yield from [each for each in (self._only, self._unused, *self._of.values()) if each is not None]
