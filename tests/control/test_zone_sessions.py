"""Sessions are kept for their lifetime, and those in use end with their last request."""

from __future__ import annotations

import pytest
import trio
from pydantic import SecretStr

from irodsfs.config import ZoneAccount
from irodsfs.control.zone_sessions import Sessions
from tests.zones import AnyZone

pytestmark = pytest.mark.readable_line

LIFETIME = 300.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def account_of(zone: AnyZone) -> ZoneAccount:
    return ZoneAccount(
        host=zone.host, port=zone.port, user=zone.user, zone=zone.zone, password=SecretStr(zone.password)
    )


async def test_a_session_is_kept_for_its_lifetime_and_then_replaced(zone_server: AnyZone) -> None:
    clock, account = Clock(), account_of(zone_server)
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=1, timeout=30, lifetime=LIFETIME, clock=clock)
        async with sessions.session(account) as first:
            pass
        clock.now = LIFETIME - 1
        async with sessions.session(account) as kept:
            assert kept is first
        clock.now = LIFETIME
        async with sessions.session(account) as second:
            assert second is not first
            assert first.retired
            assert len(sessions) == 1
        await sessions.close()
        assert second.retired


async def test_a_session_that_is_over_serves_the_requests_that_work_with_it(zone_server: AnyZone) -> None:
    clock, account = Clock(), account_of(zone_server)
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=1, timeout=30, lifetime=LIFETIME, clock=clock)
        async with sessions.session(account) as old:
            clock.now = LIFETIME
            async with sessions.session(account) as new:
                assert new is not old
            assert old.retired
            async with old.zone.pool.connection() as connection:
                assert connection is not None
        await sessions.close()
