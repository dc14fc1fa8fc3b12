from __future__ import annotations

import trio
from trio.testing import MockClock

from irodsfs.grid.background import Background
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.optional_requests import beside


async def test_what_comes_in_time_is_the_answer(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    async def fetching() -> int:
        await trio.sleep(1)
        return 7

    assert await beside(Background(nursery), 5, "it", fetching) == 7


async def test_what_fails_is_nobodys_failure(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    async def fetching() -> int:
        raise ZoneUnreachable("gone")

    assert await beside(Background(nursery), 5, "it", fetching) is None


async def test_what_takes_too_long_is_given_up(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    ended = trio.Event()

    async def fetching() -> int:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    assert await beside(Background(nursery), 5, "it", fetching) is None
    assert trio.current_time() >= 5
    await ended.wait()
