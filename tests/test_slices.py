"""Work on very many things in the event loop."""

from __future__ import annotations

import random

import pytest
import trio

from irodsfs.slices import SLICE, SORTED_AT_ONCE, Turns, in_order, slices


class Others:
    """Counts how often somebody else gets a turn."""

    def __init__(self) -> None:
        self.turns = 0

    async def run(self) -> None:
        while True:
            await trio.lowlevel.checkpoint()
            self.turns += 1


@pytest.fixture
def others(nursery: trio.Nursery) -> Others:
    others = Others()
    nursery.start_soon(others.run)
    return others


@pytest.mark.parametrize("order", ["shuffled", "sorted", "reversed", "alike"])
async def test_very_many_names_are_sorted_while_others_run(others: Others, order: str) -> None:
    names = [f"file-{number % 10 if order == 'alike' else number:07}" for number in range(30 * SORTED_AT_ONCE)]
    ordered = sorted(names)
    if order == "shuffled":
        random.Random(1).shuffle(names)
    elif order == "reversed":
        names.reverse()
    assert await in_order(names) == ordered
    assert others.turns > 30


@pytest.mark.parametrize("count", [0, 1, SORTED_AT_ONCE, SORTED_AT_ONCE + 1])
async def test_few_names_are_sorted_at_once(others: Others, count: int) -> None:
    names = [str(number) for number in range(count)]
    assert await in_order(names) == sorted(names)
    assert (others.turns == 0) == (count <= SORTED_AT_ONCE)


async def test_others_run_between_slices(others: Others) -> None:
    taken: list[int] = []
    async for some in slices(range(10 * SLICE + 1)):
        assert len(some) <= SLICE
        taken += some
    assert taken == list(range(10 * SLICE + 1))
    assert others.turns >= 10


async def test_others_run_when_small_things_were_many(others: Others) -> None:
    turns = Turns()
    for _ in range(10 * SLICE):
        await turns.after(1)
    assert others.turns >= 9
