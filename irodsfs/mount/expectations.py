"""What a program expects of a name that Linux looks up for it, as /proc tells of the system call that it waits in.

Linux says of a lookup neither what it is for, nor that an answer from what is believed would make the call fail.
"""

from __future__ import annotations

import itertools
import os
import platform
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import trio

from irodsfs.filesystem.expected import Expected

PATH_MAX = 4096
"""Bytes that Linux takes as a path."""

PAUSE, PAUSES = 0.001, 100
"""Seconds between two looks at a caller that has asked, and has not begun to wait yet, and how many there are."""

_AT_FDCWD = 0xFFFFFF9C
_AT_REMOVEDIR = 0x200


class _Caller:
    """A thread that waits in a system call. Raises OSError where it may not be looked at."""

    def __init__(self, thread: int, registers: list[int]) -> None:
        self._thread = thread
        self._registers = registers

    def number(self, index: int) -> int:
        return self._registers[index] & 0xFFFFFFFF

    def path(self, index: int) -> bytes:
        return self._memory(index, PATH_MAX).partition(b"\0")[0]

    def path_from(self, directory: int | None, index: int) -> bytes:
        """A path from the root; a relative one starts where an argument, or else the thread, is."""
        descriptor = _AT_FDCWD if directory is None else self.number(directory)
        start = "cwd" if descriptor == _AT_FDCWD else f"fd/{descriptor}"
        return posixpath.join(bytes(Path(f"/proc/{self._thread}/{start}").readlink()), self.path(index))

    def first_of(self, index: int) -> int:
        """The first 64 bits of the structure that an argument points to."""
        return int.from_bytes(self._memory(index, 8), "little")

    def _memory(self, index: int, size: int) -> bytes:
        memory = os.open(f"/proc/{self._thread}/mem", os.O_RDONLY)
        try:
            return os.pread(memory, size, self._registers[index])
        finally:
            os.close(memory)


Paths: TypeAlias = Iterator[tuple[bytes, Expected]]
"""The paths that a call is given, and what has to be at each."""

System: TypeAlias = Callable[[_Caller], Paths]


def _at(index: int, expected: Expected) -> System:
    """A call whose only path is one of its arguments."""

    def paths(caller: _Caller) -> Paths:
        yield caller.path(index), expected

    return paths


def _from_to(source: int, target: int, *, at: bool = False) -> System:
    def paths(caller: _Caller) -> Paths:
        old, new = (caller.path_from(index - 1 if at else None, index) for index in (source, target))
        if new != old:
            # What has the name of a target decides as well whether it can be replaced.
            yield new, Expected.DIRECTORY if _is_above(new, old) else Expected.NOTHING
        yield old, Expected.DIRECTORY if _is_above(old, new) else Expected.ANYTHING

    return paths


def _is_above(directory: bytes, path: bytes) -> bool:
    return path.startswith(directory.rstrip(b"/") + b"/")


def _unlinkat(caller: _Caller) -> Paths:
    yield caller.path(1), Expected.DIRECTORY if caller.number(2) & _AT_REMOVEDIR else Expected.FILE


def _open(index: int) -> System:
    return lambda caller: _opened(caller.path(index), caller.number(index + 1))


def _openat2(caller: _Caller) -> Paths:
    return _opened(caller.path(1), caller.first_of(2))


def _opened(path: bytes, flags: int) -> Paths:
    if flags & os.O_CREAT:
        yield path, Expected.NOTHING if flags & os.O_EXCL else Expected.FILE_OR_NOTHING
    elif flags & (os.O_ACCMODE | os.O_TRUNC):
        yield path, Expected.FILE


@dataclass(frozen=True)
class _Numbers:
    """A call, and its number on each kind of machine; None where there is no such call."""

    paths: System
    x86_64: int | None
    aarch64: int | None


