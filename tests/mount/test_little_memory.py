"""A mount whose memory for contents is far too small for what programs do: everything works, and it is not exceeded."""

from __future__ import annotations

import os
import random
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import tenacity

from tests.conftest import MakeMount
from tests.control.sockets import connected
from tests.mounts import Mount

MEGABYTE = 1 << 20
LIMIT = 4 * MEGABYTE
PIECE = 4 * MEGABYTE
"""By what the limit may be exceeded: as much as is moved in one request."""


@pytest.fixture(params=[[], ["--write-back"]], ids=["", "written back"])
def mount(make_mount: MakeMount, request: pytest.FixtureRequest) -> Iterator[Mount]:
    mount = make_mount("--memory", str(LIMIT // MEGABYTE), *request.param)
    with memory_watched(mount) as seen:
        yield mount
    assert max(seen) <= LIMIT + PIECE
    assert mount.written_back()["memoryLimit"] == LIMIT
    nothing_is_held(mount)


@tenacity.retry(wait=tenacity.wait_fixed(0.1), stop=tenacity.stop_after_delay(60), reraise=True)
def nothing_is_held(mount: Mount) -> None:
    """Linux tells the mount of a close a moment after the program goes on."""
    assert mount.status()["memoryUsed"] == 0


@contextmanager
def memory_watched(mount: Mount) -> Iterator[list[int]]:
    """Collects how much memory for contents is taken during the block, as often as the mount tells it."""
    over = threading.Event()
    seen: list[int] = []

    def watch() -> None:
        with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
            while not over.wait(0.02):
                seen.append(control.get("/status").json()["memoryUsed"])

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def test_trees_are_copied(mount: Mount, tmp_path: Path) -> None:
    chance = random.Random(1)
    source = tmp_path / "source"
    for number in range(40):
        file = source / str(number % 4) / f"{number}.dat"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(chance.choice([0, 100, 60_000, 3 * MEGABYTE // 2])))
    (source / "large").write_bytes(chance.randbytes(9 * MEGABYTE))
    for copied, target in ((source, mount.path / "one"), (mount.path / "one", mount.path / "other")):
        subprocess.run(["cp", "-r", copied, target], check=True)
        subprocess.run(["diff", "-r", source, target], check=True)


def test_a_hundred_files_are_open(mount: Mount) -> None:
    """They have 40 MiB, ten times what there is memory for; each is seen as it was written by other handles, too."""
    size = 400_000
    with ExitStack() as files:
        held = [files.enter_context((mount.path / str(number)).open("w+b", buffering=0)) for number in range(100)]
        for number, file in enumerate(held):
            file.write(bytes([number]) * size)
        for number, file in enumerate(held):
            file.seek(number)
            file.write(b"changed")
            file.truncate(size - number)
            os.fsync(file.fileno())
        for number, file in enumerate(held):
            file.seek(0)
            expected = bytes([number]) * number + b"changed" + bytes([number]) * (size - 2 * number - 7)
            assert file.read() == expected[: size - number]
            assert (mount.path / str(number)).read_bytes() == expected[: size - number]
        held[3].seek(0)
        (mount.path / "3").unlink()
        assert held[3].read(7) == b"\3\3\3chan"


def test_small_files_are_opened_side_by_side(mount: Mount) -> None:
    """Each needs a piece of memory to come; all together would need sixteen times what there is."""
    for number in range(64):
        (mount.path / str(number)).write_bytes(bytes([number]) * 1_000_000)
    mount.written_back()

    def read(number: int) -> bool:
        return (mount.path / str(number)).read_bytes() == bytes([number]) * 1_000_000

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(read, range(64)))


def test_large_files_are_read_side_by_side(mount: Mount) -> None:
    """Twelve readers, each of which would like to have 16 MiB ahead; some of them pause with what they have."""
    content = random.Random(2).randbytes(12 * MEGABYTE)
    for number in range(12):
        (mount.path / str(number)).write_bytes(content)
    mount.written_back()
    with ExitStack() as files:
        paused = [files.enter_context((mount.path / str(number)).open("rb", buffering=0)) for number in range(6)]
        for file in paused:
            assert file.read(3 * MEGABYTE) == content[: 3 * MEGABYTE]
        with ThreadPoolExecutor(6) as pool:
            whole = pool.map(lambda number: (mount.path / str(number)).read_bytes() == content, range(6, 12))
            assert all(whole)
        for file in paused:
            assert file.read() == content[3 * MEGABYTE :]


def test_files_are_written_in_small_pieces_side_by_side(mount: Mount) -> None:
    """What is collected for the disk of 40 large files would take 10 MiB."""
    with ExitStack() as files:
        held = [files.enter_context((mount.path / str(number)).open("w+b", buffering=0)) for number in range(40)]
        for file in held:
            file.truncate(5 * MEGABYTE)
        for position in range(0, 300_000, 30_000):
            for file in held:
                file.seek(position)
                file.write(b"x" * 30_000)
        for file in held:
            file.seek(0)
            assert file.read(300_001) == b"x" * 300_000 + b"\0"
        for number in range(1, 40):
            (mount.path / str(number)).unlink()
    assert (mount.path / "0").read_bytes() == b"x" * 300_000 + bytes(5 * MEGABYTE - 300_000)
