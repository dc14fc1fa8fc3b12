from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid import requests
from irodsfs.grid.connection import SERVER_INFORMATION, Login, ZoneConnection
from irodsfs.grid.errors import ZoneUnreachable
from tests.proxy import Proxy
from tests.zones import AnyZone

LIMIT = 60.0


@pytest.fixture
def connection(session: iRODSSession) -> ZoneConnection:
    return ZoneConnection(Login(session), LIMIT)


def test_replies_come_in_the_order_of_the_requests_failed_ones_included(connection: ZoneConnection, home: str) -> None:
    first, failed, last = connection.fly(
        [SERVER_INFORMATION, requests.object_stat(f"{home}/missing"), requests.object_stat(home)]
    )
    assert b"rodsZone" in first.body
    assert failed.failed
    assert not last.failed
    assert connection.is_proven
    assert not connection.broken
    connection.close()


def test_a_line_that_broke_is_never_used_again(zone_server: AnyZone, proxy: Proxy) -> None:
    with zone_server.behind(proxy.port).session() as session:
        connection = ZoneConnection(Login(session), LIMIT)
        proxy.cut()
        with pytest.raises(ZoneUnreachable):
            connection.fly([SERVER_INFORMATION])
        assert connection.broken
        with pytest.raises(ZoneUnreachable):
            connection.fly([SERVER_INFORMATION])
        connection.close()


def test_a_login_that_nobody_waits_for_fails(session: iRODSSession) -> None:
    login = Login(session)
    login.give_up()
    with pytest.raises(ZoneUnreachable):
        ZoneConnection(login, LIMIT)
