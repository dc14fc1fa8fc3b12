from __future__ import annotations

import re
import time

import pytest
from irods.session import iRODSSession

from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.server_info import introduce, read_server_info
from irodsfs.grid.zone import Zone


async def test_a_server_tells_what_it_is(entered: Zone, session: iRODSSession) -> None:
    info = await read_server_info(entered)
    assert re.fullmatch(r"rods\d+\.\d+\.\d+", info.release)
    assert tuple(map(int, info.release.removeprefix("rods").split("."))) == entered.server_version
    assert (info.zone, info.has_catalog) == (session.zone, True)
    assert info.boot_time <= time.time()


async def test_strangers_are_told_the_same(entered: Zone, session: iRODSSession) -> None:
    told = introduce(session)
    assert (told.zone, told.release) == (session.zone, (await read_server_info(entered)).release)


def test_where_no_server_is_the_line_is_told() -> None:
    nobody = iRODSSession(host="127.0.0.1", port=1, user="rods", zone="tempZone", password="x")
    with pytest.raises(ZoneUnreachable):
        introduce(nobody)
