"""The queue behind closed files: its order, its bounds, its time limit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
import trio
from irods.exception import CAT_NO_ACCESS_PERMISSION
from trio.testing import MockClock

from irodsfs.grid.background import Background
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.transfer import write_back
from irodsfs.transfer.versions import BeingWrittenError
from irodsfs.transfer.write_back import WriteBack


class Parcel:
    """A delivery that takes a second, and fails as told."""

    def __init__(self, log: list[str], name: str, size: int = 1, failures: list[Exception] | None = None) -> None:
        self.size = size
        self.name = name
        self.log = log
        self.failures = failures or []

    async def deliver(self) -> None:
        await trio.sleep(1)
        if self.failures:
            raise self.failures.pop(0)
        self.log.append(self.name)

    async def give_up(self, reason: BaseException) -> None:
        self.log.append(f"{self.name}: {type(reason).__name__}")


Start = Callable[[int], WriteBack]


@pytest.fixture
def start(nursery: trio.Nursery) -> Start:
    """A queue that delivers so many at a time, and tries for a minute."""
    return lambda at_a_time: WriteBack(Background(nursery), at_a_time=at_a_time, time_limit=60, clock=trio.current_time)


async def test_deliveries_go_in_order_several_at_a_time(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(4), list[str]()
    for number in range(12):
        queue.add(Parcel(log, f"{number:02}"))
    assert (queue.files, queue.bytes) == (12, 12)
    began = trio.current_time()
    await queue.finished()
    assert trio.current_time() - began == 3
    assert [sorted(log[start : start + 4]) for start in (0, 4, 8)] == [
        ["00", "01", "02", "03"],
        ["04", "05", "06", "07"],
        ["08", "09", "10", "11"],
    ]
    assert queue.files == 0


async def test_what_was_removed_is_not_delivered(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(1), list[str]()
    parcels = [Parcel(log, name) for name in "abc"]
    for parcel in parcels:
        queue.add(parcel)
    queue.remove(parcels[1])
    await queue.finished()
    assert log == ["a", "c"]


@pytest.mark.parametrize("bound", ["files", "bytes"])
async def test_what_goes_beyond_the_bounds_waits_for_room(
    start: Start, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(write_back, f"MOST_{bound.upper()}", 3)
    queue, log = start(1), list[str]()
    for number in range(9):
        async with queue.room(1):
            queue.add(Parcel(log, str(number)))
        assert queue.files <= 3
    assert trio.current_time() >= 6
    async with queue.room(1000):
        assert queue.files == (0 if bound == "bytes" else 2)


@pytest.mark.parametrize("bound", ["files", "bytes"])
async def test_two_who_ask_at_once_do_not_get_the_same_room(
    start: Start, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(write_back, f"MOST_{bound.upper()}", 3)
    queue, log = start(1), list[str]()
    most = 0

    async def close(name: str) -> None:
        nonlocal most
        async with queue.room(1):
            await trio.sleep(0.5)  # to bring it to the disk
            queue.add(Parcel(log, name))
            most = max(most, queue.files)

    async with trio.open_nursery() as closing:
        for number in range(99):
            closing.start_soon(close, f"{number:02}")
    await queue.finished()
    assert most <= 3
    assert len(log) == 99


async def test_room_that_was_not_used_is_given_back(
    start: Start, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "MOST_FILES", 1)
    queue = start(1)
    async with trio.open_nursery() as closing:
        for _ in range(3):
            closing.start_soon(fail_to_close, queue)
    with trio.fail_after(1):
        async with queue.room(1):
            assert queue.files == 0


async def fail_to_close(queue: WriteBack) -> None:
    with suppress(OSError):
        async with queue.room(1):
            await trio.sleep(0.5)
            raise OSError("the disk is full")


async def test_what_may_pass_is_tried_again(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(2), list[str]()
    queue.add(Parcel(log, "away", failures=[ZoneUnreachable("away")] * 3))
    queue.add(Parcel(log, "locked", failures=[BeingWrittenError()]))
    queue.add(Parcel(log, "third"))
    await queue.finished()
    assert sorted(log[:2]) == ["locked", "third"]
    assert log[2:] == ["away"]


async def test_what_is_refused_is_given_up_alone(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(1), list[str]()
    queue.add(Parcel(log, "a", failures=[CAT_NO_ACCESS_PERMISSION()]))
    queue.add(Parcel(log, "b", failures=[RuntimeError("a mistake of ours")]))
    queue.add(Parcel(log, "c"))
    await queue.finished()
    assert log == ["a: CAT_NO_ACCESS_PERMISSION", "b: RuntimeError", "c"]


async def test_a_zone_that_stays_away_ends_the_patience_for_everything(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(2), list[str]()
    for number in range(20):
        queue.add(Parcel(log, f"{number:02}", failures=[ZoneUnreachable("away")] * 100))
    await queue.finished()
    assert 60 < trio.current_time() < 120
    assert sorted(log) == [f"{number:02}: ZoneUnreachable" for number in range(20)]
    queue.add(Parcel(log, "later", failures=[ZoneUnreachable("away")]))
    await queue.finished()
    assert log[-1] == "later"


async def test_an_object_that_stays_locked_ends_the_patience_for_itself(
    start: Start, autojump_clock: MockClock
) -> None:
    queue, log = start(2), list[str]()
    queue.add(Parcel(log, "locked", failures=[BeingWrittenError()] * 100))
    for number in range(200):
        queue.add(Parcel(log, str(number)))
    await queue.finished()
    assert log.count("locked: BeingWrittenError") == 1
    assert len(log) == 201


async def test_the_end_waits_for_a_few_attempts(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(1), list[str]()
    for number in range(5):
        queue.add(Parcel(log, str(number), failures=[ZoneUnreachable("away")] * 100))
    await trio.sleep(40)
    began = trio.current_time()
    queue.end()
    await queue.finished()
    assert trio.current_time() - began < 15
    assert len(log) == 5


async def test_the_end_does_not_give_up_what_fails_once(start: Start, autojump_clock: MockClock) -> None:
    queue, log = start(2), list[str]()
    for number in range(5):
        queue.add(Parcel(log, str(number), failures=[ZoneUnreachable("broke")]))
    queue.end()
    await queue.finished()
    assert sorted(log) == ["0", "1", "2", "3", "4"]


async def test_what_a_mistake_of_ours_leaves_is_given_up_and_the_rest_delivered(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, log = WriteBack(Background(nursery), at_a_time=1, time_limit=60, clock=trio.current_time), list[str]()

    async def fail(seconds: float) -> float:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(queue, "_pause", fail)
    queue.add(Parcel(log, "away", failures=[ZoneUnreachable("away")]))
    queue.add(Parcel(log, "next"))
    await queue.finished()
    assert log == ["away: KeyError", "next"]


async def test_what_is_cancelled_in_the_background_is_left_to_who_waits_for_the_end(autojump_clock: MockClock) -> None:
    log: list[str] = []
    async with trio.open_nursery() as nursery:
        queue = WriteBack(Background(nursery), at_a_time=2, time_limit=60, clock=trio.current_time)
        for number in range(5):
            queue.add(Parcel(log, str(number)))
        await trio.sleep(0.5)
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            queue.end()
            await queue.finished()
    assert sorted(log) == ["0", "1", "2", "3", "4"]
