"""Where uploads wait until they are complete."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path

import trio

from irodsfs.control.http_errors import ControlError
from irodsfs.grid.pool import Place
from irodsfs.grid.zone import Zone
from irodsfs.transfer.memory import Part, Share
from irodsfs.transfer.spool import SpoolFile

BATCH = 4 * 1024 * 1024
REPLACING = "Remove the data object first: what is new is not collected here."
BUSY = "Try again when fewer uploads are under way: this one is then not collected here."
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UploadSpool:
    """A local directory that uploads take `limit` bytes of at the most, all that are under way together."""

    def __init__(self, directory: Path, limit: int | None = None) -> None:
        self._directory = directory
        self._limit = limit
        self._used = 0

    @contextmanager
    def collecting(self, remedy: str = REPLACING) -> Iterator[Collected]:
        """Room for one upload, for the time of the block. `remedy` is told whose upload is too large for it."""
        file = SpoolFile(self._directory)
        collected = Collected(self, file, remedy)
        try:
            yield collected
        finally:
            self._used -= collected.size
            file.close()

    def take(self, size: int, already: int, remedy: str) -> None:
        """Raises `ControlError` when an upload that has `already` some bytes may not have `size` more."""
        if self._limit is not None and already + size > self._limit:
            raise ControlError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "UPLOAD_TOO_LARGE",
                f"An upload that is collected here may have {self._limit} bytes.",
                field="body",
                remedy=remedy,
            )
        if self._limit is not None and self._used + size > self._limit:
            raise _no_room("other uploads")
        self._used += size


@asynccontextmanager
async def at_hand(
    zone: Zone, source: AsyncIterator[bytes], spool: UploadSpool
) -> AsyncIterator[tuple[AsyncIterator[bytes], Place | None]]:
    """What is to be written of a source, and the place of the connection on which the source may take its time.

    Where no connection can be spared for that, the source is collected first: others need them meanwhile.
    """
    place = zone.pool.keep()
    if place is not None:
        yield source, place
        return
    with spool.collecting(BUSY) as collected:
        await collected.fill(source)
        yield collected.pieces(), None


class Collected:
    """The bytes of an upload that have come."""

    def __init__(self, spool: UploadSpool, file: SpoolFile, remedy: str) -> None:
        self.file = file
        self.size = 0
        self._spool = spool
        self._remedy = remedy

    async def fill(self, source: AsyncIterator[bytes]) -> None:
        """Take all of `source`. Raises `ControlError` when there is no room for it."""
        batch, share = bytearray(), Share()
        try:
            async for piece in source:
                batch += piece
                if len(batch) >= BATCH or not share.resize(len(batch), Part.ON_ITS_WAY):
                    await self._write(batch)
                    batch = bytearray()
                    share.give_back()
            await self._write(batch)
        finally:
            share.give_back()

    async def pieces(self) -> AsyncIterator[bytes]:
        """All of it."""
        for offset in range(0, self.size, BATCH):
            yield await trio.to_thread.run_sync(self.file.read, offset, min(BATCH, self.size - offset))

    async def _write(self, batch: bytearray) -> None:
        self._spool.take(len(batch), self.size, self._remedy)
        offset = self.size
        self.size += len(batch)
        try:
            await trio.to_thread.run_sync(self.file.write, offset, batch)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise _no_room("other files") from error
            raise


def _no_room(taken_by: str) -> ControlError:
    return ControlError(
        HTTPStatus.INSUFFICIENT_STORAGE,
        "NO_ROOM",
        f"There is no room where uploads are collected: {taken_by} have it.",
        remedy="Try again later.",
    )
