from __future__ import annotations

import pytest
from irods.exception import CAT_NO_ACCESS_PERMISSION, OBJ_PATH_DOES_NOT_EXIST
from irods.session import iRODSSession

from irodsfs.filesystem.corrections import is_denial
from irodsfs.filesystem.inodes import ROOT
from irodsfs.filesystem.parts import Parts
from irodsfs.grid.catalog_entries import Entry
from tests.filesystem.conftest import Noting
from tests.objects import put


async def test_what_was_wrong_is_forgotten_here_and_in_the_kernel(
    parts: Parts, session: iRODSSession, home: str, kernel: Noting
) -> None:
    catalog = parts.caches.catalog
    assert await catalog.find_if_there(f"{home}/file") is None
    put(session, f"{home}/file", b"content")
    assert await parts.corrections.are_wrong(f"{home}/file")
    assert kernel.names == [(ROOT, b"file")]
    assert (await catalog.find(f"{home}/file")).size == 7
    assert not await parts.corrections.are_wrong(f"{home}/file")


async def test_an_act_on_what_is_gone_is_done_again_with_what_is_there(
    parts: Parts, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"old")
    acted: list[int] = []

    async def act(entry: Entry) -> int:
        acted.append(entry.id)
        if len(acted) == 1:
            session.data_objects.unlink(f"{home}/file", force=True)
            put(session, f"{home}/file", b"new")
            raise OBJ_PATH_DOES_NOT_EXIST("gone")
        return entry.size

    assert await parts.corrections.on(f"{home}/file", act) == 3
    assert acted[0] != acted[1]


async def test_what_fails_for_another_reason_is_told(parts: Parts, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")

    async def act(entry: Entry) -> None:
        raise CAT_NO_ACCESS_PERMISSION("no")

    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        await parts.corrections.on(f"{home}/file", act)
    assert not is_denial(CAT_NO_ACCESS_PERMISSION("no"))
    assert is_denial(FileExistsError())
