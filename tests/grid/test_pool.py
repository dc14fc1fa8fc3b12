"""However many objects are open, there are never more connections than allowed, and nobody waits for ever for one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, nullcontext
from pathlib import Path

import pytest
import trio
from irods.api_number import api_number
from irods.models import DataObject
from irods.session import iRODSSession

from irodsfs.grid import pool, requests
from irodsfs.grid.queries import Query
from irodsfs.grid.zone import Zone
from irodsfs.transfer import readahead, reader, streaming
from irodsfs.transfer.checksums import ChecksumMismatchError, HashPolicy
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.reader import Reader
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from tests.proxy import Proxy
from tests.zones import AnyZone, EmbeddedZone

CHUNK = 4096
CONTENT = random.Random(5).randbytes(64 * CHUNK)
OPEN, CLOSE = api_number["DATA_OBJ_OPEN_AN"], api_number["DATA_OBJ_CLOSE_AN"]

pytestmark = pytest.mark.readable_line


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (readahead, reader):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 2)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(readahead, "BEYOND", CHUNK)
    monkeypatch.setattr(reader, "RANDOM_READ", CHUNK // 4)


@pytest.fixture
def path(session: iRODSSession, home: str) -> str:
    with session.data_objects.open(f"{home}/object", "w") as stream:
        stream.write(CONTENT)
    return f"{home}/object"


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@asynccontextmanager
async def entered(proxy: Proxy, zone_server: AnyZone, connections: int) -> AsyncIterator[Zone]:
    """At no time there are more connections than allowed."""
    with zone_server.behind(proxy.port).session() as session, trio.fail_after(100):
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, connections, background)
            yield zone
            await zone.leave()
            background.cancel_scope.cancel()
    assert 1 <= proxy.most_connections <= connections


async def opened(zone: Zone, path: str, number: int) -> list[Reader]:
    readers = [Reader(zone, path, verify=None) for _ in range(number)]
    for each in readers:
        await each.open()
    return readers


async def closed(readers: list[Reader]) -> None:
    for each in readers:
        await each.close()


@pytest.mark.parametrize("connections", [1, 2, 8])
async def test_open_objects_that_nobody_reads_keep_nobody_waiting(
    proxy: Proxy, zone_server: AnyZone, path: str, connections: int
) -> None:
    async with entered(proxy, zone_server, connections) as zone:
        readers = await opened(zone, path, 50)
        began = trio.current_time()
        await zone.perform(requests.object_stat(path))
        for number, each in enumerate(readers):
            assert await each.read(number * 100, 50) == CONTENT[number * 100 : number * 100 + 50]
            await zone.perform(requests.object_stat(path))
        # Nobody waited for anybody's slice of time: that would be 50 times a quarter of a second at least.
        assert trio.current_time() - began < 50 * pool.SLICE
        await closed(readers)


@pytest.mark.parametrize("connections", [1, 2, 3, 8])
async def test_all_connections_may_be_read_on_and_others_get_theirs(
    proxy: Proxy, zone_server: AnyZone, path: str, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SLICE", 0.02)
    async with entered(proxy, zone_server, connections) as zone:
        readers = await opened(zone, path, 10)
        brought = [b""] * len(readers)

        async def read_all(number: int) -> None:
            while piece := await readers[number].read(len(brought[number]), CHUNK // 2):
                brought[number] += piece

        async with trio.open_nursery() as reading:
            for number in range(len(readers)):
                reading.start_soon(read_all, number)
            for _ in range(20):
                await zone.perform(requests.object_stat(path))
        assert brought == [CONTENT] * len(readers)
        await closed(readers)


@pytest.mark.embedded_zone
@pytest.mark.parametrize("spoilt", [False, True])
async def test_what_is_verified_is_so_when_others_interrupt_it(
    proxy: Proxy, zone_server: EmbeddedZone, session: iRODSSession, path: str, spoilt: bool
) -> None:
    session.data_objects.chksum(path)
    content = bytearray(CONTENT)
    if spoilt:
        content[len(CONTENT) // 2] ^= 1
        await trio.Path(session.data_objects.get(path).replicas[0].path).write_bytes(content)
    async with entered(proxy, zone_server, 2) as zone:
        subject = Reader(zone, path, verify=HashPolicy())
        await subject.open()
        brought = b""
        with pytest.raises(ChecksumMismatchError) if spoilt else nullcontext():
            while piece := await subject.read(len(brought), CHUNK // 2):
                brought += piece
                if len(brought) % (8 * CHUNK) == 0:
                    await subject.give_back()
        assert content.startswith(brought)
        await subject.close()


async def test_who_takes_pages_slowly_keeps_nobody_waiting(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    count = 600  # more than a page
    for number in range(count):
        session.data_objects.create(f"{home}/{number}")
    query = Query((DataObject.name,), ((DataObject.name, "!= ''"),))
    async with entered(proxy, zone_server, 2) as zone:
        names: list[set[str]] = []

        async def take() -> None:
            mine: set[str] = set()
            async with aclosing(zone.arriving(query)) as flights:
                async for (page,) in flights:
                    mine |= {name for (name,) in page.rows}
                    # What is done with each page asks the zone, too.
                    await zone.perform(requests.object_stat(f"{home}/1"))
            names.append(mine)

        async with trio.open_nursery() as taking:
            for _ in range(5):
                taking.start_soon(take)
    assert len(names) == 5
    assert all({str(number) for number in range(count)} <= each for each in names)


@pytest.mark.parametrize("connections", [1, 2, 3, 8])
async def test_writers_that_pause_keep_nobody_waiting(
    proxy: Proxy,
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
    path: str,
    connections: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "STREAM_FROM", CHUNK)
    size = 5 << 20
    async with entered(proxy, zone_server, connections) as zone:
        written = [OpenFile.new(zone, Spool(tmp_path), f"{home}/{number}", TransferOptions()) for number in range(10)]
        for each in written:
            for offset in range(0, size, 1 << 20):
                await each.write(offset, bytes([7]) * (1 << 20))
        readers = await opened(zone, path, 10)
        for each in readers:
            assert await each.read(0, CHUNK) == CONTENT[:CHUNK]
            await zone.perform(requests.object_stat(path))
        for each in written:
            await each.flush()
            await each.close()
        await closed(readers)
    for number in range(10):
        assert session.data_objects.get(f"{home}/{number}").size == size


async def test_a_connection_that_nobody_reads_on_is_given_back_after_a_while(
    proxy: Proxy, zone_server: AnyZone, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE", 0.1)
    async with entered(proxy, zone_server, 8) as zone:
        (subject,) = await opened(zone, path, 1)
        assert await subject.read(100, 10) == CONTENT[100:110]
        await trio.to_thread.run_sync(proxy.await_requests, CLOSE, 1, 60)
        assert await subject.read(20 * CHUNK, 10) == CONTENT[20 * CHUNK : 20 * CHUNK + 10]
        assert proxy.requests[OPEN] == 2
        await subject.close()


async def test_who_reads_on_after_a_while_is_told_when_it_would_be_another_object(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, path: str
) -> None:
    async with entered(proxy, zone_server, 8) as zone:
        (subject,) = await opened(zone, path, 1)
        await subject.give_back()
        session.data_objects.unlink(path, force=True)
        with session.data_objects.open(path, "w") as stream:
            stream.write(CONTENT[::-1])
        with pytest.raises(OSError, match=r"Errno 116.*another object"):
            await subject.read(100, 10)
        await subject.close()
