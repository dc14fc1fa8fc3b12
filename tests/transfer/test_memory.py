"""The budget of memory: what is counted, and that nobody is stopped by it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from irodsfs.transfer.memory import LEAST, MEBIBYTE, SHARE, Budget, Part, Share, share_of_machine

UNLIMITED = 9223372036854771712
"""What version 1 of control groups says where there is no limit."""


def test_what_does_not_fit_is_refused_and_what_is_given_back_can_be_taken_again() -> None:
    budget = Budget(100)
    assert budget.take(60)
    assert not budget.take(60)
    assert budget.used == 60
    budget.take(-60)
    assert budget.take(75)


def test_those_who_can_do_with_less_leave_room_for_others() -> None:
    budget = Budget(100)
    assert not budget.take(51, Part.AHEAD)
    assert budget.take(50, Part.AHEAD)
    assert not budget.take(1, Part.AHEAD)
    assert budget.take(25, Part.HELD)
    assert not budget.take(1, Part.HELD)
    assert budget.take(25, Part.ON_ITS_WAY)
    assert not budget.take(1, Part.ON_ITS_WAY)


def test_a_share_grows_and_shrinks() -> None:
    budget = Budget(100)
    share, other = Share(budget), Share(budget)
    assert share.resize(70)
    assert not other.resize(10)
    assert not share.resize(80)
    assert (share.size, budget.used) == (70, 70)
    share.resize(20)
    assert other.resize(10)
    share.give_back()
    share.give_back()
    assert budget.used == 10


async def test_pieces_go_beyond_the_limit_one_at_a_time(autojump_clock: MockClock) -> None:
    budget = Budget(100)
    assert budget.take(70)
    most = 0

    async def bring() -> None:
        nonlocal most
        async with budget.piece(40):
            most = max(most, budget.used)
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(bring)
    assert most == 110
    assert trio.current_time() >= 10
    assert budget.used == 70


async def test_pieces_that_fit_wait_for_nobody(autojump_clock: MockClock) -> None:
    budget = Budget(100)

    async def bring() -> None:
        async with budget.piece(25):
            await trio.sleep(1)

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(bring)
    assert trio.current_time() - began == 1


async def test_a_piece_that_fails_or_is_cancelled_is_given_back(autojump_clock: MockClock) -> None:
    budget = Budget(10)
    with trio.move_on_after(1):
        async with budget.piece(40):
            await trio.sleep_forever()
    with pytest.raises(OSError, match="gone"):
        async with budget.piece(40):
            raise OSError("the zone is gone")
    assert budget.used == 0


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Files of a kernel whose machine has 64 GiB of memory."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:       67108864 kB\nMemFree:          123456 kB\n")
    return tmp_path


def limit(machine: Path, group: str, value: int | str) -> None:
    file = machine / "sys/fs/cgroup" / group
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{value}\n")


def test_the_budget_is_a_part_of_the_memory_of_the_machine(machine: Path) -> None:
    assert share_of_machine(machine) == (64 * 1024 * MEBIBYTE) // SHARE


def test_control_groups_and_those_above_them_limit_it(machine: Path) -> None:
    (machine / "proc/self/cgroup").write_text("0::/user.slice/service\n")
    limit(machine, "user.slice/service/memory.max", "max")
    assert share_of_machine(machine) == (64 * 1024 * MEBIBYTE) // SHARE
    limit(machine, "user.slice/memory.max", 1024 * MEBIBYTE)
    assert share_of_machine(machine) == 1024 * MEBIBYTE // SHARE
    limit(machine, "user.slice/service/memory.max", 512 * MEBIBYTE)
    assert share_of_machine(machine) == 512 * MEBIBYTE // SHARE


def test_control_groups_of_version_1_limit_it(machine: Path) -> None:
    (machine / "proc/self/cgroup").write_text("9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n")
    limit(machine, "memory/memory.limit_in_bytes", UNLIMITED)
    assert share_of_machine(machine) == (64 * 1024 * MEBIBYTE) // SHARE
    limit(machine, "memory/docker/abc/memory.limit_in_bytes", 256 * MEBIBYTE)
    assert share_of_machine(machine) == 256 * MEBIBYTE // SHARE


def test_a_container_that_sees_only_its_own_groups_is_limited(machine: Path) -> None:
    (machine / "proc/self/cgroup").write_text("0::/system.slice/somewhere/outside\n")
    limit(machine, "memory.max", 800 * MEBIBYTE)
    assert share_of_machine(machine) == 800 * MEBIBYTE // SHARE


def test_the_smallest_machine_has_some(machine: Path) -> None:
    (machine / "proc/self/cgroup").write_text("0::/\n")
    limit(machine, "memory.max", 64 * MEBIBYTE)
    assert share_of_machine(machine) == LEAST
