from __future__ import annotations

import os
import stat

import trio
from irods.session import iRODSSession
from trio.testing import wait_all_tasks_blocked

from irodsfs.filesystem.open_while_renamed import at_rest, losing_its_name
from irodsfs.filesystem.parts import Parts
from irodsfs.grid.catalog_entries import made_now
from tests.filesystem.program import Program
from tests.objects import get, put


async def test_nothing_at_or_below_a_path_moves_while_it_is_renamed(parts: Parts, home: str) -> None:
    inodes, entered = parts.caches.inodes, list[str]()
    below = inodes.looked_up(f"{home}/dir/file", stat.S_IFREG)
    parts.files.create(below, f"{home}/dir/file", os.O_WRONLY)

    async def use() -> None:
        async with below.lock:
            entered.append(below.path or "")

    async with trio.open_nursery() as nursery, at_rest(inodes, f"{home}/dir"):
        nursery.start_soon(use)
        await wait_all_tasks_blocked()
        assert entered == []
        inodes.moved(f"{home}/dir", f"{home}/other")
    assert entered == [f"{home}/other/file"]


async def test_what_loses_its_name_is_remembered(parts: Parts, home: str) -> None:
    entry, inode = (
        made_now(f"{home}/file", is_collection=False),
        parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG),
    )
    async with losing_its_name(inode, entry):
        assert inode.lock.locked()
    assert inode.last_entry == entry
    async with losing_its_name(None, entry):
        pass


async def test_an_open_file_is_written_on_under_its_new_name(
    program: Program, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/dir")
    put(session, f"{home}/dir/file", b"content")
    file = await program.open("dir/file", os.O_RDWR)
    await program.rename("dir", "renamed")
    await program.pwrite(file, 0, b"C")
    await program.close(file)
    assert get(session, f"{home}/renamed/file") == b"Content"
    assert not session.collections.exists(f"{home}/dir")
