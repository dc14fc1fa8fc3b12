from __future__ import annotations

from dataclasses import replace

import pytest
from irods.session import iRODSSession

from irodsfs.grid.catalog_entries import made_now
from irodsfs.grid.special_collections import describe_special
from irodsfs.grid.zone import Zone


@pytest.mark.parametrize(
    ("kind", "said"), [("linkPoint", "a soft link to"), ("mountPoint", "mounted (mountPoint) from")]
)
async def test_what_a_special_collection_is_is_said_in_one_sentence(
    entered: Zone, session: iRODSSession, home: str, kind: str, said: str
) -> None:
    told = await describe_special(entered, replace(made_now(home, is_collection=True), special=kind))
    assert told.startswith(f"{home} is {said} ")
    assert "\n" not in told


async def test_where_it_leads_is_not_known_of_what_is_gone(entered: Zone, home: str) -> None:
    gone = replace(made_now(f"{home}/gone", is_collection=True), special="linkPoint")
    assert "something else" in await describe_special(entered, gone)
