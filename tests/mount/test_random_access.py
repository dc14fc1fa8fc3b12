"""Random reads, writes, truncations and mappings, as the program fsx does them, compared with bytes in memory."""

from __future__ import annotations

import mmap
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.proxy import Proxy

OPERATIONS = 400
SMALL, LARGE = 256 * 1024, 12 << 20
"""Sizes in bytes below and above what is moved whole."""


class Exerciser:
    """Does everything to a file on the mount and to bytes in memory, and compares."""

    def __init__(self, path: Path, largest: int, seed: int) -> None:
        self.path = path
        self.expected = bytearray()
        self._random = random.Random(seed)
        self._largest = largest
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
        self._done: list[str] = []

    def run(self) -> None:
        calls: list[Callable[[], str]] = [
            *[self.read, self.write] * 4,
            self.truncate,
            self.truncate_by_path,
            self.read_mapped,
            self.write_mapped,
            self.append,
            self.sync,
            self.reopen,
            self.move,
        ]
        for _ in range(OPERATIONS):
            self._done.append(self._random.choice(calls)())
            assert os.fstat(self._descriptor).st_size == len(self.expected), self._done[-10:]
        self.reopen()
        self._compare(0, len(self.expected))
        os.close(self._descriptor)

    def read(self) -> str:
        start, end = self._range(len(self.expected))
        self._compare(start, end)
        return f"read {start}-{end}"

    def write(self) -> str:
        start, end = self._range(self._largest)
        content = self._random.randbytes(end - start)
        assert os.pwrite(self._descriptor, content, start) == len(content)
        self._put(start, content)
        return f"write {start}-{end}"

    def append(self) -> str:
        content = self._random.randbytes(self._random.randrange(1000))
        with self.path.open("ab") as file:
            file.write(content)
        self.expected += content
        return f"append {len(content)}"

    def truncate(self) -> str:
        size = self._random.randrange(self._largest)
        os.ftruncate(self._descriptor, size)
        self._resize(size)
        return f"ftruncate {size}"

    def truncate_by_path(self) -> str:
        size = self._random.randrange(self._largest)
        os.truncate(self.path, size)
        self._resize(size)
        return f"truncate {size}"

    def read_mapped(self) -> str:
        if not self.expected:
            return "nothing"
        start, end = self._range(len(self.expected))
        with mmap.mmap(self._descriptor, len(self.expected), prot=mmap.PROT_READ) as mapped:
            assert mapped[start:end] == self.expected[start:end], [*self._done[-10:], f"mapped {start}-{end}"]
        return f"read mapped {start}-{end}"

    def write_mapped(self) -> str:
        if not self.expected:
            return "nothing"
        start, end = self._range(len(self.expected))
        content = self._random.randbytes(end - start)
        with mmap.mmap(self._descriptor, len(self.expected)) as mapped:
            mapped[start:end] = content
            mapped.flush()
        self._put(start, content)
        return f"write mapped {start}-{end}"

    def sync(self) -> str:
        os.fsync(self._descriptor)
        return "fsync"

    def reopen(self) -> str:
        os.close(self._descriptor)
        self._descriptor = os.open(self.path, os.O_RDWR)
        return "reopen"

    def move(self) -> str:
        target = self.path.with_name(f"moved {self._random.randrange(3)}")
        if self._random.random() < 0.5 and target != self.path:
            target.write_bytes(b"to be replaced")
        self.path = self.path.rename(target)
        return f"rename to {target.name}"

    def _range(self, end: int) -> tuple[int, int]:
        start = self._random.randrange(end + 1)
        return start, min(end, start + self._random.choice([1, 100, 4096, 65536, 1 << 20]))

    def _put(self, start: int, content: bytes) -> None:
        self._resize(max(len(self.expected), start + len(content)) if content else len(self.expected))
        self.expected[start : start + len(content)] = content

    def _resize(self, size: int) -> None:
        del self.expected[size:]
        self.expected.extend(bytes(size - len(self.expected)))

    def _compare(self, start: int, end: int) -> None:
        content = os.pread(self._descriptor, end - start, start)
        assert content == self.expected[start:end], [*self._done[-10:], f"read {start}-{end}"]


@pytest.mark.parametrize(("largest", "seed"), [(SMALL, 1), (SMALL, 2), (LARGE, 3), (LARGE, 4)])
def test_a_file_holds_what_was_written_at_random(
    mount: Mount, session: iRODSSession, home: str, largest: int, seed: int
) -> None:
    exerciser = Exerciser(mount.path / "file", largest, seed)
    exerciser.run()
    with session.data_objects.open(f"{home}/{exerciser.path.name}", "r") as stream:
        assert stream.read() == exerciser.expected


BLOCK = 4096
OPEN, SEEK, READ, WRITE = (api_number[f"DATA_OBJ_{name}_AN"] for name in ("OPEN", "LSEEK", "READ", "WRITE"))


@pytest.fixture
def large(session: iRODSSession, home: str) -> bytearray:
    """The content of `large`, which is more than what is moved whole."""
    content = bytearray(random.Random(7).randbytes(24 << 20))
    with session.data_objects.open(f"{home}/large", "w") as stream:
        stream.write(content)
    return content


@pytest.mark.parametrize(
    ("blocks", "writes"),
    [
        pytest.param(range(1000, 1512), 1, id="side by side"),
        pytest.param([*range(1000, 1100), *range(1000, 1100)], 1, id="again and again"),
        pytest.param(range(0, 6000, 50), 120, id="far from one another"),
    ],
)
def test_random_writes_go_to_the_zone_together(
    mount_through: MountThrough,
    proxy: Proxy,
    session: iRODSSession,
    home: str,
    large: bytearray,
    blocks: Sequence[int],
    writes: int,
) -> None:
    mount = mount_through(proxy, "--cache-timeout", "60")
    shuffled = list(blocks)
    random.Random(8).shuffle(shuffled)
    with (mount.path / "large").open("r+b", buffering=0) as file:
        requests = proxy.count()
        for number in shuffled:
            content = random.Random(number).randbytes(BLOCK)
            os.pwrite(file.fileno(), content, number * BLOCK)
            large[number * BLOCK : (number + 1) * BLOCK] = content
        assert requests[WRITE] == 0
        os.fsync(file.fileno())
    assert (requests[OPEN], requests[WRITE], requests[READ]) == (1, writes, 0)
    assert requests[SEEK] <= writes
    with session.data_objects.open(f"{home}/large", "r") as stream:
        assert stream.read() == large
