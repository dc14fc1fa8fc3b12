from __future__ import annotations

import logging

import pytest
import trio
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.grid.irods_sessions import Renewal, entered, open_session
from irodsfs.user_errors import ConfigurationError, IrodsfsError
from tests.zones import AnyZone

pytestmark = pytest.mark.readable_line


@pytest.fixture
def account(zone_server: AnyZone) -> ZoneAccount:
    return ZoneAccount(
        host=zone_server.host,
        port=zone_server.port,
        user=zone_server.user,
        zone=zone_server.zone,
        password=SecretStr(zone_server.password),
    )


def test_a_session_has_its_time_limit_and_ticket_before_it_connects(account: ZoneAccount) -> None:
    session = open_session(account, 12.5, ticket="t123")
    assert (session.connection_timeout, session.ticket__, session.username) == (12.5, "t123", account.user)


async def test_a_zone_is_entered_and_left(account: ZoneAccount, nursery: trio.Nursery) -> None:
    async with entered(account, nursery, connections=2, request_timeout=60) as zone:
        assert (zone.name, zone.identity.user) == (account.zone, account.user)
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": SecretStr("wrong")}, "password"),
        ({"user": "nobody"}, "nobody"),
        ({"zone": "otherZone"}, "tempZone"),
        ({"port": 1}, "answers"),
    ],
)
async def test_what_prevents_a_login_is_said_to_the_user(
    account: ZoneAccount, zone_server: AnyZone, wrong: dict[str, object], said: str
) -> None:
    said = zone_server.zone if said == "tempZone" else said
    async with trio.open_nursery() as nursery:
        with pytest.raises(IrodsfsError) as failed:
            async with entered(account.model_copy(update=wrong), nursery, connections=1, request_timeout=60):
                pass
        nursery.cancel_scope.cancel()
    assert said in failed.value.message


def test_a_new_password_is_taken_and_one_that_is_still_refused_is_said_once(
    account: ZoneAccount, caplog: pytest.LogCaptureFixture
) -> None:
    passwords = [account.password, account.password, SecretStr("new"), SecretStr("new")]
    kept = iter(passwords)
    renewal = Renewal(account, lambda known: known.model_copy(update={"password": next(kept)}), 60, None)
    with caplog.at_level(logging.WARNING):
        assert renewal() is None
        assert renewal() is None
        session = renewal()
        assert session is not None
        assert session.pool.account.password == "new"
        assert renewal() is None
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        f"the zone refuses the password of {account.user} by now"
    ] * 2


def test_a_password_that_can_not_be_read_is_said(account: ZoneAccount, caplog: pytest.LogCaptureFixture) -> None:
    def reread(known: ZoneAccount) -> ZoneAccount:
        raise ConfigurationError("the file is gone")

    assert Renewal(account, reread, 60, None)() is None
    assert "the file is gone" in caplog.text
