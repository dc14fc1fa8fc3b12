from __future__ import annotations

import errno
import os

import pytest
from irods.session import iRODSSession

from tests.filesystem.program import Program, read_file, write_file
from tests.mounts import fails
from tests.objects import get, put


async def test_what_others_have_closed_is_seen_by_who_opens_it_then(
    program: Program, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    assert await read_file(program, "file") == b"content"
    put(session, f"{home}/file", b"other content")
    assert await read_file(program, "file") == b"other content"


async def test_what_was_made_elsewhere_is_not_made_again(program: Program, session: iRODSSession, home: str) -> None:
    assert await program.listdir("") == []
    put(session, f"{home}/file", b"theirs")
    with pytest.raises(FileExistsError):
        await program.open("file", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    file = await program.open("file", os.O_RDWR | os.O_CREAT)
    assert await program.read(file, 0, 100) == b"theirs"
    await program.close(file)


async def test_what_is_gone_is_looked_up_again(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"theirs")
    assert await program.listdir("") == ["file"]
    session.data_objects.unlink(f"{home}/file", force=True)
    with fails(errno.ESTALE):
        await program.open("file", os.O_RDONLY)
    with pytest.raises(FileNotFoundError):
        await program.open("file", os.O_RDONLY)


async def test_an_emptied_file_replaces_what_is_there_by_then(
    program: Program, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    assert (await program.stat("file")).st_size == 7
    put(session, f"{home}/file", b"a longer content")
    number = session.data_objects.get(f"{home}/file").id
    await write_file(program, "file", b"ours")
    assert get(session, f"{home}/file") == b"ours"
    assert session.data_objects.get(f"{home}/file").id == number
