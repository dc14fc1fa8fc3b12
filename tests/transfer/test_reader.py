"""Reads of a large object bring the right bytes, however they overtake one another."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone
from irodsfs.transfer import readahead, readahead_width, reader
from irodsfs.transfer.readahead import ReadAhead
from irodsfs.transfer.reader import Reader
from tests.proxy import Cut, Proxy
from tests.zones import AnyZone

CHUNK = 64
CONTENT = random.Random(1).randbytes(200 * CHUNK)
CONNECTIONS = 8

Read = tuple[int, int]
offsets = st.integers(0, len(CONTENT) + CHUNK)
sizes = st.integers(1, CHUNK)
in_order = st.builds(
    lambda start, size, count: [(start + number * size, size) for number in range(count)],
    offsets, sizes, st.integers(1, 40),
)  # fmt: skip
at_once = st.one_of(in_order, in_order.flatmap(st.permutations), st.lists(st.tuples(offsets, sizes), max_size=8))


@pytest.fixture
def path(session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data object that is large for the sizes of this module."""
    for module in (readahead, reader):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 4)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(readahead, "BEYOND", CHUNK)
    monkeypatch.setattr(reader, "RANDOM_READ", CHUNK // 2)
    # Any line is worth more connections.
    for name, value in {"GAIN": 0, "NEAR": 0, "PERIOD": 0}.items():
        monkeypatch.setattr(readahead_width, name, value)
    with session.data_objects.open(f"{home}/object", "w") as stream:
        stream.write(CONTENT)
    return f"{home}/object"


@asynccontextmanager
async def opened(path: str, session: iRODSSession) -> AsyncIterator[Reader]:
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, CONNECTIONS, background)
        subject = Reader(zone, path, verify=None)
        await subject.open()
        with trio.fail_after(60):
            yield subject
        await subject.close()
        await zone.leave()
        background.cancel_scope.cancel()


async def read_at_once(subject: Reader, reads: Iterable[Read]) -> dict[Read, bytes]:
    """What reads bring that are all under way at once."""
    brought: dict[Read, bytes] = {}

    async def read(offset: int, size: int) -> None:
        brought[offset, size] = bytes(await subject.read(offset, size))

    async with trio.open_nursery() as readers:
        for offset, size in reads:
            readers.start_soon(read, offset, size)
    return brought


def content_of(reads: Iterable[Read]) -> dict[Read, bytes]:
    return {(offset, size): CONTENT[offset : offset + size] for offset, size in reads}


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
        brought = await read_at_once(subject, [(offset, size) for offset in offsets])
    assert brought == content_of(brought)


@pytest.mark.timeout(100)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(at_once, max_size=6))
def test_reads_in_any_order_bring_their_own_bytes(path: str, session: iRODSSession, steps: list[list[Read]]) -> None:
    async def main() -> None:
        async with opened(path, session) as subject:
            for reads in steps:
                assert await read_at_once(subject, reads) == content_of(reads)

    trio.run(main)


async def test_what_was_read_ahead_is_there_when_the_end_has_come(path: str, session: iRODSSession) -> None:
    end = 2 * CHUNK
    async with opened(path, session) as subject:
        ahead = ReadAhead(await subject.connection(), 0, end)
        await ahead.run()
        assert ahead.holds(0, end)
        assert await ahead.read(0, end) == CONTENT[:end]


