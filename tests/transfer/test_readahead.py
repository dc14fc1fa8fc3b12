from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import readahead, replica
from irodsfs.transfer.checksums import ChecksumMismatchError, Verification
from irodsfs.transfer.readahead import ReadAhead
from tests.objects import put

CHUNK = 64
CONTENT = bytes(range(256)) * 8


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readahead, "CHUNK", CHUNK)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 4)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(readahead, "BEYOND", CHUNK)


@pytest.fixture
def path(session: iRODSSession, home: str) -> str:
    put(session, f"{home}/file", CONTENT)
    return f"{home}/file"


@asynccontextmanager
async def run(zone: Zone, path: str, start: int, verification: Verification | None = None) -> AsyncIterator[ReadAhead]:
    async with zone.pool.connection() as connection:
        await replica.open_to_read(zone, connection, path)
        subject = ReadAhead(connection, start, len(CONTENT), verification)

        async def bring() -> None:
            try:
                await subject.run()
            finally:
                subject.at_end()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(bring)
            yield subject
            subject.stop()
        await replica.close(zone, connection)


async def test_a_run_brings_everything_in_order(entered: Zone, path: str) -> None:
    async with run(entered, path, 100) as subject:
        got = b""
        for offset in range(100, len(CONTENT), 30):
            assert subject.will_bring(offset, min(offset + 30, len(CONTENT)))
            got += bytes(await subject.read(offset, min(offset + 30, len(CONTENT))) or b"")
        assert got == CONTENT[100:]
        assert subject.failure is None


async def test_what_lies_far_behind_or_beyond_is_not_of_the_run(entered: Zone, path: str) -> None:
    async with run(entered, path, 0) as subject:
        assert not subject.will_bring(1500, 1530)
        for offset in range(0, 1024, 32):
            await subject.read(offset, offset + 32)
        assert subject.holds(1000, 1024)
        assert not subject.will_bring(0, 32)
    assert not subject.will_bring(1000, 1024)


async def test_a_run_that_is_stopped_keeps_no_promise(entered: Zone, path: str) -> None:
    async with run(entered, path, 0) as subject:
        subject.stop()
        assert await subject.read(1000, 1024) is None


async def test_other_bytes_than_the_registered_ones_are_told_before_the_end(entered: Zone, path: str) -> None:
    async with run(entered, path, 0, Verification(path, "sha2:wrong")) as subject:

        async def read_all() -> None:
            for offset in range(0, len(CONTENT), 32):
                await subject.read(offset, offset + 32)

        with pytest.raises(ChecksumMismatchError):
            await read_all()
