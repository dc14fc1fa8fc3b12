from __future__ import annotations

import os
import stat

from irods.session import iRODSSession

from irodsfs.filesystem.parts import Parts
from tests.filesystem.program import Program, write_file
from tests.objects import get, put

TIME = 1_234_567_890


async def test_what_was_brought_is_known_without_asking(parts: Parts, session: iRODSSession, home: str) -> None:
    inode = parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG)
    parts.files.create(inode, f"{home}/file", os.O_WRONLY)
    assert inode.contents is not None
    await inode.contents.write(0, b"content")
    assert not parts.caches.catalog.is_registered(f"{home}/file")
    await parts.files.sync(inode)
    known = parts.caches.catalog.peek(f"{home}/file")
    assert known is not None
    assert (known.size, parts.caches.catalog.is_registered(f"{home}/file")) == (7, True)
    assert get(session, f"{home}/file") == b"content"
    await parts.files.release(inode)


async def test_a_time_is_set_in_the_zone_at_once(program: Program, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")
    await program.utime("file", TIME * 10**9 + 5)
    assert int(session.data_objects.get(f"{home}/file").modify_time.timestamp()) == TIME
    assert (await program.stat("file")).st_mtime_ns == TIME * 10**9 + 5


async def test_what_others_have_appended_to_meanwhile_is_read_anew(
    program: Program, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/log", b"one,")
    file = await program.open("log", os.O_WRONLY | os.O_APPEND)
    await program.write(file, b"ours,")
    put(session, f"{home}/log", b"one,two,")
    await program.close(file)
    assert (await program.stat("log")).st_size == len(b"one,two,ours,")
    await write_file(program, "log", b"more", os.O_APPEND)
    assert get(session, f"{home}/log") == b"one,two,ours,more"
