from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.sums import Sums, sum_below
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.mark.parametrize("name", ["plain", "it's 100%_[a]"])
async def test_the_sums_are_those_of_the_whole_subtree_alone(
    entered: Zone, session: iRODSSession, home: str, name: str
) -> None:
    top = f"{home}/{name}"
    for path in (f"{top}/a/b", f"{top} beside", f"{home}/itXs 100__[a]"):
        session.collections.create(path)
    for path, size in ((f"{top}/1", 1), (f"{top}/a/20", 20), (f"{top}/a/b/300", 300), (f"{top} beside/9", 9)):
        put(session, path, bytes(size))
    assert await sum_below(entered, top) == Sums(321, 3, 2)
    assert await sum_below(entered, f"{top}/a/b") == Sums(300, 1, 0)


async def test_nothing_sums_up_to_nothing(entered: Zone, home: str) -> None:
    assert await sum_below(entered, home) == Sums(0, 0, 0)