# fmt: off
_CALLS = (
    _Numbers(_at(0, Expected.NOTHING), 83, None),  # mkdir
    _Numbers(_at(1, Expected.NOTHING), 258, 34),  # mkdirat
    _Numbers(_at(0, Expected.NOTHING), 133, None),  # mknod
    _Numbers(_at(1, Expected.NOTHING), 259, 33),  # mknodat
    _Numbers(_at(1, Expected.NOTHING), 88, None),  # symlink
    _Numbers(_at(2, Expected.NOTHING), 266, 36),  # symlinkat
    _Numbers(_from_to(0, 1), 86, None),  # link
    _Numbers(_from_to(1, 3, at=True), 265, 37),  # linkat
    _Numbers(_from_to(0, 1), 82, None),  # rename
    _Numbers(_from_to(1, 3, at=True), 264, 38),  # renameat
    _Numbers(_from_to(1, 3, at=True), 316, 276),  # renameat2
    _Numbers(_open(0), 2, None),  # open
    _Numbers(_open(1), 257, 56),  # openat
    _Numbers(_openat2, 437, 437),
    _Numbers(_at(0, Expected.FILE_OR_NOTHING), 85, None),  # creat
    _Numbers(_at(0, Expected.FILE), 87, None),  # unlink
    _Numbers(_unlinkat, 263, 35),
    _Numbers(_at(0, Expected.DIRECTORY), 84, None),  # rmdir
    _Numbers(_at(0, Expected.FILE), 76, 45),  # truncate
    _Numbers(_at(0, Expected.ANYTHING), 90, None),  # chmod
    _Numbers(_at(1, Expected.ANYTHING), 268, 53),  # fchmodat
    _Numbers(_at(1, Expected.ANYTHING), 452, 452),  # fchmodat2
    _Numbers(_at(0, Expected.ANYTHING), 92, None),  # chown
    _Numbers(_at(0, Expected.ANYTHING), 94, None),  # lchown
    _Numbers(_at(1, Expected.ANYTHING), 260, 54),  # fchownat
    _Numbers(_at(0, Expected.ANYTHING), 132, None),  # utime
    _Numbers(_at(0, Expected.ANYTHING), 235, None),  # utimes
    _Numbers(_at(1, Expected.ANYTHING), 261, None),  # futimesat
    _Numbers(_at(1, Expected.ANYTHING), 280, 88),  # utimensat
    _Numbers(_at(0, Expected.ANYTHING), 188, 5),  # setxattr
    _Numbers(_at(0, Expected.ANYTHING), 189, 6),  # lsetxattr
    _Numbers(_at(1, Expected.ANYTHING), 463, 463),  # setxattrat
    _Numbers(_at(0, Expected.ANYTHING), 197, 14),  # removexattr
    _Numbers(_at(0, Expected.ANYTHING), 198, 15),  # lremovexattr
    _Numbers(_at(1, Expected.ANYTHING), 466, 466),  # removexattrat
)
# fmt: on
"""What changes something; every other call only asks, or makes something after it has asked for what is missing."""

_BY_NUMBER: dict[int, System] = {
    number: call.paths for call in _CALLS if (number := getattr(call, platform.machine(), None)) is not None
}


async def expected_at(thread: int, path: str) -> Expected | None:
    """What a thread that waits for a path in the zone needs to be there, to make a change.

    None when it only asks, or can't be looked at: Linux lets the same user and root do so, Yama may forbid it.
    """
    for _ in range(PAUSES):
        try:
            fields = _system_call(thread)
            if fields != ["running"]:
                return _expected(thread, fields, os.fsencode(path))
        except OSError:
            return None
        await trio.sleep(PAUSE)
    return None


def _system_call(thread: int) -> list[str]:
    return Path(f"/proc/{thread}/syscall").read_text("ascii").split()


def _expected(thread: int, fields: list[str], path: bytes) -> Expected | None:
    call = _BY_NUMBER.get(int(fields[0]))
    if call is None:
        return None
    caller = _Caller(thread, [int(field, 16) for field in fields[1:]])
    given = list(call(caller))
    if not given:
        return None
    # A rename may give the same name in another directory, and what is on the way to a name may have that name, too.
    needs = [*given, *((directory, Expected.DIRECTORY) for whole, _ in given for directory in _above(whole))]
    nearest = max(_common_end(each, path) for each, _ in needs)
    if not nearest:
        return Expected.DIRECTORY
    fitting = {expected for each, expected in needs if _common_end(each, path) == nearest}
    return fitting.pop() if len(fitting) == 1 else Expected.UNCLEAR


def _above(path: bytes) -> Iterator[bytes]:
    """The directories on the way to a path."""
    while (path := path.rstrip(b"/").rpartition(b"/")[0]) != b"":
        yield path


def _common_end(one: bytes, other: bytes) -> int:
    """How many names two paths have in common at their ends."""
    names = zip(*([name for name in path.split(b"/") if name][::-1] for path in (one, other)), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], names))
