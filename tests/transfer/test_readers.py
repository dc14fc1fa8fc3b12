"""Several who read, write, cut and open one object together: each gets right bytes, and nothing stays behind."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from irods.api_number import api_number
from irods.exception import HIERARCHY_ERROR
from irods.session import iRODSSession
from trio.testing import wait_all_tasks_blocked

from irodsfs.grid import requests
from irodsfs.grid.zone import Zone
from irodsfs.transfer import content_states, flights, open_file, readahead, reader, spool
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions
from tests.objects import put
from tests.proxy import Proxy
from tests.zones import AnyZone

SMALL = CHUNK = 4096
CONTENT = random.Random(7).randbytes(40 * CHUNK)
READ = api_number["DATA_OBJ_READ_AN"]
OPTIONS = TransferOptions()

pytestmark = pytest.mark.readable_line


@pytest.fixture
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (open_file, content_states, flights):
        monkeypatch.setattr(module, "SMALL", SMALL)
    for module in (content_states, flights, readahead, reader):
        monkeypatch.setattr(module, "CHUNK", CHUNK)
    for module in (content_states, spool):
        monkeypatch.setattr(module, "AT_ONCE", CHUNK // 2)
    monkeypatch.setattr(readahead, "FIRST_CHUNK", CHUNK // 2)
    monkeypatch.setattr(readahead, "BEHIND", CHUNK)
    monkeypatch.setattr(readahead, "BEYOND", CHUNK)
    monkeypatch.setattr(reader, "RANDOM_READ", CHUNK // 4)


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    with Proxy.before(zone_server.host, zone_server.port, delay=0.001) as proxy:
        yield proxy


@asynccontextmanager
async def entered(proxy: Proxy, zone_server: AnyZone, connections: int = 4) -> AsyncIterator[Zone]:
    """Whatever is done in the zone: no task, no open object, no connection and no server agent stay behind."""
    with zone_server.behind(proxy.port).session() as session, trio.fail_after(100):
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, connections, background)
            tasks = len(background.child_tasks)
            yield zone
            await wait_all_tasks_blocked(0.05)
            assert len(background.child_tasks) == tasks
            assert zone.pool.in_use == 0
            await zone.leave()
            background.cancel_scope.cancel()
    assert proxy.most_connections <= connections
    await trio.to_thread.run_sync(proxy.await_end, 60)


async def read_all(subject: OpenFile, handle: int, start: int = 0, size: int = CHUNK // 4) -> bytes:
    brought = b""
    while piece := await subject.read(start + len(brought), size, handle):
        brought += bytes(piece)
    return brought


@pytest.mark.usefixtures("small_sizes")
@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("connections", [1, 4])
async def test_a_second_open_during_a_read_leaves_nothing_behind(
    proxy: Proxy,
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
    tmp_path: Path,
    changes: bool,
    connections: int,
) -> None:
    path = f"{home}/object"
    put(session, path, CONTENT)
    async with entered(proxy, zone_server, connections) as zone:
        subject = OpenFile(zone, Spool(tmp_path), path, len(CONTENT), OPTIONS)
        await subject.refresh()
        done = trio.Event()

        async def go_on_reading(handle: int) -> None:
            while not done.is_set():
                try:
                    brought = await read_all(subject, handle)
                    assert changes or brought == CONTENT
                except (OSError, HIERARCHY_ERROR):
                    assert changes  # it became shorter, or is locked, while another client writes it
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as reading:
            for handle in (1, 2, 3):
                reading.start_soon(go_on_reading, handle)
            for number in range(8):
                if changes:
                    content = bytes([number]) * len(CONTENT)
                    await trio.to_thread.run_sync(put, session, path, content)
                await subject.refresh()
            done.set()
        if changes:
            assert await read_all(subject, 4) == content
        for handle in (1, 2, 3, 4):
            await subject.leave(handle)
        await subject.close()


@pytest.mark.usefixtures("small_sizes")
async def test_what_others_append_is_read_on_by_each_handle(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path
) -> None:
    path = f"{home}/log"
    put(session, path, CONTENT)
    async with entered(proxy, zone_server) as zone:
        subject = OpenFile(zone, Spool(tmp_path), path, len(CONTENT), OPTIONS)
        await subject.refresh()
        whole = CONTENT
        brought = {1: b"", 2: b""}
        grown = trio.Event()
        ended = False

        async def follow(handle: int, size: int) -> None:
            while not (ended and len(brought[handle]) == len(whole)):
                event = grown
                piece = await subject.read(len(brought[handle]), size, handle)
                brought[handle] += bytes(piece)
                if not piece and event is grown:
                    await event.wait()

        async with trio.open_nursery() as following:
            following.start_soon(follow, 1, 300)
            following.start_soon(follow, 2, CHUNK // 2)
            for number in range(6):
                more = bytes([number]) * (CHUNK + number)
                with session.data_objects.open(path, "a") as stream:
                    await trio.to_thread.run_sync(stream.write, more)
                whole += more
                await subject.refresh()
                ended = number == 5
                grown.set()
                grown = trio.Event()
            grown.set()
        assert brought == {1: whole, 2: whole}
        await subject.close()


STATES = ["in memory", "by ranges", "spooled", "not loaded"]
CUTS = [0, 100, 3 * CHUNK, len(CONTENT) + 100]


@pytest.mark.usefixtures("small_sizes")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("cut", CUTS)
async def test_reads_against_truncate_in_every_order(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path, state: str, cut: int
) -> None:
    """A read sees what was before, or what is after, or less of either; and nothing of what was cut comes back."""
    content = CONTENT[:SMALL] if state == "in memory" else CONTENT
    cut = cut if state != "in memory" else cut * SMALL // len(CONTENT)
    after = content[:cut] + bytes(max(0, cut - len(content)))
    extended = [content[:kept] + bytes(2 * len(CONTENT)) for kept in (50, min(50, cut))]
    path = f"{home}/object"
    offsets = [0, max(0, cut - 10), min(len(content) - 40, cut + 10)]
    async with entered(proxy, zone_server) as zone:
        for order in set(itertools.permutations(["read", "read", "truncate", "extend"])):
            put(session, path, content)
            subject = OpenFile(zone, Spool(tmp_path), path, len(content), OPTIONS)
            if state == "spooled":
                await subject.write(0, content[:10])
            elif state != "not loaded":
                await subject.refresh()

            async def read(subject: OpenFile, handle: int) -> None:
                for offset in offsets:
                    seen = bytes(await subject.read(offset, 200, handle))
                    versions = [each[offset : offset + 200] for each in (content, after, *extended)]
                    assert any(each.startswith(seen) for each in versions), (offset, seen)

            async def change(subject: OpenFile, how: str) -> None:
                await subject.truncate(cut if how == "truncate" else min(50, subject.size))
                if how == "extend":
                    await subject.truncate(subject.size + CHUNK)

            async with trio.open_nursery() as together:
                for handle, what in enumerate(order):
                    together.start_soon(read if what == "read" else change, subject, handle if what == "read" else what)
            now = await read_all(subject, 9)
            assert len(now) == subject.size
            await subject.flush()
            await subject.close()
            with session.data_objects.open(path, "r") as stream:
                assert stream.read() == now


SIZE = 64 << 20
HALF = SIZE // 2
PIECE = 1 << 17
LARGE = bytes(range(256)) * (SIZE // 256)


@pytest.mark.parametrize("connections", [2, 8])
async def test_two_who_take_turns_ask_at_most_twice_as_often_as_one(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path, connections: int
) -> None:
    path = f"{home}/object"
    put(session, path, LARGE)
    async with entered(proxy, zone_server, connections) as zone:

        async def requests_of(*starts: int, size: int) -> int:
            before = proxy.requests[READ]
            subject = OpenFile(zone, Spool(tmp_path), path, SIZE, OPTIONS)
            for _ in starts:
                await subject.refresh()
            for offset in range(0, size, PIECE):
                for handle, start in enumerate(starts):
                    at = start + offset
                    assert await subject.read(at, PIECE, handle + 1) == LARGE[at : at + PIECE]
            for handle in range(len(starts)):
                await subject.leave(handle + 1)
            await subject.close()
            return proxy.requests[READ] - before

        one = await requests_of(0, size=SIZE)
        assert await requests_of(0, HALF, size=HALF) <= 2 * one
        # One follows the other closely: what the first one has is not asked for again.
        assert await requests_of(PIECE, 0, size=SIZE - PIECE) <= one + 4


@pytest.mark.usefixtures("small_sizes")
@pytest.mark.parametrize("connections", [1, 2, 8])
async def test_what_is_removed_while_it_is_open_is_read_on_by_all_its_handles(
    proxy: Proxy, zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path, connections: int
) -> None:
    async with entered(proxy, zone_server, connections) as zone:
        subjects: list[OpenFile] = []
        for number in range(6):
            path = f"{home}/{number}"
            put(session, path, CONTENT)
            subjects.append(OpenFile(zone, Spool(tmp_path), path, len(CONTENT), OPTIONS))
            await subjects[-1].refresh()
            assert await subjects[-1].read(100, 10, 1) == CONTENT[100:110]
        for subject in subjects:
            await subject.prepare_unlinking()
            await zone.perform(requests.unlink(str(subject.path)))
            subject.path = None
        for subject in subjects:
            assert [await read_all(subject, handle) for handle in (1, 2)] == [CONTENT, CONTENT]
            await zone.perform(requests.object_stat(home))
        for subject in subjects:
            await subject.close()
