from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.file_system import Change
from irodsfs.filesystem.inodes import ROOT
from tests.filesystem.program import PID, Program, read_file, served, write_file
from tests.mounts import fails
from tests.objects import get, put


async def test_what_was_written_is_in_the_zone_and_read_from_there(
    program: Program, session: iRODSSession, home: str
) -> None:
    await program.mkdir("dir")
    await write_file(program, "dir/file", b"content")
    assert get(session, f"{home}/dir/file") == b"content"
    assert await read_file(program, "dir/file") == b"content"
    await write_file(program, "dir/file", b", more", os.O_APPEND)
    assert get(session, f"{home}/dir/file") == b"content, more"


async def test_a_read_only_one_refuses_every_change(session: iRODSSession, home: str, tmp_path: Path) -> None:
    put(session, f"{home}/file", b"content")
    async with served(session, home, tmp_path, read_only=True) as file_system:
        program = Program(file_system)
        assert await read_file(program, "file") == b"content"
        for change in (
            program.mkdir("dir"),
            program.unlink("file"),
            program.rename("file", "other"),
            program.truncate("file", 0),
            program.open("file", os.O_WRONLY),
            program.open("new", os.O_WRONLY | os.O_CREAT),
            program.setxattr("file", "user.a", b"1"),
        ):
            with fails(errno.EROFS):
                await change
    assert get(session, f"{home}/file") == b"content"


async def test_strict_permissions_refuse_what_no_zone_has(session: iRODSSession, home: str, tmp_path: Path) -> None:
    put(session, f"{home}/file", b"")
    for strict in (False, True):
        async with served(session, home, tmp_path, strict_permissions=strict) as file_system:
            found = await file_system.lookup(ROOT, b"file")
            assert found is not None
            for change in (Change(mode=0o600), Change(owner=True)):
                setting = file_system.setattr(found.st_ino, change, through_handle=False)
                if strict:
                    with fails(errno.EPERM):
                        await setting
                else:
                    assert (await setting).st_mode == found.st_mode


@pytest.mark.parametrize("name", [b"\xff", b"n" * 256])
async def test_names_that_no_zone_has(session: iRODSSession, home: str, tmp_path: Path, name: bytes) -> None:
    async with served(session, home, tmp_path) as file_system:
        with pytest.raises((ValueError, OSError)):
            await file_system.mkdir(ROOT, name, 0o755, PID)
        if len(name) > 255:
            with fails(errno.ENAMETOOLONG):
                await file_system.lookup(ROOT, name)
        else:
            assert await file_system.lookup(ROOT, name) is None
    assert session.collections.get(home).subcollections == []


async def test_the_log_is_told_what_a_call_is_about(session: iRODSSession, home: str, tmp_path: Path) -> None:
    async with served(session, home, tmp_path) as file_system:
        assert file_system.subject([ROOT, b"name"]) == f"{home} name"
        assert file_system.subject([12345]) == "handle 12345"
