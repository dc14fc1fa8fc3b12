"""Replacing the content of a data object by an upload that may yet fail."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import trio

from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import Patch
from irodsfs.transfer.spool import SpoolFile
from irodsfs.transfer.upload import Upload, upload

BATCH = 4 * 1024 * 1024


class Replacement:
    """New content for what exists: collected in a local file, so that a client that hangs up destroys nothing."""

    def __init__(self, zone: Zone, path: str) -> None:
        self._zone = zone
        self._path = path

    async def fill(self, source: AsyncIterator[bytes]) -> None:
        """Collect all of `source`, then put it in the place of what is there."""
        file = SpoolFile(Path(tempfile.gettempdir()))
        try:
            size = await _collect(source, file)
            patches = [Patch(0, size, file.read)] if size else []
            await upload(self._zone, Upload(self._path, patches, size, replace=True))
        finally:
            file.close()


async def _collect(source: AsyncIterator[bytes], file: SpoolFile) -> int:
    size = 0
    batch = bytearray()
    async for piece in source:
        batch += piece
        if len(batch) >= BATCH:
            await trio.to_thread.run_sync(file.write, size, batch)
            size += len(batch)
            batch = bytearray()
    await trio.to_thread.run_sync(file.write, size, batch)
    return size + len(batch)
