"""Whatever a program asks for at the moment at which a firewall has forgotten all lines, it gets it before long."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.filesystem.file_system import FileSystem
from tests.filesystem.program import Program, served
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

MEGABYTE = 1 << 20
PROMISED = 3.0
"""Seconds in which a call on a forgotten line succeeds on a new one."""

PATIENCE = 60
LARGE = bytes(5 * MEGABYTE)

Call = Callable[[], Awaitable[object]]

pytestmark = pytest.mark.readable_line


class Forgetful:
    """A program on a file system, and what forgets the lines to its zone."""

    def __init__(self, file_system: FileSystem, proxy: Proxy) -> None:
        self.program = Program(file_system)
        self._file_system = file_system
        self._proxy = proxy

    async def made_after_forgetting(self, *calls: Call) -> None:
        """Make calls side by side, each on a line that has just been used and carries nothing any more."""
        self._proxy.delay = 0.2
        async with trio.open_nursery() as nursery:
            for _ in calls:
                nursery.start_soon(self._file_system.statfs)
        self._proxy.delay = 0.0
        assert self._proxy.open_connections >= len(calls)
        self._proxy.forget_lines()
        took: list[float] = []

        async def make(call: Call) -> None:
            began = trio.current_time()
            await call()
            took.append(trio.current_time() - began)

        async with trio.open_nursery() as nursery:
            for call in calls:
                nursery.start_soon(make, call)
        assert max(took) < PROMISED, took


@asynccontextmanager
async def forgetful(zone_server: AnyZone, home: str, spool: Path) -> AsyncIterator[Forgetful]:
    with (
        Proxy.before(zone_server.host, zone_server.port) as proxy,
        zone_server.behind(proxy.port).session() as session,
        trio.fail_after(PATIENCE),
    ):
        session.connection_timeout = PATIENCE
        async with served(session, home, spool, posix_attributes=True) as file_system:
            yield Forgetful(file_system, proxy)


async def test_names(zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path) -> None:
    for name in ("removed", "emptied"):
        session.collections.create(f"{home}/{name}")
    put(session, f"{home}/removed/file", b"removed")
    async with forgetful(zone_server, home, tmp_path) as given:
        program = given.program
        assert await program.stat("removed/file")
        assert await program.stat("emptied")
        await given.made_after_forgetting(
            lambda: program.mkdir("made"),
            lambda: program.rmdir("emptied"),
            lambda: program.unlink("removed/file"),
            lambda: program.symlink("target", "link"),
        )
    assert {each.name for each in session.collections.get(home).subcollections} == {"made", "removed"}
    assert get(session, f"{home}/link") == b"target"
    assert not session.data_objects.exists(f"{home}/removed/file")


async def test_saving_by_a_rename(zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path) -> None:
    contents = {"longer": b"longer content", "shorter": b"short", "large": LARGE}
    for name, content in contents.items():
        put(session, f"{home}/{name}", b"old content")
        put(session, f"{home}/{name}.new", content)
    async with forgetful(zone_server, home, tmp_path) as given:
        assert len(await given.program.listdir("")) == 6
        saving = [partial(given.program.rename, f"{name}.new", name) for name in contents]
        await given.made_after_forgetting(*saving)
    assert {name: get(session, f"{home}/{name}") for name in contents} == contents
    assert len(session.collections.get(home).data_objects) == 3


async def test_what_is_written(zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path) -> None:
    put(session, f"{home}/log", b"one ")
    put(session, f"{home}/cut", b"content")
    async with forgetful(zone_server, home, tmp_path) as given:
        program = given.program
        log = await program.open("log", os.O_WRONLY | os.O_APPEND)
        await program.write(log, b"two")
        streamed = await program.open("streamed", os.O_WRONLY | os.O_CREAT)

        async def stream() -> None:
            for _ in range(12):
                await program.write(streamed, bytes(MEGABYTE))
            await program.close(streamed)

        replaced = await program.open("new", os.O_WRONLY | os.O_CREAT)
        await program.write(replaced, b"new")
        await given.made_after_forgetting(
            lambda: program.close(log),
            stream,
            lambda: program.fsync(replaced),
            lambda: program.truncate("cut", 3),
        )
        await program.close(replaced)
    assert get(session, f"{home}/log") == b"one two"
    assert get(session, f"{home}/streamed") == bytes(12 * MEGABYTE)
    assert (get(session, f"{home}/new"), get(session, f"{home}/cut")) == (b"new", b"con")


async def test_attributes_and_looking(zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path) -> None:
    for name in ("tagged", "dated", "read"):
        put(session, f"{home}/{name}", b"content")
    session.collections.create(f"{home}/listed/below")
    async with forgetful(zone_server, home, tmp_path) as given:
        program = given.program
        assert len(await program.listdir("")) == 4
        read = await program.open("read", os.O_RDONLY)
        await given.made_after_forgetting(
            lambda: program.setxattr("tagged", "user.attribute", b"value"),
            lambda: program.utime("dated", 10**9),
            lambda: program.listdir("listed/below"),
            lambda: program.read(read, 0, 7),
        )
        await program.close(read)
    assert session.data_objects.get(f"{home}/tagged").metadata.get_one("attribute").value == "value"
    assert int(session.data_objects.get(f"{home}/dated").modify_time.timestamp()) == 1
