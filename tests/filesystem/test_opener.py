from __future__ import annotations

import os

from irods.session import iRODSSession

from tests.filesystem.program import Program, read_file
from tests.objects import get, put


async def test_what_exists_is_opened_and_what_is_new_is_made_by_its_flush(
    program: Program, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/there", b"content")
    assert await read_file(program, "there") == b"content"
    new = await program.open("new", os.O_WRONLY | os.O_CREAT)
    assert not session.data_objects.exists(f"{home}/new")
    await program.fsync(new)
    assert get(session, f"{home}/new") == b""
    await program.close(new)


async def test_files_that_are_opened_one_after_the_other_have_their_own_content(
    program: Program, session: iRODSSession, home: str
) -> None:
    names = [f"{number:02}" for number in range(12)]
    for name in names:
        put(session, f"{home}/{name}", name.encode())
    assert sorted(await program.listdir("")) == names
    assert [await read_file(program, name) for name in names] == [name.encode() for name in names]
