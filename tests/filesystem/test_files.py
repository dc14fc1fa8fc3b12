from __future__ import annotations

import os

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.files import raise_deferred
from irodsfs.filesystem.inodes import Inode
from tests.filesystem.program import Program
from tests.objects import get, put


async def test_all_handles_of_a_file_share_its_content(program: Program, session: iRODSSession, home: str) -> None:
    one = await program.open("file", os.O_RDWR | os.O_CREAT)
    other = await program.open("file", os.O_RDWR)
    await program.write(one, b"content")
    assert await program.read(other, 0, 100) == b"content"
    await program.ftruncate(other, 3)
    assert await program.read(one, 0, 100) == b"con"
    await program.close(one)
    assert get(session, f"{home}/file") == b"con"
    await program.close(other)


async def test_what_is_unlinked_is_read_and_written_on(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    file = await program.open("file", os.O_RDWR)
    await program.unlink("file")
    await program.pwrite(file, 7, b", more")
    assert await program.read(file, 0, 100) == b"content, more"
    await program.close(file)
    assert not session.data_objects.exists(f"{home}/file")


async def test_what_is_only_read_grows_with_the_zone(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/log", b"one,")
    reader = await program.open("log", os.O_RDONLY)
    assert await program.read(reader, 0, 100) == b"one,"
    put(session, f"{home}/log", b"one,two,")
    again = await program.open("log", os.O_RDONLY)
    assert await program.read(reader, 0, 100) == b"one,two,"
    for file in (reader, again):
        await program.close(file)


async def test_a_time_that_was_set_before_the_close_is_kept(program: Program, session: iRODSSession, home: str) -> None:
    file = await program.open("file", os.O_WRONLY | os.O_CREAT)
    await program.write(file, b"content")
    await program.utime("file", 1_234_567_890 * 10**9)
    await program.close(file)
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == 1_234_567_890


def test_what_failed_is_told_once() -> None:
    inode = Inode(2, "/z/file", failure=OSError("failed before"))
    with pytest.raises(OSError, match="failed before"):
        raise_deferred(inode)
    raise_deferred(inode)
    assert inode.failure is None
