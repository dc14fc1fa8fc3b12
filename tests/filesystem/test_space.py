from __future__ import annotations

from irodsfs.filesystem.parts import Parts
from irodsfs.filesystem.space import TOTAL_ENTRIES, UNLIMITED, Quotas
from irodsfs.grid.quotas import Quota
from irodsfs.grid.zone import Zone


async def test_without_a_quota_room_is_large_and_constant(parts: Parts) -> None:
    space = await parts.quotas.left()
    assert (space.total, space.free, space.entries) == (UNLIMITED.limit, UNLIMITED.left, TOTAL_ENTRIES)


async def test_the_resource_that_was_chosen_counts_too(entered: Zone, home: str, resource: str) -> None:
    assert (await Quotas(entered, home, resource).left()).free == Quota(1 << 60, 1 << 60).left
