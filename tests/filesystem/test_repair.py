from __future__ import annotations

import time

import pytest
from irods.session import iRODSSession

from irodsfs.filesystem.repair import ABANDONED_AFTER
from irodsfs.filesystem.temporary_names import MOVED, REPLACED
from tests.filesystem.program import Program
from tests.objects import get, put


def left(home: str, purpose: str, name: str, age: float = 2 * ABANDONED_AFTER) -> str:
    """The path of what a rename has left behind so many seconds ago."""
    return f"{home}/.irodsfs-{purpose}-{int(time.time() - age):08x}01234567-{name}"


@pytest.mark.parametrize("purpose", [REPLACED, MOVED])
async def test_what_was_left_behind_gets_its_name_again(
    program: Program, session: iRODSSession, home: str, purpose: str
) -> None:
    put(session, left(home, purpose, "it's"), b"content")
    assert await program.listdir("") == ["it's"]
    assert get(session, f"{home}/it's") == b"content"


async def test_whoever_asks_for_the_name_finds_it(program: Program, session: iRODSSession, home: str) -> None:
    put(session, left(home, REPLACED, "file"), b"content")
    assert (await program.stat("file")).st_size == 7


async def test_what_something_has_taken_the_place_of_goes(program: Program, session: iRODSSession, home: str) -> None:
    put(session, left(home, REPLACED, "file"), b"old")
    put(session, f"{home}/file", b"new")
    assert await program.listdir("") == ["file"]
    assert [each.name for each in session.collections.get(home).data_objects] == ["file"]
    assert get(session, f"{home}/file") == b"new"


async def test_what_is_going_on_is_neither_shown_nor_touched(
    program: Program, session: iRODSSession, home: str
) -> None:
    path = left(home, MOVED, "file", age=0)
    put(session, path, b"content")
    assert await program.listdir("") == []
    assert session.data_objects.exists(path)
