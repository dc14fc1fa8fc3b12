from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.quotas import Quota, read_quotas
from irodsfs.grid.zone import Zone
from tests.conftest import AddGroup, AddUser
from tests.entering import entered_with
from tests.objects import put
from tests.zones import AnyZone


async def test_without_a_quota_there_is_none(entered: Zone, home: str) -> None:
    assert await read_quotas(entered, home, None) == []


@pytest.mark.administrator
async def test_quotas_of_ones_groups_count_in_all_and_on_the_resource(
    zone_server: AnyZone, session: iRODSSession, resource: str, add_user: AddUser, add_group: AddGroup
) -> None:
    user = add_user()
    group = add_group(user.name)
    session.groups.set_quota(group, 1_000_000)
    session.groups.set_quota(group, 5_000, resource=resource)
    with zone_server.session(user.name, user.password) as of_user:
        put(of_user, f"{user.home}/file", bytes(2_000))
        session.users.calculate_usage()
        async with entered_with(of_user) as zone:
            in_all, on_resource = Quota(1_000_000, 998_000), Quota(5_000, 3_000)
            assert await read_quotas(zone, user.home, None) == [in_all]
            assert await read_quotas(zone, user.home, resource) == [in_all, on_resource]
            assert await read_quotas(zone, user.home, "another") == [in_all]
