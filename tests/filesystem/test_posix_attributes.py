from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.file_system import Change, FileSystem
from irodsfs.filesystem.inodes import ROOT
from irodsfs.grid.posix_avus import LONGEST_TARGET
from tests.filesystem.program import PID, Program, served, write_file
from tests.mounts import fails


async def mode(file_system: FileSystem, name: bytes) -> int:
    found = await file_system.lookup(ROOT, name)
    assert found is not None
    return stat.S_IMODE(found.st_mode)


async def test_bits_are_kept_and_seen_by_the_next_mount(session: iRODSSession, home: str, tmp_path: Path) -> None:
    async with served(session, home, tmp_path, posix_attributes=True) as file_system:
        await write_file(Program(file_system), "file", b"")
        found = await file_system.lookup(ROOT, b"file")
        assert found is not None
        await file_system.setattr(found.st_ino, Change(mode=0o4710), through_handle=False)
        await file_system.mkdir(ROOT, b"dir", 0o700, PID)
    async with served(session, home, tmp_path, posix_attributes=True) as file_system:
        assert (await mode(file_system, b"file"), await mode(file_system, b"dir")) == (0o4710, 0o700)
    async with served(session, home, tmp_path) as file_system:
        assert await mode(file_system, b"file") & 0o7000 == 0


async def test_bits_of_a_file_that_is_not_in_the_zone_yet_go_there_with_it(
    session: iRODSSession, home: str, tmp_path: Path
) -> None:
    async with served(session, home, tmp_path, posix_attributes=True) as file_system:
        program = Program(file_system)
        file = await program.open("file", os.O_WRONLY | os.O_CREAT, 0o600)
        await file_system.setattr(file.inode, Change(mode=0o640), through_handle=True)
        await program.close(file)
    async with served(session, home, tmp_path, posix_attributes=True) as file_system:
        assert await mode(file_system, b"file") == 0o640


async def test_links_are_made_and_read(session: iRODSSession, home: str, tmp_path: Path) -> None:
    async with served(session, home, tmp_path, posix_attributes=True) as file_system:
        made = await file_system.symlink(ROOT, b"link", "../tö".encode())
        assert stat.S_ISLNK(made.st_mode)
        assert await file_system.readlink(made.st_ino) == "../tö".encode()
        with fails(errno.ENAMETOOLONG):
            await file_system.symlink(ROOT, b"other", b"x" * (LONGEST_TARGET + 1))
    async with served(session, home, tmp_path) as file_system:
        with pytest.raises(PermissionError):
            await file_system.symlink(ROOT, b"other", b"x")
