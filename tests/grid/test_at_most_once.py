from __future__ import annotations

from functools import partial

import pytest
from irods.api_number import api_number
from irods.exception import CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.at_most_once import fly_once, is_gone, is_there, perform_once
from irodsfs.grid.zone import Zone
from tests.objects import put
from tests.proxy import Proxy

UNLINK, MAKE = api_number["DATA_OBJ_UNLINK_AN"], api_number["COLL_CREATE_AN"]


async def test_what_is_there_and_what_is_gone(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")
    assert await is_there(entered, f"{home}/file")
    assert not await is_gone(entered, f"{home}/file")
    assert await is_gone(entered, f"{home}/other")


async def test_what_had_its_effect_before_the_line_broke_is_no_failure(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"")
    proxy.lose_next_reply(UNLINK)
    path = f"{home}/file"
    outcome = await fly_once(entered_through, requests.unlink(path), has_effect=partial(is_gone, entered_through, path))
    assert (outcome.doubtful, outcome.done) == (True, True)
    assert outcome.replies[-1].failed, "the second sending found nothing"
    outcome.check()
    assert not session.data_objects.exists(path)


async def test_what_the_zone_refuses_at_once_is_a_failure(entered: Zone, session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/there")
    making, there = requests.make_collection(f"{home}/there"), partial(is_there, entered, f"{home}/there")
    outcome = await fly_once(entered, making, has_effect=there)
    assert (outcome.doubtful, outcome.done) == (False, False)
    with pytest.raises(CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        await perform_once(entered, making, has_effect=there)


async def test_a_request_that_never_arrived_is_sent_again(
    entered_through: Zone, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    proxy.cut_at(MAKE)
    path = f"{home}/new"
    outcome = await perform_once(
        entered_through, requests.make_collection(path), has_effect=partial(is_there, entered_through, path)
    )
    assert outcome.doubtful
    assert session.collections.exists(path)
