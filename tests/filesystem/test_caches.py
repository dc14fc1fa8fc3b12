from __future__ import annotations

from irods.session import iRODSSession

from irodsfs.filesystem.inodes import ROOT
from irodsfs.filesystem.parts import Parts
from irodsfs.grid.metadata import Avu
from tests.objects import put


async def test_all_caches_are_of_the_same_collection(parts: Parts, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    caches = parts.caches
    assert caches.inodes.path(ROOT) == home
    entry = await caches.catalog.find(f"{home}/file")
    await caches.avus.set(entry, "a", [Avu("a", "1")])
    assert list(await caches.avus.of(f"{home}/file")) == [Avu("a", "1")]