@pytest.mark.readable_line
async def test_a_long_line_is_read_on_several_connections_that_end_with_the_reading(
    path: str, zone_server: AnyZone
) -> None:
    with Proxy.before(zone_server.host, zone_server.port, delay=0.01) as proxy:
        with zone_server.behind(proxy.port).session() as session:
            async with opened(path, session) as subject:
                brought = b""
                while piece := await subject.read(len(brought), CHUNK // 2):
                    brought += piece
            assert brought == CONTENT
        # Half of the connections are left to others, and the first one is beside them all.
        assert 2 <= proxy.connections <= CONNECTIONS // 2 + 1
        assert proxy.requests[api_number["DATA_OBJ_OPEN_AN"]] == proxy.requests[api_number["DATA_OBJ_CLOSE_AN"]]


@pytest.mark.readable_line
async def test_connections_are_given_back_while_reading_pauses(
    path: str, zone_server: AnyZone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readahead, "IDLE_SECONDS", 0.1)
    closed = threading.Event()
    with (
        Proxy.before(zone_server.host, zone_server.port, delay=0.01) as proxy,
        zone_server.behind(proxy.port).session() as session,
    ):
        proxy.on_request(api_number["DATA_OBJ_CLOSE_AN"], lambda _: closed.set())
        async with opened(path, session) as subject:
            brought = b""
            while proxy.connections < 2:
                brought += await subject.read(len(brought), CHUNK // 2)
            assert await trio.to_thread.run_sync(closed.wait, 60)
            while piece := await subject.read(len(brought), CHUNK // 2):
                brought += piece
    assert brought == CONTENT


@pytest.mark.parametrize("api", ["OPEN", "LSEEK", "READ", "CLOSE"])
@pytest.mark.parametrize("pieces", [0, 7, 60])
@pytest.mark.readable_line
async def test_a_connection_that_breaks_costs_time_and_no_bytes(
    path: str, zone_server: AnyZone, api: str, pieces: int
) -> None:
    with (
        Proxy.before(zone_server.host, zone_server.port, delay=0.005) as proxy,
        zone_server.behind(proxy.port).session() as session,
    ):
        async with opened(path, session) as subject:
            brought = b""
            for _ in range(pieces):
                brought += await subject.read(len(brought), CHUNK // 2)
            proxy.cut_at(api_number[f"DATA_OBJ_{api}_AN"])
            while piece := await subject.read(len(brought), CHUNK // 2):
                brought += piece
    assert brought == CONTENT


async def test_a_read_at_the_end_is_short_and_beyond_it_empty(path: str, session: iRODSSession) -> None:
    end = len(CONTENT)
    async with opened(path, session) as subject:
        brought = await read_at_once(subject, [(end - 10, 24), (end, 24), (end + 10, 24)])
    assert brought == {(end - 10, 24): CONTENT[-10:], (end, 24): b"", (end + 10, 24): b""}


@pytest.mark.readable_line
@pytest.mark.parametrize("way", ["refused", "cut"])
async def test_what_can_not_be_read_ahead_is_read_when_it_is_asked_for(
    path: str, zone_server: AnyZone, way: str
) -> None:
    """Whatever is larger than what is fetched alone is refused: that is asked for ahead only."""
    failures = 0

    def fail_large(content: bytes) -> bytes:
        nonlocal failures
        if (size := re.search(rb"<len>(\d+)<", content)) and int(size[1]) > CHUNK // 2:
            failures += 1
            if way == "cut":
                raise Cut
            return content.replace(b"<l1descInx>3<", b"<l1descInx>9<")
        return content

    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        proxy.on_content(api_number["DATA_OBJ_READ_AN"], fail_large)
        with zone_server.behind(proxy.port).session() as session:
            async with opened(path, session) as subject:
                brought = b""
                while piece := await subject.read(len(brought), CHUNK // 2):
                    brought += piece
    assert brought == CONTENT
    assert failures


@pytest.mark.readable_line
@pytest.mark.parametrize("api", ["OPEN", "LSEEK", "READ"])
async def test_connections_beside_the_first_may_all_fail(path: str, zone_server: AnyZone, api: str) -> None:
    lines: list[int] = []  # the threads that forward them

    def refuse_beside(content: bytes) -> bytes:
        line = threading.get_ident()
        if line not in lines:
            lines.append(line)
        if line == lines[0]:
            return content
        return content.replace(b"<l1descInx>3<", b"<l1descInx>9<").replace(b"<openFlags>0<", b"<openFlags>9<")

    with (
        Proxy.before(zone_server.host, zone_server.port, delay=0.01) as proxy,
        zone_server.behind(proxy.port).session() as session,
    ):
        proxy.on_content(api_number[f"DATA_OBJ_{api}_AN"], refuse_beside)
        async with opened(path, session) as subject:
            # Something that is not in order, so that the first connection seeks first.
            assert await subject.read(CHUNK, CHUNK // 4) == CONTENT[CHUNK : CHUNK + CHUNK // 4]
            brought = b""
            while piece := await subject.read(len(brought), CHUNK // 2):
                brought += piece
    assert brought == CONTENT
    assert len(lines) > 1
