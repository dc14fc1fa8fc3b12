from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.access_levels import MODIFY_OBJECT, OWN, READ_OBJECT
from irodsfs.grid.permissions import (
    LEVELS,
    NULL,
    grant,
    grant_all,
    inherit,
    level_name,
    level_of,
    named,
    read_permissions,
)
from irodsfs.grid.zone import Zone
from tests.conftest import AddGroup, AddUser
from tests.objects import put


@pytest.mark.parametrize(("name", "level"), [("read", 1050), ("write", 1120), ("own", 1200), ("null", 1000)])
def test_names_of_any_version_are_understood(name: str, level: int) -> None:
    assert level_of(name) == level


def test_each_level_has_a_name_that_is_understood() -> None:
    for level, name in LEVELS.items():
        assert level_name(level) == name
        assert level_of(f" {name.replace('_', ' ')}") == level
    assert level_name(1234) == "1234"


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="'everything' is no access level"):
        level_of("everything")


@pytest.mark.administrator
async def test_permissions_are_granted_and_read(
    entered: Zone, session: iRODSSession, home: str, add_user: AddUser, add_group: AddGroup
) -> None:
    path, user = f"{home}/it's", add_user()
    group, zone = add_group(user.name), session.zone
    put(session, path, b"")
    own = (session.username, zone, OWN)
    await entered.perform(grant(path, user.name, zone, READ_OBJECT))
    assert await told(entered, path) == sorted([own, (user.name, zone, READ_OBJECT)])
    levels = {(user.name, zone): NULL, (group, zone): MODIFY_OBJECT}
    flight = grant_all(entered, path, levels)
    assert len(flight) == 1, "all or nothing"
    await entered.perform(*flight)
    assert await told(entered, path) == sorted([own, (group, zone, MODIFY_OBJECT)])
    (of_group,) = [each for each in await read_permissions(entered, path, is_collection=False) if each.user == group]
    assert of_group.user_type == "rodsgroup"
    assert await named(entered, path, {of_group.user_id: READ_OBJECT, "1": OWN}) == {(group, zone): READ_OBJECT}


async def test_nothing_to_grant_is_no_request(entered: Zone, home: str) -> None:
    assert grant_all(entered, home, {}) == []
    assert await named(entered, home, {}) == {}


async def test_what_is_made_in_a_collection_gets_its_permissions(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    await entered.perform(inherit(home, enabled=True))
    assert session.collections.get(home).inheritance
    await entered.perform(inherit(home, enabled=False))
    assert not session.collections.get(home).inheritance


async def told(zone: Zone, path: str) -> list[tuple[str, str, int]]:
    return [(each.user, each.zone, each.level) for each in await read_permissions(zone, path, is_collection=False)]
