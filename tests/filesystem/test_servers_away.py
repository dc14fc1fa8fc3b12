"""A server of the grid is away: what the catalog shows decides what a program is told, and is shown at once."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
from irods.models import DataObject, Resource
from irods.session import iRODSSession

from irodsfs.filesystem.errnos import FAILURES, errno_of
from tests.filesystem.program import Program, served
from tests.zones import EmbeddedZone, FarServer, add_resources

pytestmark = pytest.mark.embedded_zone

WRITE = os.O_WRONLY | os.O_CREAT
SIZES = [100, 9 * 1024 * 1024]


@pytest.fixture(scope="module")
def far(embedded_zone: EmbeddedZone) -> Iterator[FarServer]:
    with FarServer.beside(embedded_zone) as server:
        add_resources(embedded_zone)
        yield server


@pytest.fixture(autouse=True)
def far_is_there(far: FarServer) -> None:
    assert far.process is not None
    if far.process.poll() is not None:
        far.start()


@asynccontextmanager
async def programs(session: iRODSSession, home: str, spool: Path, resource: str) -> AsyncIterator[Program]:
    async with served(session, home, spool, resource=resource, cache_timeout=3600) as file_system:
        yield Program(file_system)


async def put(program: Program, path: str, content: bytes, flags: int = WRITE) -> None:
    file = await program.open(path, flags)
    await program.write(file, content)
    await program.close(file)


async def got(program: Program, path: str, size: int) -> bytes:
    file = await program.open(path, os.O_RDONLY)
    content = b""
    while more := await program.read(file, len(content), size):
        content += more
    await program.close(file)
    return content


def on_good(session: iRODSSession, path: str) -> set[str]:
    """The resources of the replicas that are good."""
    parent, _, name = path.rpartition("/")
    rows = session.query(Resource.name, DataObject.replica_status).filter(DataObject.name == name)
    assert parent
    return {row[Resource.name] for row in rows if row[DataObject.replica_status] == "1"}


@pytest.mark.parametrize("size", SIZES)
async def test_what_one_replica_has_is_written(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer, size: int
) -> None:
    before, after = os.urandom(size), os.urandom(size)
    async with programs(session, home, tmp_path, "replResc") as program:
        for name in ("over", "appended", "patched"):
            await put(program, name, before)
        far.kill()
        await put(program, "new", after)
        await put(program, "over", after, os.O_WRONLY | os.O_TRUNC)
        await put(program, "appended", after, os.O_WRONLY | os.O_APPEND)
        file = await program.open("patched", os.O_WRONLY)
        await program.pwrite(file, 10, b"patch")
        await program.close(file)
        expected = {"new": after, "over": after, "appended": before + after}
        expected["patched"] = before[:10] + b"patch" + before[15:]
        for name, content in expected.items():
            assert await got(program, name, 4 << 20) == content
            assert (await program.stat(name)).st_size == len(content)
            assert "replCat" in on_good(session, f"{home}/{name}")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_renamed_and_removed_in_the_catalog_is_so(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer, size: int
) -> None:
    contents = {name: os.urandom(size) for name in ("moved", "saved", "target", "removed")}
    async with programs(session, home, tmp_path, "replResc") as program:
        for name, content in contents.items():
            await put(program, name, content)
        far.kill()
        await program.rename("moved", "elsewhere")
        await program.unlink("removed")
        await program.rename("saved", "target")
        assert sorted(await program.listdir("/")) == ["elsewhere", "target"]
        assert await got(program, "elsewhere", 4 << 20) == contents["moved"]
        assert await got(program, "target", 4 << 20) == contents["saved"]
    assert {each.name for each in session.collections.get(home).data_objects} == {"elsewhere", "target"}


async def test_what_could_not_be_done_is_told_and_stays(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer
) -> None:
    async with programs(session, home, tmp_path, "farResc") as program:
        await put(program, "there", b"content")
        far.kill()
        with pytest.raises(FAILURES) as refused:
            await program.rename("there", "elsewhere")
        assert errno_of(refused.value) == errno.EHOSTUNREACH
        assert await program.listdir("/") == ["there"]
        await program.unlink("there")  # which takes it out of the catalog
        assert await program.listdir("/") == []
        far.start()
        await put(program, "again", b"content")
        assert await got(program, "again", 100) == b"content"


@pytest.mark.parametrize("size", SIZES)
async def test_nobody_waits_for_a_resource_that_is_marked_as_down(
    session: iRODSSession, home: str, tmp_path: Path, other_resource: str, size: int
) -> None:
    content = os.urandom(size)
    async with programs(session, home, tmp_path, other_resource) as program:
        for name in ("read", "appended", "over", "target"):
            await put(program, name, content)
        file = await program.open("appended", os.O_WRONLY | os.O_APPEND)
        session.resources.modify(other_resource, "status", "down")
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: got(program, "read", 100),
            lambda: put(program, "over", b"new content", os.O_WRONLY | os.O_TRUNC),
            lambda: put(program, "new", b"content"),
        ]
        for attempt in attempts:
            with trio.fail_after(60), pytest.raises(FAILURES) as refused:
                await attempt()
            assert errno_of(refused.value) == errno.EHOSTUNREACH
        session.resources.modify(other_resource, "status", "up")
        await program.write(file, b"more")
        await program.close(file)
        assert await got(program, "read", 4 << 20) == content
        for name in await program.listdir("/"):
            await program.unlink(name)


async def test_what_a_frozen_server_does_later_is_shown_then(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer
) -> None:
    session.connection_timeout = 2
    async with programs(session, home, tmp_path, "farResc") as program:
        for name in ("there", "moved"):
            await put(program, name, b"content")
        assert len(await program.listdir("/")) == 2
        with far.frozen():
            for attempt in (partial(program.unlink, "there"), partial(program.rename, "moved", "elsewhere")):
                with pytest.raises(FAILURES) as refused:
                    await attempt()
                assert errno_of(refused.value) == errno.ETIMEDOUT
        with trio.fail_after(60), session.clone() as other:
            while {each.name for each in other.collections.get(home).data_objects} != {"elsewhere"}:
                await trio.lowlevel.checkpoint()
        assert await program.listdir("/") == ["elsewhere"]
        assert await got(program, "elsewhere", 100) == b"content"


async def test_everything_works_with_the_next_call_when_the_server_is_back(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer
) -> None:
    """Also on connections of which the zone says from then on that they have lost the server."""
    async with programs(session, home, tmp_path, "farResc") as program:
        for name in ("read", "over", "appended", "cut", "old", "target", "gone"):
            await put(program, name, b"content")
        await put(program, "source", b"newer")
        attempts: list[Callable[[], Awaitable[object]]] = [
            partial(got, program, "read", 100),
            partial(put, program, "over", b"new", os.O_WRONLY | os.O_TRUNC),
            partial(put, program, "appended", b" and more", os.O_WRONLY | os.O_APPEND),
            partial(program.truncate, "cut", 3),
            partial(program.rename, "old", "new"),
            partial(program.rename, "source", "target"),
            partial(program.unlink, "gone"),
            partial(program.setxattr, "read", "irods.checksum", b"compute"),
            partial(put, program, "made", b"made"),
        ]
        for attempt in attempts:
            far.kill()
            far.start()
            await attempt()
        expected = {"read": b"content", "over": b"new", "appended": b"content and more", "cut": b"con"}
        expected |= {"new": b"content", "target": b"newer", "made": b"made"}
        assert {name: await got(program, name, 100) for name in await program.listdir("/")} == expected


@pytest.mark.parametrize("size", SIZES)
async def test_each_change_is_made_as_far_as_it_can_be(
    session: iRODSSession, home: str, tmp_path: Path, far: FarServer, size: int
) -> None:
    content = os.urandom(size)
    async with served(session, home, tmp_path, resource="replResc", cache_timeout=3600, trash_after=0.0) as file_system:
        program = Program(file_system)
        for directory in ("directory", "empty", "full"):
            await program.mkdir(directory)
        for name in ("cut", "emptied", "dated", "trashed", "described", "directory/file", "full/file"):
            await put(program, name, content)
        far.kill()
        await program.truncate("cut", 3)
        await program.truncate("emptied", 0)
        await program.utime("dated", 10**18)
        await program.unlink("trashed")
        await program.setxattr("described", "user.colour", b"blue")
        await program.rename("directory", "empty")
        await program.rename("full/file", "empty/other")
        await program.rmdir("full")
        assert sorted(await program.listdir("/")) == ["cut", "dated", "described", "emptied", "empty"]
        assert sorted(await program.listdir("empty")) == ["file", "other"]
        expected = {"cut": content[:3], "emptied": b"", "dated": content, "described": content, "empty/other": content}
        for name, wanted in expected.items():
            assert await got(program, name, 4 << 20) == wanted, name
            assert (await program.stat(name)).st_size == len(wanted)
        assert (await program.stat("dated")).st_mtime_ns == 10**18
        assert await program.getxattr("described", "user.colour") == b"blue"
