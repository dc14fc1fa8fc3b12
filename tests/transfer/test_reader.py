"""Reads of a large object bring the right bytes, however they overtake one another."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import readahead, reader
from irodsfs.transfer.readahead import ReadAhead
from irodsfs.transfer.reader import Reader

CHUNK = 64
CONTENT = random.Random(1).randbytes(200 * CHUNK)


@pytest.fixture
def path(session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data object that is large for the sizes of this module."""
    for module in (readahead, reader):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 4)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(reader, "RANDOM_READ", CHUNK // 2)
    with session.data_objects.open(f"{home}/object", "w") as stream:
        stream.write(CONTENT)
    return f"{home}/object"


@asynccontextmanager
async def opened(path: str, session: iRODSSession) -> AsyncIterator[Reader]:
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, 2, background)
        subject = Reader(zone, path, verify=False)
        await subject.open()
        with trio.fail_after(60):
            yield subject
        await subject.close()
        await zone.leave()
        background.cancel_scope.cancel()


async def read_at_once(subject: Reader, offsets: Iterable[int], size: int) -> dict[int, bytes]:
    """What reads bring that are all under way at once."""
    brought: dict[int, bytes] = {}

    async def read(offset: int) -> None:
        brought[offset] = bytes(await subject.read(offset, size))

    async with trio.open_nursery() as readers:
        for offset in offsets:
            readers.start_soon(read, offset)
    return brought


async def test_a_read_that_is_overtaken_brings_its_own_bytes(path: str, session: iRODSSession) -> None:
    # The first read needs three chunks of growing size, the second the end of the last one: both wait for the same
    # chunk, and which of them goes on first is up to chance.
    near, far = (0, CHUNK + CHUNK // 2), (CHUNK + CHUNK // 2, CHUNK // 4)
    for _ in range(30):
        async with opened(path, session) as subject:
            ahead = ReadAhead(await subject.connection(), 0, near[1] + far[1])
            brought: dict[int, bytes] = {}

            async def read(ahead: ReadAhead, brought: dict[int, bytes], start: int, size: int) -> None:
                content = await ahead.read(start, start + size)
                brought[start] = b"" if content is None else bytes(content)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(read, ahead, brought, *far)
                nursery.start_soon(read, ahead, brought, *near)
                nursery.start_soon(ahead.run)
            for start, size in (near, far):
                assert brought[start] in (b"", CONTENT[start : start + size])


@pytest.mark.parametrize("seed", range(4))
async def test_reads_under_way_at_once_bring_their_own_bytes(path: str, session: iRODSSession, seed: int) -> None:
    size = 24
    offsets = list(range(0, len(CONTENT), size))
    shuffler = random.Random(seed)
    # Mostly forward, as a kernel that reads ahead asks, but each request may be overtaken by some others.
    offsets.sort(key=lambda offset: offset + shuffler.randrange(seed * CHUNK + 1))
    async with opened(path, session) as subject:
        brought = await read_at_once(subject, offsets, size)
    assert brought == {offset: CONTENT[offset : offset + size] for offset in offsets}


async def test_a_read_at_the_end_is_short_and_beyond_it_empty(path: str, session: iRODSSession) -> None:
    end = len(CONTENT)
    async with opened(path, session) as subject:
        brought = await read_at_once(subject, [end - 10, end, end + 10], 24)
    assert brought == {end - 10: CONTENT[-10:], end: b"", end + 10: b""}
