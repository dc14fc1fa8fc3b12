"""What the kernel may keep it does not ask for again, and what it asks for it asks for in large requests."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.mount.kernel_cache import READ_AHEAD_KIB
from tests.conftest import MakeMount
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.objects import put

MEBIBYTE = 1 << 20
LARGE = 32 * MEBIBYTE
_COUNTED = re.compile(r'^irodsfs_operation_seconds_count\{operation="(\w+)"\} (\d+)', re.MULTILINE)

Count = Callable[[], Counter[str]]


@pytest.fixture
def mount(make_mount: MakeMount) -> Mount:
    """A mount where nothing runs out of time during a test."""
    return make_mount("--cache-timeout", "600")


@pytest.fixture
def asked(mount: Mount) -> Count:
    """Answers how many requests of each kind the kernel has sent to the mount since it was called last."""
    before: Counter[str] = Counter()
    control = os.getxattr(mount.path, "irods.control").decode()

    def count() -> Counter[str]:
        with connected(control) as client:
            found = Counter({kind: int(number) for kind, number in _COUNTED.findall(client.get("/metrics").text)})
        new = found - before
        before.clear()
        before.update(found)
        return new

    return count


def test_a_listing_brings_what_stat_and_open_need(mount: Mount, asked: Count) -> None:
    for number in range(100):
        (mount.path / f"file{number}").touch()
    asked()
    assert sum(each.stat().st_size for each in os.scandir(mount.path)) == 0
    assert sum((mount.path / f"file{number}").stat().st_size for number in range(100)) == 0
    counted = asked()
    assert counted["readdir"] >= 1
    assert counted["lookup"] + counted["getattr"] <= 2


def test_names_and_attributes_are_asked_for_once_and_missing_names_whenever_they_are_used(
    mount: Mount, asked: Count
) -> None:
    (mount.path / "file").touch()
    asked()
    for _ in range(50):
        assert (mount.path / "file").stat().st_size == 0
        assert not (mount.path / "missing").exists()
    counted = asked()
    # What another client makes there is found by the next call that may make it, without waiting.
    assert 50 <= counted["lookup"] <= 52
    assert counted["getattr"] <= 2


def test_what_was_read_is_kept_until_it_changes(mount: Mount, asked: Count, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"x" * MEBIBYTE)
    assert (mount.path / "file").read_bytes() == b"x" * MEBIBYTE
    assert asked()["read"] >= 1
    assert (mount.path / "file").read_bytes() == b"x" * MEBIBYTE
    assert asked()["read"] == 0
    put(session, f"{home}/file", b"y" * MEBIBYTE)
    assert (mount.path / "file").read_bytes() == b"y" * MEBIBYTE


def test_writes_come_in_requests_of_a_mebibyte(mount: Mount, asked: Count) -> None:
    asked()
    with (mount.path / "large").open("wb", buffering=0) as file:
        for _ in range(LARGE // (4 * MEBIBYTE)):
            file.write(b"x" * 4 * MEBIBYTE)
    assert asked()["write"] == LARGE // MEBIBYTE


def test_root_lets_the_kernel_read_ahead_in_requests_of_a_mebibyte(
    mount: Mount, asked: Count, session: iRODSSession, home: str
) -> None:
    device = mount.path.stat().st_dev
    setting = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    allowed = os.access(setting, os.W_OK)
    assert (int(setting.read_text()) == READ_AHEAD_KIB) == allowed
    put(session, f"{home}/large", bytes(LARGE))
    with (mount.path / "large").open("rb", buffering=0) as file:
        while file.read(MEBIBYTE):
            pass
    largest = MEBIBYTE if allowed else 128 * 1024
    # The first ones are smaller.
    assert LARGE // largest <= asked()["read"] <= LARGE // largest + 8
