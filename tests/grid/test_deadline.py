"""A zone that says a byte now and then holds up nobody for longer than the time limit; slow ones are waited for."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.deadline import PIECE, Deadline
from irodsfs.grid.errors import ZoneTimeout
from irodsfs.grid.zone import Zone
from irodsfs.transfer.reader import Reader
from tests.proxy import Proxy
from tests.zones import AnyZone

TIME_LIMIT = 2
TRICKLE = TIME_LIMIT / 10
CONTENT = random.Random(3).randbytes(5 << 20)

pytestmark = pytest.mark.readable_line


@pytest.fixture
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@pytest.fixture
def path(session: iRODSSession, home: str) -> str:
    with session.data_objects.open(f"{home}/object", "w") as stream:
        stream.write(CONTENT)
    return f"{home}/object"


@asynccontextmanager
async def entered(proxy: Proxy, zone_server: AnyZone) -> AsyncIterator[Zone]:
    with zone_server.behind(proxy.port).session() as session:
        session.connection_timeout = TIME_LIMIT
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, 2, background)
            yield zone
            proxy.trickle = 0.0
            await zone.leave()
            background.cancel_scope.cancel()


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Far less than all of even the shortest reply takes."""
    began = trio.current_time()
    yield
    assert trio.current_time() - began < 5 * TIME_LIMIT


async def test_a_reply_that_comes_byte_by_byte_is_not_waited_for(proxy: Proxy, zone_server: AnyZone, path: str) -> None:
    async with entered(proxy, zone_server) as zone:
        proxy.trickle = TRICKLE
        async with in_time():
            with pytest.raises(ZoneTimeout):
                await zone.perform(requests.object_stat(path), repeat=True)


@pytest.mark.parametrize("ahead", [False, True])
async def test_a_read_of_which_the_bytes_come_one_by_one_fails_in_time(
    proxy: Proxy, zone_server: AnyZone, path: str, ahead: bool
) -> None:
    async with entered(proxy, zone_server) as zone:
        reader = Reader(zone, path, verify=None)
        await reader.open()
        offset = 0 if ahead else 1 << 20
        size = 1 << 20 if ahead else 4096
        proxy.trickle = TRICKLE
        async with in_time():
            with pytest.raises(ZoneTimeout):
                await reader.read(offset, size)
        proxy.trickle = 0.0
        await reader.close()


async def test_a_login_of_which_the_bytes_come_one_by_one_fails_in_time_and_leaves_nothing(
    proxy: Proxy, zone_server: AnyZone
) -> None:
    proxy.trickle = TRICKLE
    async with in_time():
        with zone_server.behind(proxy.port).session() as session:
            session.connection_timeout = TIME_LIMIT
            async with trio.open_nursery() as background:
                with pytest.raises(ZoneTimeout):
                    await Zone.enter(session, 2, background)
                background.cancel_scope.cancel()
    # The thread that logged in has ended, too, and has closed its connection.
    await trio.to_thread.run_sync(proxy.await_end, 5 * TIME_LIMIT)


async def test_what_is_slow_but_goes_on_is_waited_for(zone_server: AnyZone, path: str) -> None:
    seconds = TIME_LIMIT + 1
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        async with entered(proxy, zone_server) as zone:
            reader = Reader(zone, path, verify=None)
            await reader.open()
            proxy.rate = (4 << 20) / seconds
            assert await reader.read(0, 4 << 20) == CONTENT[: 4 << 20]
            proxy.rate = float("inf")
            await reader.close()


@pytest.mark.parametrize("stored", [False, True])
def test_what_is_sent_slowly_may_take_longer_than_the_time_limit(tmp_path: Path, stored: bool) -> None:
    limit, content = 1.0, CONTENT[: 16 * PIECE]
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        with socket.create_connection(listener.getsockname()) as ours, listener.accept()[0] as theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
            ours.settimeout(limit)

            def receive() -> None:
                slowly = threading.Event()
                while len(received) < len(content):
                    received.extend(theirs.recv(PIECE))
                    slowly.wait(2 * limit * PIECE / len(content))

            receiving = threading.Thread(target=receive)
            receiving.start()
            with Deadline(ours) as deadline:
                if stored:
                    file = tmp_path / "file"
                    file.write_bytes(content)
                    with file.open("rb") as opened:
                        deadline.send_file(opened, 0, len(content))
                else:
                    deadline.send(content)
            receiving.join()
            assert ours.gettimeout() == limit
    assert received == content


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"short")
    ours, theirs = socket.socketpair()
    with ours, theirs, file.open("rb") as opened, Deadline(ours) as deadline, pytest.raises(OSError, match="shorter"):
        deadline.send_file(opened, 0, 10)
