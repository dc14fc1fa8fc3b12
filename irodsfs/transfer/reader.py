"""Reading a large data object by ranges, on a descriptor that stays open."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

import trio
from irods.message import FileSeekResponse, iRODSMessage

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR, ZoneConnection
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.zone import Zone
from irodsfs.transfer.flights import CHUNK, check_descriptor

RANDOM_READ = 64 * 1024
LARGEST_WINDOW = 4 * CHUNK
"""Bytes fetched at once: little for random access, doubled with each sequential read up to the largest window."""


class Reader:
    """Ranges of one data object. Holds a connection from `open` to `close`; one range is fetched at a time."""

    def __init__(self, zone: Zone, path: str) -> None:
        self._zone = zone
        self._path = path
        self._stack = AsyncExitStack()
        self._connection: ZoneConnection | None = None
        self._lock = trio.Lock()
        self._window = memoryview(b"")
        self._window_start = 0
        self._window_size = RANDOM_READ
        self._expected = 0

    async def open(self) -> int:
        """Open the replica in one flight; answers its size in bytes as it is now."""
        connection = await self._stack.enter_async_context(self._zone.pool.dedicated())
        opening = [
            requests.open_object(self._path, os.O_RDONLY),
            requests.seek(FIRST_DESCRIPTOR, 0, os.SEEK_END),
        ]
        opened, sought = await self._zone.pool.run(connection, opening)
        check_descriptor(opened)
        connection.open_descriptors.add(FIRST_DESCRIPTOR)
        self._connection = connection
        end = iRODSMessage(msg=sought.check().body).get_main_message(FileSeekResponse)
        return int(end.offset)

    async def read(self, offset: int, size: int) -> bytes | memoryview:
        """Up to `size` bytes at `offset`; fewer only at the end of the object."""
        async with self._lock:
            if not self._holds(offset, size):
                await self._fetch(offset, size)
            self._expected = offset + size
            start = offset - self._window_start
            return self._window[start : start + size]

    async def close(self) -> None:
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and not connection.broken:
                try:
                    await self._zone.pool.run(connection, [requests.close(FIRST_DESCRIPTOR)])
                    connection.open_descriptors.clear()
                except ZoneUnreachable:
                    connection.broken = True
            await self._stack.aclose()

    def _holds(self, offset: int, size: int) -> bool:
        end = self._window_start + len(self._window)
        return self._window_start <= offset and offset + size <= end

    async def _fetch(self, offset: int, size: int) -> None:
        sequential = offset == self._expected
        self._window_size = min(2 * self._window_size, LARGEST_WINDOW) if sequential else RANDOM_READ
        wanted = max(size, self._window_size)
        if self._connection is None or self._connection.broken:
            await self._reopen()
        assert self._connection is not None
        flight = [requests.seek(FIRST_DESCRIPTOR, offset)]
        flight += [requests.read(FIRST_DESCRIPTOR, min(CHUNK, wanted - start)) for start in range(0, wanted, CHUNK)]
        replies = await self._zone.pool.run(self._connection, flight)
        parts = [reply.check().bs for reply in replies[1:]]
        self._window = memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
        self._window_start = offset

    async def _reopen(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        await self.open()
