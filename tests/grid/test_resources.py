from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.resources import INTERNAL, resource_parents
from irodsfs.grid.zone import Zone


@pytest.mark.administrator
async def test_each_resource_is_told_with_what_it_lies_below(
    entered: Zone, session: iRODSSession, other_resource: str
) -> None:
    session.resources.create(f"{other_resource}-root", "passthru")
    try:
        before = await resource_parents(entered)
        session.resources.add_child(f"{other_resource}-root", other_resource)
        parents = await resource_parents(entered)
    finally:
        session.resources.remove_child(f"{other_resource}-root", other_resource)
        session.resources.remove(f"{other_resource}-root")
    assert (before[other_resource], before[f"{other_resource}-root"]) == ("", "")
    assert parents[other_resource]
    assert parents[f"{other_resource}-root"] == ""
    assert INTERNAL not in parents
