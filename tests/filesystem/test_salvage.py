from __future__ import annotations

import os
import stat
from pathlib import Path

from irodsfs.filesystem.inodes import ROOT
from irodsfs.filesystem.parts import Parts
from irodsfs.filesystem.salvage import Salvage
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Sender
from tests.filesystem.conftest import Noting

SENDER = Sender(host="h", port=1247, zone="z", user="a")


def salvage_of(parts: Parts, spool: Spool) -> Salvage:
    return Salvage(parts.caches.catalog, parts.caches.inodes, spool, SENDER)


async def test_bytes_are_kept_with_what_they_are_and_why(parts: Parts, home: str) -> None:
    spool = Spool(Path(parts.cache_invalidator.spool_directory))
    inode = parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG)
    parts.files.create(inode, f"{home}/file", os.O_WRONLY)
    assert inode.contents is not None
    await inode.contents.write(0, b"content")
    await salvage_of(parts, spool).keep(inode, inode.contents, OSError("no room"))
    (kept,) = spool.failed()
    assert (kept.description.path, kept.description.size, kept.description.sender) == (f"{home}/file", 7, SENDER)
    assert "no room" in kept.description.reason
    assert b"".join(chunk for patch in kept.patches() for chunk in patch.chunks()) == b"content"
    assert parts.caches.catalog.is_registered(f"{home}/file")


async def test_nothing_is_lost_of_what_has_no_bytes(parts: Parts, home: str) -> None:
    spool = Spool(Path(parts.cache_invalidator.spool_directory))
    inode = parts.caches.inodes.looked_up(f"{home}/lock", stat.S_IFREG)
    parts.files.create(inode, f"{home}/lock", os.O_WRONLY)
    assert inode.contents is not None
    await salvage_of(parts, spool).keep(inode, inode.contents, OSError("taken"))
    assert spool.failed() == []


async def test_handles_keep_what_they_have_when_another_file_has_the_name(
    parts: Parts, home: str, kernel: Noting
) -> None:
    inode = parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG)
    parts.files.create(inode, f"{home}/file", os.O_WRONLY)
    salvage_of(parts, Spool(Path(parts.cache_invalidator.spool_directory))).detach(inode)
    assert (inode.path, inode.last_entry is not None) == (None, True)
    assert (ROOT, b"file") in kernel.names
    assert parts.caches.inodes.get(f"{home}/file") is None
