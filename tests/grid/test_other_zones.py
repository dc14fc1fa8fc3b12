"""Changes in another zone go by APIs that know it: the atomic ones change what has the same number in our own."""

from __future__ import annotations

from collections.abc import Iterable

import trio
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.grid import metadata, permissions
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu
from irodsfs.grid.zone import Zone

AVU, AVUS = api_number["MOD_AVU_METADATA_AN"], api_number["ATOMIC_APPLY_METADATA_OPERATIONS_APN"]
LEVEL, LEVELS = api_number["MOD_ACCESS_CONTROL_AN"], permissions.ATOMIC_APPLY_ACL_OPERATIONS
ONE, TWO, THREE = (Avu("attribute", value) for value in "123")


def apis(flight: Iterable[Request]) -> list[int]:
    return [request.api for request in flight]


def test_several_changes_are_one_request_in_our_zone_only(session: iRODSSession) -> None:
    async def planned(path: str) -> tuple[list[int], list[int]]:
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, 1, background)
            changes = metadata.changes(zone, path, is_collection=False, remove=[ONE], add=[TWO, THREE])
            grants = permissions.grant_all(zone, path, {("one", "z"): 1050, ("two", "z"): 1200})
            await zone.leave()
        return apis(changes), apis(grants)

    assert trio.run(planned, f"/{session.zone}/home/object") == ([AVUS], [LEVELS])
    assert trio.run(planned, f"/{session.zone}s/home/object") == ([AVU] * 3, [LEVEL] * 2)


def test_one_change_is_the_request_that_costs_least(session: iRODSSession) -> None:
    async def planned() -> list[list[int]]:
        async with trio.open_nursery() as background:
            zone = await Zone.enter(session, 1, background)
            path = f"/{session.zone}/home/object"
            changes = [
                metadata.changes(zone, path, is_collection=False, remove=remove, add=add)
                for remove, add in (([ONE], []), ([], [ONE]), ([], []))
            ]
            grants = [permissions.grant_all(zone, path, levels) for levels in ({("one", "z"): 1050}, {})]
            await zone.leave()
        return [apis(flight) for flight in (*changes, *grants)]

    assert trio.run(planned) == [[AVU], [AVU], [], [LEVEL], []]
