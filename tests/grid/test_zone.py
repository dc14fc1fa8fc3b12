"""Who we are in a zone, while that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import trio
from irods.access import iRODSAccess
from irods.api_number import api_number
from irods.exception import CAT_INVALID_AUTHENTICATION
from irods.session import iRODSSession

from irodsfs.grid.access_levels import MODIFY_OBJECT
from irodsfs.grid.catalog_entries import find, list_small_collection
from irodsfs.grid.identities import FOR as GROUPS_FOR
from irodsfs.grid.zone import Zone
from tests.conftest import AddGroup, AddUser, User
from tests.proxy import Proxy
from tests.zones import AnyZone

QUERY = api_number["GEN_QUERY_AN"]


pytestmark = pytest.mark.readable_line


class Clock:
    """Shows `now` (seconds)."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Visitor:
    """A user who may write an object as a member of a group that it is not in, and who enters through a proxy."""

    user: User
    group: str
    path: str
    proxy: Proxy
    zone: AnyZone

    @asynccontextmanager
    async def entered(self, clock: Callable[[], float]) -> AsyncIterator[Zone]:
        with self.zone.session(self.user.name, self.user.password) as session:
            async with trio.open_nursery() as background:
                zone = await Zone.enter(session, 2, background, clock)
                yield zone
                await zone.leave()


@pytest.fixture
def visitor(
    zone_server: AnyZone, session: iRODSSession, home: str, add_user: AddUser, add_group: AddGroup
) -> Iterator[Visitor]:
    user, group = add_user(), add_group()
    session.acls.set(iRODSAccess("read", home, user.name, session.zone))
    session.data_objects.create(f"{home}/object")
    session.acls.set(iRODSAccess("write", f"{home}/object", group, session.zone))
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield Visitor(user, group, f"{home}/object", proxy, zone_server.behind(proxy.port))


async def test_groups_that_the_user_joins_and_leaves_are_seen_in_time(visitor: Visitor, session: iRODSSession) -> None:
    clock = Clock()
    async with visitor.entered(clock) as zone:
        assert await find(zone, visitor.path) is None
        session.groups.addmember(visitor.group, visitor.user.name)
        clock.now += GROUPS_FOR + 1
        entry = await find(zone, visitor.path)
        assert entry is not None
        assert entry.access == MODIFY_OBJECT
        session.groups.removemember(visitor.group, visitor.user.name)
        clock.now += GROUPS_FOR + 1
        assert await find(zone, visitor.path) is None


async def test_groups_are_not_asked_for_with_each_listing(visitor: Visitor, home: str) -> None:
    clock = Clock()
    async with visitor.entered(clock) as zone:

        async def queries_of_a_listing() -> int:
            counted = visitor.proxy.count()
            assert await list_small_collection(zone, home) == []
            return counted[QUERY]

        usual = await queries_of_a_listing()
        clock.now += GROUPS_FOR + 1
        assert [await queries_of_a_listing() for _ in range(3)] == [usual + 1, usual, usual]


async def test_groups_that_cannot_be_learnt_are_those_that_were_known(visitor: Visitor, session: iRODSSession) -> None:
    clock = Clock()
    session.groups.addmember(visitor.group, visitor.user.name)
    async with visitor.entered(clock) as zone:
        clock.now += GROUPS_FOR + 1
        about_users = b"<inx>202</inx>"
        visitor.proxy.on_content(
            QUERY, lambda content: content.replace(b"<svalue>=", b"<svalue>x") if about_users in content else content
        )
        for _ in range(2):
            entry = await find(zone, visitor.path)
            assert entry is not None
            assert entry.access == MODIFY_OBJECT
        visitor.proxy.forget_hooks()
        session.groups.removemember(visitor.group, visitor.user.name)
        assert await find(zone, visitor.path) is None


async def test_a_login_that_is_refused_leaves_nothing_behind_in_the_background(zone_server: AnyZone) -> None:
    with zone_server.session(password="wrong") as session, trio.fail_after(30):
        async with trio.open_nursery() as background:
            with pytest.raises(CAT_INVALID_AUTHENTICATION):
                await Zone.enter(session, 1, background)
        assert not background.child_tasks
