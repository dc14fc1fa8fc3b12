from __future__ import annotations

import irods.exception as ex
import pytest
from trio.testing import MockClock

from irodsfs.grid.errors import ZoneUnreachable, zone_error
from irodsfs.grid.locks import INTERMEDIATE_REPLICA_ACCESS, is_locked, when_unlocked


@pytest.mark.parametrize("code", [-1803000, -406000, INTERMEDIATE_REPLICA_ACCESS])
def test_what_zones_answer_while_somebody_writes(code: int) -> None:
    assert is_locked(zone_error(code))


@pytest.mark.parametrize("error", [ZoneUnreachable("gone"), zone_error(-818000), OSError()])
def test_other_failures_are_no_locks(error: Exception) -> None:
    assert not is_locked(error)


async def test_a_lock_is_waited_for_until_it_is_gone(autojump_clock: MockClock) -> None:
    answers = iter([True, True, False])
    tries = 0
    async for attempt in when_unlocked():
        with attempt:
            tries += 1
            if next(answers):
                raise ex.HIERARCHY_ERROR("locked")
    assert tries == 3


async def test_other_failures_are_told_at_once(autojump_clock: MockClock) -> None:
    tries = 0

    async def act() -> None:
        nonlocal tries
        async for attempt in when_unlocked():
            with attempt:
                tries += 1
                raise ZoneUnreachable("gone")

    with pytest.raises(ZoneUnreachable):
        await act()
    assert tries == 1
