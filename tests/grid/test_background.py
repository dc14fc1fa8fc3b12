from __future__ import annotations

import pytest
import trio
import trio.testing

from irodsfs.grid.background import Background


async def test_a_task_that_fails_is_told_in_the_log_and_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[int] = []

    async def fail() -> None:
        raise KeyError("a mistake of ours")

    async def go_on(number: int) -> None:
        await trio.testing.wait_all_tasks_blocked()
        ended.append(number)

    async with trio.open_nursery() as nursery:
        background = Background(nursery)
        background.start_soon(go_on, 1)
        background.start_soon(fail)
        background.start_soon(go_on, 2)
    assert sorted(ended) == [1, 2]
    assert "fail has failed in the background" in caplog.text
    assert "KeyError: 'a mistake of ours'" in caplog.text
