from __future__ import annotations

import gc

import pytest
from trio.testing import MockClock

from irodsfs.grid.errors import TlsRefused, ZoneTimeout, ZoneUnreachable
from irodsfs.grid.retrying import ATTEMPTS, LONGEST_PAUSE, is_temporary, retrying, trying_once


async def tries(error: BaseException, succeeds_at: int = 100, **options: float) -> int:
    count = 0
    try:
        async for attempt in retrying(**options):  # type: ignore[arg-type]
            with attempt:
                count += 1
                if count < succeeds_at:
                    raise error
    except type(error):
        assert count < succeeds_at
    return count


async def test_a_broken_line_is_tried_again_until_it_holds(autojump_clock: MockClock) -> None:
    assert await tries(ZoneUnreachable("broken"), succeeds_at=3) == 3
    assert await tries(ZoneUnreachable("broken")) == ATTEMPTS
    assert await tries(ZoneUnreachable("broken"), attempts=8) == 8


@pytest.mark.parametrize("error", [ZoneTimeout("silent"), TlsRefused("never"), OSError("no")])
async def test_what_trying_again_does_not_help_is_told_at_once(error: Exception, autojump_clock: MockClock) -> None:
    assert not is_temporary(error)
    assert await tries(error) == 1


async def test_whoever_can_do_without_the_answer_tries_once(autojump_clock: MockClock) -> None:
    with trying_once():
        assert await tries(ZoneUnreachable("broken")) == 1
    assert await tries(ZoneUnreachable("broken"), succeeds_at=2) == 2


async def test_pauses_grow_no_further_than_the_longest(autojump_clock: MockClock) -> None:
    began = autojump_clock.current_time()
    await tries(ZoneUnreachable("broken"), attempts=8, least_pause=0.5)
    assert 7 * 0.5 <= autojump_clock.current_time() - began <= 7 * LONGEST_PAUSE


async def test_an_attempt_leaves_nothing_to_the_collector_of_garbage() -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            assert await tries(OSError("no"), succeeds_at=1) == 1
        assert gc.collect() < 100
    finally:
        gc.enable()
