"""What programs do to a mount while it is watched: each function runs in a process of its own until `stop` is set.

The zone may answer nonsense meanwhile, so calls may fail; what fails is tried again, or left.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path

MEGABYTE = 1 << 20
LARGE = 12 * MEGABYTE
SMALL_FILES = 20
PIECE = 128 * 1024
PAUSE = 0.1
"""Seconds that a reader takes over a megabyte, and who holds files over one of them."""


class Program:
    """One that works in a directory of its own."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory = directory
        self.chance = random.Random(seed)
        self.source = directory / "source"
        self.large = directory / "large"

    def prepare(self) -> None:
        self.source.mkdir(parents=True, exist_ok=True)
        for number in range(SMALL_FILES):
            (self.source / f"{number}.dat").write_bytes(self.chance.randbytes(self.chance.randrange(100_000)))
        self.large.write_bytes(self.chance.randbytes(LARGE))

    def copy(self) -> None:
        target = self.directory / f"copy{self.chance.randrange(3)}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.source, target)

    def attributes(self) -> None:
        file = self.any_file()
        os.setxattr(file, "user.soak", str(self.chance.random()).encode())
        os.getxattr(file, "user.soak")
        os.listxattr(file)
        os.removexattr(file, "user.soak")

    def write_within(self) -> None:
        with self.large.open("r+b", buffering=0) as file:
            for _ in range(8):
                file.seek(self.chance.randrange(LARGE - PIECE))
                file.write(self.chance.randbytes(self.chance.choice([10, 4096, PIECE])))

    def rename(self) -> None:
        file = self.any_file()
        aside = file.with_name("aside")
        file.rename(aside)
        aside.rename(file)

    def remove(self) -> None:
        file = self.directory / f"{self.chance.randrange(1_000_000)}"
        file.write_bytes(b"content")
        file.unlink()

    def list(self) -> None:
        for _, _, names in os.walk(self.directory):
            assert names is not None
        for entry in os.scandir(self.source):
            entry.stat()

    def read(self) -> None:
        for entry in sorted(os.listdir(self.source)):
            (self.source / entry).read_bytes()

    def any_file(self) -> Path:
        return self.source / f"{self.chance.randrange(SMALL_FILES)}.dat"


def mixed_load(directory: Path, seed: int, stop: Event) -> None:
    program = Program(directory, seed)
    works: list[Callable[[], None]] = [
        program.copy,
        program.attributes,
        program.write_within,
        program.rename,
        program.remove,
        program.list,
        program.read,
    ]
    until_done(program.prepare, stop)
    while not stop.is_set():
        with suppress(OSError, shutil.Error):
            program.chance.choice(works)()
        if not program.source.is_dir() or len(os.listdir(program.source)) < SMALL_FILES:
            until_done(program.prepare, stop)


def until_done(work: Callable[[], None], stop: Event) -> None:
    while not stop.is_set():
        with suppress(OSError):
            work()
            return


def hold_open(directory: Path, number: int, stop: Event) -> None:
    """So many files are open at a time, of which one after the other is read, written and opened anew."""
    chance = random.Random(number)
    directory.mkdir(exist_ok=True)
    held: dict[int, int] = {}
    while not stop.is_set():
        name = len(held) if len(held) < number else chance.randrange(number)
        with suppress(OSError):
            if name in held:
                os.close(held.pop(name))
            held[name] = os.open(directory / str(name), os.O_RDWR | os.O_CREAT, 0o644)
            os.pwrite(held[name], chance.randbytes(chance.randrange(20_000)), 0)
            os.pread(held[name], 1000, 0)
        if len(held) == number:
            stop.wait(PAUSE)
    for descriptor in held.values():
        with suppress(OSError):
            os.close(descriptor)


def read_large(files: list[Path], number: int, stop: Event) -> None:
    """So many readers, each at its own place in one of the files."""

    def read(chance: random.Random) -> None:
        while not stop.is_set():
            with suppress(OSError), chance.choice(files).open("rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                file.seek(chance.randrange(4) * 4 * MEGABYTE)
                while not stop.is_set() and file.read(MEGABYTE):
                    stop.wait(number * PAUSE / 5)

    readers = [threading.Thread(target=read, args=(random.Random(each),)) for each in range(number)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
