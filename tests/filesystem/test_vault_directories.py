from __future__ import annotations

import pytest
from irods.exception import UNIX_FILE_CREATE_ERR
from irods.session import iRODSSession

from irodsfs.filesystem.vault_directories import VaultDirectories
from irodsfs.grid.errors import zone_error
from irodsfs.grid.zone import Zone
from tests.filesystem.program import Program, read_file, write_file
from tests.objects import get

IN_THE_WAY = -511017
"""UNIX_FILE_CREATE_ERR with EEXIST: what a server answers when its vault has something else at the path."""


async def test_a_file_takes_the_place_of_a_tree(program: Program, session: iRODSSession, home: str) -> None:
    for path in ("dir", "dir/a", "dir/a/b"):
        await program.mkdir(path)
        await write_file(program, f"{path}/file", b"")
    for path in ("dir/a/b", "dir/a", "dir"):
        await program.unlink(f"{path}/file")
        await program.rmdir(path)
    await write_file(program, "dir", b"content")
    assert get(session, f"{home}/dir") == b"content"
    assert await read_file(program, "dir") == b"content"


@pytest.mark.parametrize("known", [True, False])
async def test_room_is_made_where_it_is_known_what_may_be_in_the_way(entered: Zone, home: str, known: bool) -> None:
    directories, tries = VaultDirectories(entered, lambda path: None), list[int]()
    if known:
        directories.add(f"{home}/dir/a")

    async def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            error = zone_error(IN_THE_WAY)
            assert isinstance(error, UNIX_FILE_CREATE_ERR)
            raise error
        return "made"

    if known:
        assert await directories.with_room(f"{home}/dir", make) == "made"
    else:
        with pytest.raises(UNIX_FILE_CREATE_ERR):
            await directories.with_room(f"{home}/dir", make)
    assert len(tries) == 1 + known
