from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from irods import exception
from irods.message import IntegerProperty, Message, StringProperty
from irods.password_obfuscation import create_temp_password
from irods.session import iRODSSession

from tests.sandbox.conftest import MakeUser
from tests.sandbox.requests import send
from tests.zones import EmbeddedZone


def logs_in(zone: EmbeddedZone, user: str, password: str) -> bool:
    with zone.session(user, password) as session:
        try:
            return bool(session.collections.exists(f"/{zone.zone}/home/{user}"))
        except exception.CAT_INVALID_AUTHENTICATION:
            return False


def temporary_password(session: iRODSSession) -> str:
    with session.pool.get_connection() as connection:
        password: str = connection.temp_password()
        return password


def test_a_temporary_password_is_good_for_one_login(zone_server: EmbeddedZone, alice: iRODSSession) -> None:
    password = temporary_password(alice)
    assert logs_in(zone_server, alice.username, password)
    assert not logs_in(zone_server, alice.username, password)


def test_temporary_passwords_leave_the_own_one_valid(zone_server: EmbeddedZone, make_user: MakeUser) -> None:
    user = make_user(password="kept as it is")
    first, second = temporary_password(user), temporary_password(user)
    assert first != second
    assert logs_in(zone_server, user.username, second)
    assert logs_in(zone_server, user.username, first)
    assert logs_in(zone_server, user.username, "kept as it is")


def test_administrators_get_one_for_another_user(
    session: iRODSSession, zone_server: EmbeddedZone, alice: iRODSSession
) -> None:
    password = session.users.temp_password_for_user(alice.username)
    assert not logs_in(zone_server, session.username, password)
    assert logs_in(zone_server, alice.username, password)


def test_only_administrators_get_one_for_another_user(alice: iRODSSession) -> None:
    with pytest.raises(exception.SYS_NO_API_PRIV):
        alice.users.temp_password_for_user("rods")


def test_a_temporary_password_ends_after_120_seconds(zone_server: EmbeddedZone, alice: iRODSSession) -> None:
    password = temporary_password(alice)
    with closing(sqlite3.connect(zone_server.directory / "zone" / "catalog.sqlite")) as catalog, catalog:
        catalog.execute(
            "UPDATE R_USER_PASSWORD SET create_ts = printf('%011d', create_ts - 121),"
            " modify_ts = printf('%011d', modify_ts - 121) WHERE pass_expiry_ts = '120'"
        )
    with zone_server.session(alice.username, password) as late, pytest.raises(exception.CAT_PASSWORD_EXPIRED):
        late.collections.exists("/")


class LimitedPasswordRequest(Message):
    _name = "getLimitedPasswordInp_PI"
    ttl = IntegerProperty()
    unused1 = StringProperty()


class LimitedPassword(Message):
    _name = "getLimitedPasswordOut_PI"
    stringToHashWith = StringProperty()  # noqa: N815 - named by the protocol


def limited_password(session: iRODSSession, hours: int) -> str:
    reply = send(session, 726, LimitedPasswordRequest(ttl=hours, unused1=""))
    salt = reply.get_main_message(LimitedPassword).stringToHashWith
    password: str = create_temp_password(salt, session.pool.account.password)
    return password


def test_a_limited_password_is_good_for_many_logins(zone_server: EmbeddedZone, alice: iRODSSession) -> None:
    password = limited_password(alice, 1)
    assert logs_in(zone_server, alice.username, password)
    assert logs_in(zone_server, alice.username, password)


@pytest.mark.parametrize("hours", [0, -1, 337])
def test_limited_passwords_last_from_121_seconds_to_14_days(alice: iRODSSession, hours: int) -> None:
    with pytest.raises(exception.PAM_AUTH_PASSWORD_INVALID_TTL):
        limited_password(alice, hours)
