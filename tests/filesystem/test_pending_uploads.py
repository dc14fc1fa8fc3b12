from __future__ import annotations

import os
from pathlib import Path

import trio
from irods.session import iRODSSession

from irodsfs.filesystem.inodes import ROOT
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Description, Sender
from irodsfs.transfer.upload_journal import UploadJournal
from irodsfs.transfer.versions import digest
from tests.filesystem.conftest import Noting
from tests.filesystem.program import Program, read_file, served, write_file
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

OPEN, SECONDS = 602, 60


async def test_what_was_closed_is_in_the_zone_when_all_is_written_back(
    session: iRODSSession, home: str, tmp_path: Path
) -> None:
    async with served(session, home, tmp_path, write_back=True) as file_system:
        program = Program(file_system)
        for version in (b"first", b"second version"):
            await write_file(program, "file", version)
            assert await read_file(program, "file") == version
        await file_system.changes.written_back()
        assert get(session, f"{home}/file") == b"second version"
        assert file_system.changes.waiting_files == 0


async def test_what_waits_is_brought_by_an_fsync(session: iRODSSession, home: str, tmp_path: Path) -> None:
    async with served(session, home, tmp_path, write_back=True) as file_system:
        program = Program(file_system)
        await write_file(program, "file", b"content")
        file = await program.open("file", os.O_RDONLY)
        await program.fsync(file)
        assert get(session, f"{home}/file") == b"content"
        await program.close(file)


async def test_what_the_zone_refuses_is_kept_and_looked_up_anew(
    zone_server: AnyZone, session: iRODSSession, home: str, tmp_path: Path, proxy: Proxy, kernel: Noting
) -> None:
    session.collections.create(f"{home}/dir")
    with zone_server.behind(proxy.port).session() as behind:
        async with served(behind, home, tmp_path, write_back=True, kernel=kernel) as file_system:
            program = Program(file_system)
            assert await program.listdir("dir") == []
            directory = await file_system.lookup(ROOT, b"dir")  # so that the kernel knows it
            assert directory is not None
            stall = proxy.stall_at(OPEN)
            await write_file(program, "dir/file", b"content")
            assert await trio.to_thread.run_sync(stall.reached.wait, SECONDS)
            session.collections.remove(f"{home}/dir", force=True)
            proxy.forget_hooks()
            stall.release()
            await file_system.changes.written_back()
            assert (directory.st_ino, b"file") in kernel.names
            assert file_system.changes.failed_files == 1
            (kept,) = Spool(tmp_path / "spool").failed()
            assert kept.read(0, 100) == b"content"
            kept.discard()


async def test_what_a_killed_mount_has_left_waits_again(session: iRODSSession, home: str, tmp_path: Path) -> None:
    sender = Sender(host=session.host, port=session.port, zone=session.zone, user=session.username)
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)
    journal = UploadJournal(spool)
    described = Description(path=f"{home}/file", size=4, sender=sender, ranges=[(0, 4)], digest=digest(b"left").hex())
    journal.put(described, b"left")
    journal.leave()
    async with served(session, home, tmp_path) as file_system:
        await file_system.changes.written_back()
        assert get(session, f"{home}/file") == b"left"
    put(session, f"{home}/file", b"changed since")
    async with served(session, home, tmp_path) as file_system:
        assert file_system.changes.waiting_files == 0
    assert get(session, f"{home}/file") == b"changed since"
