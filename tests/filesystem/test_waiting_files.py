"""Files that wait for their upload, where a call needs them to be in the zone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trio
from irods.session import iRODSSession

from irodsfs.filesystem.files import SYNCED_AT_A_TIME
from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.pending_uploads import PendingUploads
from irodsfs.filesystem.uploader import Uploader
from tests.filesystem.program import Program, served
from tests.objects import get

PATIENCE = 60
NAMES = [f"{number}" for number in range(3 * SYNCED_AT_A_TIME)]

upload = Uploader.upload


class Uploads:
    """Those that somebody waits for go on when as many as may are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0
        self._together = trio.Event()

    async def begin(self) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == SYNCED_AT_A_TIME:
            self._together.set()
        with trio.fail_after(PATIENCE):
            await self._together.wait()


@pytest.mark.parametrize("call", ["rename", "fsync"])
async def test_what_waits_in_a_directory_is_brought_several_files_at_a_time(
    session: iRODSSession, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    uploads = Uploads()

    async def held(uploader: Uploader, inode: Inode, attempts: int, *, guarded: bool) -> None:
        await uploads.begin()
        await upload(uploader, inode, attempts, guarded=guarded)
        uploads.under_way -= 1

    async def behind(pending: PendingUploads, inode: Inode) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(Uploader, "upload", held)
    monkeypatch.setattr(PendingUploads, "bring", behind)
    async with served(session, home, tmp_path, write_back=True) as file_system:
        program = Program(file_system)
        await program.mkdir("before")
        for name in NAMES:
            file = await program.open(f"before/{name}", os.O_CREAT | os.O_WRONLY)
            await program.write(file, name.encode())
            await program.close(file)
        if call == "rename":
            await program.rename("before", "after")
        else:
            await program.fsync_directory("before")
        directory = f"{home}/{'after' if call == 'rename' else 'before'}"
        assert {name: get(session, f"{directory}/{name}") for name in NAMES} == {name: name.encode() for name in NAMES}
        assert uploads.most == SYNCED_AT_A_TIME
