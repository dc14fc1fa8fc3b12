from __future__ import annotations

import pytest
import trio
import trio.testing

from irodsfs.grid.background import PAUSE, Background


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


async def test_whoever_waits_is_told_of_any_end() -> None:
    ended: list[str] = []

    async def fail() -> None:
        raise KeyError("a mistake of ours")

    async with trio.open_nursery() as nursery:
        background = Background(nursery)
        background.start_soon(fail, at_end=lambda: ended.append("failed"))
        background.start_soon(trio.sleep, 0, at_end=lambda: ended.append("done"))
        await trio.testing.wait_all_tasks_blocked()
        assert sorted(ended) == ["done", "failed"]
        background.start_soon(trio.sleep_forever, at_end=lambda: ended.append("cancelled"))
        nursery.cancel_scope.cancel()
    assert ended[2:] == ["cancelled"]


async def test_what_is_kept_up_begins_again_after_a_failure(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[float] = []

    async def fail_twice() -> None:
        begun.append(trio.current_time())
        if len(begun) < 3:
            raise KeyError("a mistake of ours")

    async with trio.open_nursery() as nursery:
        Background(nursery).keep_up(fail_twice)
    assert begun == [begun[0], begun[0] + PAUSE, begun[0] + 2 * PAUSE]
    assert caplog.text.count("fail_twice has failed in the background") == 2
