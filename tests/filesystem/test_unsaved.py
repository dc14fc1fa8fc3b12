from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.parts import Parts
from irodsfs.filesystem.salvage import Salvage
from irodsfs.filesystem.unsaved import ENDED, Unsaved
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Sender

SENDER = Sender(host="h", port=1247, zone="z", user="a")


async def opened(parts: Parts, home: str) -> Inode:
    inode = parts.caches.inodes.looked_up(f"{home}/file", stat.S_IFREG)
    parts.files.create(inode, f"{home}/file", os.O_WRONLY)
    assert inode.contents is not None
    await inode.contents.write(0, b"content")
    return inode


async def test_what_is_open_is_safe_in_the_spool_until_it_has_arrived(parts: Parts, home: str) -> None:
    spool, brought = Spool(Path(parts.cache_invalidator.spool_directory)), list[Inode]()

    async def bring(inode: Inode) -> None:
        (kept,) = spool.failed()
        assert kept.description.reason == ENDED
        with pytest.raises(BlockingIOError), kept.claimed():
            raise AssertionError("somebody else would bring it, too")
        brought.append(inode)

    inode = await opened(parts, home)
    unsaved = Unsaved(inode, Salvage(parts.caches.catalog, parts.caches.inodes, spool, SENDER), bring)
    assert unsaved.size == 7
    await unsaved.secure()
    await unsaved.deliver()
    assert brought == [inode]
    assert spool.failed() == []


async def test_what_does_not_arrive_is_kept_with_the_reason(parts: Parts, home: str) -> None:
    spool = Spool(Path(parts.cache_invalidator.spool_directory))

    async def bring(inode: Inode) -> None:
        raise AssertionError("it is given up")

    inode, salvage = await opened(parts, home), Salvage(parts.caches.catalog, parts.caches.inodes, spool, SENDER)
    unsaved = Unsaved(inode, salvage, bring)
    await unsaved.secure()
    await unsaved.give_up(OSError("no room"))
    (kept,) = spool.failed()
    assert "no room" in kept.description.reason
    assert salvage.untold == [kept.file]
    with kept.claimed():
        assert kept.read(0, 100) == b"content"
