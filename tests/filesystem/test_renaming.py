from __future__ import annotations

import errno
import os

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.parts import Parts
from irodsfs.filesystem.renaming import NO_REPLACE
from tests.filesystem.program import Program, read_file
from tests.mounts import fails
from tests.objects import get, put

EXCHANGE = 2


async def test_a_file_takes_the_place_of_another_one(program: Program, session: iRODSSession, home: str) -> None:
    for name in ("old", "new"):
        put(session, f"{home}/{name}", name.encode())
    reading = await program.open("old", os.O_RDONLY)
    await program.rename("new", "old")
    assert get(session, f"{home}/old") == b"new"
    assert await program.listdir("") == ["old"]
    assert await read_file(program, "old") == b"new"
    await program.close(reading)


async def test_a_collection_takes_the_place_of_an_empty_one_alone(
    program: Program, session: iRODSSession, home: str
) -> None:
    for path in ("dir/below", "empty", "full"):
        session.collections.create(f"{home}/{path}")
    put(session, f"{home}/full/file", b"")
    put(session, f"{home}/file", b"")
    with fails(errno.ENOTEMPTY):
        await program.rename("dir", "full")
    with pytest.raises(NotADirectoryError):
        await program.rename("dir", "file")
    with pytest.raises(IsADirectoryError):
        await program.rename("file", "dir")
    await program.rename("dir", "empty")
    assert await program.listdir("empty") == ["below"]
    assert not session.collections.exists(f"{home}/dir")


async def test_flags_are_heeded(parts: Parts, session: iRODSSession, home: str) -> None:
    for name in ("a", "b"):
        put(session, f"{home}/{name}", name.encode())
    with pytest.raises(FileExistsError):
        await parts.renaming.rename(f"{home}/a", f"{home}/b", NO_REPLACE)
    with fails(errno.EINVAL):
        await parts.renaming.rename(f"{home}/a", f"{home}/b", EXCHANGE)
    with fails(errno.EINVAL):
        await parts.renaming.rename(f"{home}/a", f"{home}/a/b", 0)
    with fails(errno.EXDEV):
        await parts.renaming.rename(f"{home}/a", "/otherZone/home/a", 0)
    await parts.renaming.rename(f"{home}/a", f"{home}/a", 0)
    await parts.renaming.rename(f"{home}/a", f"{home}/c", NO_REPLACE)
    assert get(session, f"{home}/c") == b"a"
    assert get(session, f"{home}/b") == b"b"


async def test_what_was_believed_is_asked_for_again(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"ours")
    assert await program.listdir("") == ["file"]
    put(session, f"{home}/target", b"theirs")
    await program.rename("file", "target")
    assert get(session, f"{home}/target") == b"ours"


async def test_a_move_keeps_the_modify_time(program: Program, session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/dir")
    put(session, f"{home}/file", b"")
    await program.utime("file", 1_234_567_890 * 10**9)
    await program.rename("file", "dir/file")
    assert int(session.data_objects.get(f"{home}/dir/file").modify_time.timestamp()) == 1_234_567_890
