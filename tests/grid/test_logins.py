from __future__ import annotations

import pytest
import trio
from irods.exception import CAT_INVALID_AUTHENTICATION
from irods.session import iRODSSession

from irodsfs.grid.connection import SERVER_INFORMATION
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable
from irodsfs.grid.logins import OURS, Logins
from irodsfs.grid.zone_timeouts import ZoneTimeouts
from tests.proxy import Proxy
from tests.zones import AnyZone

pytestmark = pytest.mark.readable_line


def logins_of(session: iRODSSession) -> Logins:
    return Logins(session, ZoneTimeouts(60.0))


async def test_a_login_is_a_connection(session: iRODSSession) -> None:
    connection = await logins_of(session).at(OURS)
    (reply,) = await trio.to_thread.run_sync(connection.fly, [SERVER_INFORMATION])
    assert not reply.failed
    await trio.to_thread.run_sync(connection.close)


async def test_another_password_is_taken_once_the_first_is_refused(zone_server: AnyZone) -> None:
    with zone_server.session(password="wrong") as refused:
        logins = logins_of(refused)
        with pytest.raises(CAT_INVALID_AUTHENTICATION):
            await logins.at(OURS)
        assert logins.is_refused
        with zone_server.session() as session:
            logins.renew = lambda: session
            connection = await logins.at(OURS)
        assert not logins.is_refused
        await trio.to_thread.run_sync(connection.close)


async def test_a_zone_that_is_away_is_known_until_it_answers(zone_server: AnyZone, proxy: Proxy) -> None:
    with zone_server.behind(proxy.port).session() as session:
        logins = logins_of(session)
        proxy.refuse()
        with pytest.raises(ZoneUnreachable):
            await logins.at(OURS)
        assert logins.is_away
        proxy.accept_again()
        connection = await logins.at(OURS)
        assert not logins.is_away
        await trio.to_thread.run_sync(connection.close)


async def test_a_zone_that_says_nothing_is_waited_for_no_longer_than_one_wants(
    zone_server: AnyZone, proxy: Proxy
) -> None:
    with zone_server.behind(proxy.port).session() as session:
        proxy.stop_flow()
        with pytest.raises(ZoneTimeout):
            await logins_of(session).at(OURS, most=0.1)


async def test_when_nobody_waits_any_more_everything_fails_at_once(session: iRODSSession) -> None:
    logins = logins_of(session)
    logins.abandon()
    with pytest.raises(ZoneTimeout):
        await logins.at(OURS)
