from __future__ import annotations

import pytest
from irods.exception import CAT_INVALID_AUTHENTICATION, SYS_NO_API_PRIV
from irods.session import iRODSSession

from irodsfs.grid.passwords import temporary_password, temporary_password_for
from irodsfs.grid.zone import Zone
from tests.conftest import AddUser
from tests.entering import entered_with
from tests.zones import AnyZone


def logged_in(zone_server: AnyZone, user: str, password: str) -> str:
    with iRODSSession(
        host=zone_server.host, port=zone_server.port, user=user, zone=zone_server.zone, password=password
    ) as session:
        return str(session.users.get(user).name)


@pytest.mark.readable_line
@pytest.mark.administrator
async def test_a_temporary_password_is_good_for_one_login(
    entered: Zone, zone_server: AnyZone, add_user: AddUser
) -> None:
    own = await temporary_password(entered, zone_server.password)
    assert logged_in(zone_server, zone_server.user, own) == zone_server.user
    with pytest.raises(CAT_INVALID_AUTHENTICATION):
        logged_in(zone_server, zone_server.user, own)
    user = add_user().name
    others = await temporary_password_for(entered, user, zone_server.password)
    assert logged_in(zone_server, user, others) == user


@pytest.mark.administrator
async def test_only_administrators_get_those_of_others(zone_server: AnyZone, add_user: AddUser) -> None:
    user = add_user()
    with zone_server.session(user.name, user.password) as session:
        async with entered_with(session) as zone:
            with pytest.raises(SYS_NO_API_PRIV):
                await temporary_password_for(zone, zone_server.user, user.password)
