from __future__ import annotations

import os
from pathlib import Path

from irods.session import iRODSSession

from tests.filesystem.program import Program, served
from tests.objects import put


async def test_what_others_have_changed_is_seen_at_once(session: iRODSSession, home: str, tmp_path: Path) -> None:
    put(session, f"{home}/file", b"content")
    async with served(session, home, tmp_path, cache_timeout=1000) as file_system:
        program = Program(file_system)
        assert (await program.stat("file")).st_size == 7
        put(session, f"{home}/file", b"longer content")
        assert (await program.stat("file")).st_size == 7
        await file_system.changes.changed(f"{home}/file")
        assert (await program.stat("file")).st_size == 14


async def test_what_is_open_is_told(session: iRODSSession, home: str, tmp_path: Path) -> None:
    async with served(session, home, tmp_path) as file_system:
        program, changes = Program(file_system), file_system.changes
        file = await program.open("file", os.O_WRONLY | os.O_CREAT)
        await program.write(file, b"content")
        assert (changes.open_files, changes.dirty_bytes) == (1, 7)
        await program.close(file)
        assert (changes.open_files, changes.dirty_bytes, changes.failed_files) == (0, 0, 0)
        assert (changes.waiting_files, changes.waiting_bytes, changes.is_refused) == (0, 0, False)
        assert changes.spool_directory == str(tmp_path / "spool")
        assert changes.kept("none of that name") is None
