"""Where uploads wait until they are complete."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import trio

from irodsfs.control.errors import ControlError
from irodsfs.transfer.memory import Part, Share
from irodsfs.transfer.spool import SpoolFile

BATCH = 4 * 1024 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UploadSpool:
    """A local directory that uploads take `limit` bytes of at the most, all that are under way together."""

    def __init__(self, directory: Path, limit: int | None = None) -> None:
        self._directory = directory
        self._limit = limit
        self._used = 0

    @contextmanager
    def collecting(self) -> Iterator[Collected]:
        """Room for one upload, for the time of the block."""
        file = SpoolFile(self._directory)
        collected = Collected(self, file)
        try:
            yield collected
        finally:
            self._used -= collected.size
            file.close()

    def take(self, size: int, already: int) -> None:
        """Raises `ControlError` when an upload that has `already` some bytes may not have `size` more."""
        if self._limit is not None and already + size > self._limit:
            raise ControlError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "UPLOAD_TOO_LARGE",
                f"What replaces a data object may have {self._limit} bytes here.",
                field="body",
                remedy="Remove the data object first: what is new is not collected here.",
            )
        if self._limit is not None and self._used + size > self._limit:
            raise _no_room("other uploads")
        self._used += size


class Collected:
    """The bytes of an upload that have come."""

    def __init__(self, spool: UploadSpool, file: SpoolFile) -> None:
        self.file = file
        self.size = 0
        self._spool = spool

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

    async def _write(self, batch: bytearray) -> None:
        self._spool.take(len(batch), self.size)
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
