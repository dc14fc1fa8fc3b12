"""Nobody waits while all objects are looked through for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import trio
from trio.testing import MockClock

from irodsfs.garbage import AT_THE_LATEST, PAUSE, QUIET, collect_when_idle

OLDEST = 2


@pytest.fixture
def looks() -> Iterator[list[float]]:
    """When all was looked through."""
    seen: list[float] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "start" and told["generation"] == OLDEST:
            seen.append(trio.current_time())

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


async def test_all_is_looked_through_when_there_is_nothing_to_do(
    looks: list[float], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = 0
    kept = []
    nursery.start_soon(collect_when_idle, lambda: asked)
    for _ in range(int(8 * PAUSE / QUIET)):
        kept.append([[] for _ in range(1000)])  # a mount that lists hundreds of thousands of files
        asked += 1
        await trio.sleep(QUIET / 2)
    assert looks == []
    stopped = trio.current_time()
    await trio.sleep(3 * QUIET)
    assert [when - stopped <= 2 * QUIET for when in looks] == [True]
    await trio.sleep(2 * PAUSE)
    assert len(looks) == 1, "nothing is there that was not looked at"


async def test_who_never_rests_is_looked_through_at_last(
    looks: list[float], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = 0

    def more() -> int:
        nonlocal asked
        asked += 1
        return asked

    nursery.start_soon(collect_when_idle, more)
    kept = [[[] for _ in range(2000)] for _ in range(10)]
    await trio.sleep(AT_THE_LATEST + 2 * QUIET)
    assert len(kept) == 10
    assert len(looks) == 1
