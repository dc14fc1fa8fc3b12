"""Several programs at a time, each with a directory of its own and all with one that they share.

What a program does in its own directory has the results that it has on a local one, whatever the others do. In the
shared one a program may find things gone, but meets no failure that a local file system would not know.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.conftest import MakeMount

PROGRAMS = 5
CALLS = 150
NAMES = ["a", "b", "c", "d", "d/e", "d/f"]
SHARED_NAMES = ["x", "y", "z"]
EXPECTED = {"ENOENT", "ESTALE"}
"""What is gone; and what was replaced, and again while Linux looked it up once more."""

Call = Callable[[Path, Path, bytes, int], object]


def write(path: Path, _: Path, content: bytes, number: int) -> None:
    path.write_bytes(content)


def append(path: Path, _: Path, content: bytes, number: int) -> int:
    with path.open("ab") as file:
        file.write(content)
        return file.tell()


def overwrite_within(path: Path, _: Path, content: bytes, number: int) -> None:
    with path.open("r+b") as file:
        file.seek(number)
        file.write(content[:100])
        os.fsync(file.fileno())


def read(path: Path, _: Path, content: bytes, number: int) -> bytes:
    return path.read_bytes()


def rename(path: Path, other: Path, content: bytes, number: int) -> None:
    if not path.is_dir():
        path.rename(other)


def unlink(path: Path, _: Path, content: bytes, number: int) -> None:
    path.unlink()


def unlink_while_open(path: Path, _: Path, content: bytes, number: int) -> bytes:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.write(handle, content[:50])
        path.unlink()
        os.write(handle, content[50:100])
        return os.pread(handle, 200, 0)
    finally:
        os.close(handle)


def make_directory(path: Path, _: Path, content: bytes, number: int) -> None:
    path.mkdir()


def remove_directory(path: Path, _: Path, content: bytes, number: int) -> None:
    path.rmdir()


def listing(path: Path, _: Path, content: bytes, number: int) -> list[str]:
    return sorted(os.listdir(path))


def truncate(path: Path, _: Path, content: bytes, number: int) -> int:
    os.truncate(path, number)
    return path.stat().st_size


OF_FILES: list[Call] = [write, append, overwrite_within, read, rename, unlink, unlink_while_open, truncate]
CALLS_OF_OWN: list[Call] = [*OF_FILES, make_directory, remove_directory, listing]


@dataclass(frozen=True)
class Task:
    """A call with its arguments, to be made in a directory."""

    call: Call
    name: str
    other: str
    content: bytes
    number: int

    @classmethod
    def drawn(cls, chance: random.Random, calls: list[Call], names: list[str]) -> Task:
        content = chance.randbytes(chance.choice([0, 10, 5_000, 100_000]))
        return cls(chance.choice(calls), chance.choice(names), chance.choice(names), content, chance.randrange(20_000))

    def outcome(self, root: Path) -> object:
        try:
            return self.call(root / self.name, root / self.other, self.content, self.number)
        except OSError as error:
            return errno.errorcode[error.errno or 0]


def program(seed: int, own: Path, model: Path, shared: Path) -> set[object]:
    """Works with `own` as with `model`; answers what went wrong in the shared directory."""
    chance = random.Random(seed)
    failures = set()
    for number in range(CALLS):
        task = Task.drawn(chance, CALLS_OF_OWN, NAMES)
        assert task.outcome(own) == task.outcome(model), (seed, number, task.call.__name__, task.name, task.other)
        failed = Task.drawn(chance, OF_FILES, SHARED_NAMES).outcome(shared)
        if isinstance(failed, str):
            failures.add(failed)
    return failures


@pytest.mark.parametrize(
    "options", [[], ["--cache-timeout", "0"], ["--write-back"]], ids=["cached", "not cached", "written back"]
)
def test_programs_do_not_disturb_one_another(make_mount: MakeMount, tmp_path: Path, options: list[str]) -> None:
    mount = make_mount(*options)
    shared = mount.path / "shared"
    shared.mkdir()
    with ProcessPoolExecutor(PROGRAMS, mp_context=get_context("spawn")) as pool:
        running = []
        for seed in range(PROGRAMS):
            own, model = mount.path / str(seed), tmp_path / f"model{seed}"
            own.mkdir()
            model.mkdir()
            running.append(pool.submit(program, seed, own, model, shared))
        assert set().union(*(each.result() for each in running)) <= EXPECTED
