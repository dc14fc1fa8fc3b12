from __future__ import annotations

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from irodsfs.grid.turns import Turns


async def test_places_are_given_in_the_order_in_which_they_were_asked_for(autojump_clock: MockClock) -> None:
    turns, order = Turns(1, lambda: None), list[int]()

    async def take(number: int) -> None:
        await turns.take()
        order.append(number)

    await turns.take()
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(take, number)
            await wait_all_tasks_blocked()
        assert (turns.waiting, turns.take_nowait()) == (3, False)
        for _ in range(3):
            turns.give()
            await wait_all_tasks_blocked()
    assert order == [0, 1, 2]
    turns.give()
    assert (turns.free, turns.waiting) == (1, 0)


async def test_whoever_waits_asks_again_and_again(autojump_clock: MockClock) -> None:
    asked: list[None] = []
    turns = Turns(0, lambda: asked.append(None))
    with trio.move_on_after(5):
        await turns.take()
    assert len(asked) > 10
    assert turns.waiting == 0


async def test_a_place_given_to_who_does_not_want_it_any_more_is_not_lost(autojump_clock: MockClock) -> None:
    turns = Turns(1, lambda: None)
    await turns.take()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(turns.take)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        turns.give()  # before the one who waits has heard of that
    assert turns.free == 1
