from __future__ import annotations

import re

import pytest
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.grid.first_login import REFUSE, REQUIRE, greet, sign_in, with_policy
from irodsfs.grid.irods_sessions import open_session
from irodsfs.grid.server_info import introduce
from irodsfs.user_errors import IrodsfsError
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


def test_a_server_says_what_it_wants_before_anybody_logs_in(account: ZoneAccount) -> None:
    greeted = greet(account.model_copy(update={"user": "whoever", "password": None}))
    assert (greeted.info.zone, greeted.uses_tls, greeted.obstacle) == (account.zone, False, "")
    assert greeted.version == introduce_version(account)


def introduce_version(account: ZoneAccount) -> tuple[int, ...]:
    release = introduce(open_session(account, 60)).release
    return tuple(map(int, re.findall(r"\d+", release)))


@pytest.mark.embedded_zone
def test_who_requires_tls_is_not_talked_out_of_it(account: ZoneAccount) -> None:
    assert greet(with_policy(account, REFUSE)).policy == REFUSE
    with pytest.raises(IrodsfsError, match="TLS"):
        greet(with_policy(account, REQUIRE))


def test_a_native_login_keeps_the_password(account: ZoneAccount) -> None:
    assert account.password is not None
    assert sign_in(account, account.zone, None, print) == account.password.get_secret_value()


def test_a_password_for_some_hours_is_another_one_and_good_for_logins(account: ZoneAccount) -> None:
    assert account.password is not None
    kept = sign_in(account, account.zone, 1, print)
    assert kept != account.password.get_secret_value()
    again = account.model_copy(update={"password": SecretStr(kept), "password_made_by_server": True})
    assert introduce_version(again)
    assert sign_in(again, again.zone, None, print) == kept


def test_a_wrong_password_is_said(account: ZoneAccount) -> None:
    with pytest.raises(IrodsfsError, match="password"):
        sign_in(account.model_copy(update={"password": SecretStr("wrong")}), account.zone, None, print)
