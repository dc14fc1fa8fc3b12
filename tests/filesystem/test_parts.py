from __future__ import annotations

from irodsfs.filesystem.inodes import ROOT
from irodsfs.filesystem.parts import Parts
from irodsfs.grid.zone import Zone
from tests.filesystem.conftest import MakeParts


async def test_parts_are_of_what_was_configured(make_parts: MakeParts, entered: Zone, home: str) -> None:
    parts = make_parts(entered, write_back=True, posix_attributes=True)
    assert parts.caches.inodes.path(ROOT) == home
    assert parts.pending.is_enabled
    assert parts.files.lets_wait
    assert parts.posix_attributes is not None


async def test_by_default_nothing_waits_and_no_bits_are_kept(parts: Parts) -> None:
    assert not parts.files.lets_wait
    assert parts.posix_attributes is None
    assert (parts.pending.count, parts.pending.size) == (0, 0)
