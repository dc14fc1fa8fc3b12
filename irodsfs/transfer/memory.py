"""One budget of memory for all that this process holds of the content of data objects.

Small open files, those that wait for their upload among them, what was read ahead, and what is collected to be
written are counted. Whoever would hold more asks before, and does with less when the answer is no: small files go to
the spool, pieces go to the disk or to the zone at once, and less is read ahead. Nobody waits for memory but those who
bring a small file, and only for one another: so nothing that holds memory is ever waited for.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

import trio

MEBIBYTE = 1024 * 1024

SHARE = 8
"""Which part of the machine's memory the budget is, unless told otherwise: an eighth."""

LEAST = 16 * MEBIBYTE
"""Bytes that it is on any machine."""


class Part(Enum):
    """Up to which part of the budget something may be taken: those who can do with less leave room for the others."""

    AHEAD = 0.5
    """What nobody has asked for yet."""
    HELD = 0.75
    """What can be had elsewhere, but slower."""
    ON_ITS_WAY = 1.0
    """What is held for the time of a request."""


class Budget:
    """Bytes, `used` of at most `limit`, which whoever brings a small file may exceed by one piece. For any thread."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = threading.Lock()
        self._beyond = trio.Lock()

    @property
    def used(self) -> int:
        return self._used

    def take(self, size: int, part: Part = Part.HELD) -> bool:
        """Count `size` more bytes (which may be negative), when they fit; False when they don't."""
        with self._lock:
            fits = size <= 0 or self._used + size <= self.limit * part.value
            if fits:
                self._used += size
            return fits

    @asynccontextmanager
    async def piece(self, size: int) -> AsyncIterator[None]:
        """Memory for one request, for the time of the block, which must not ask for more, nor last for long.

        Where there is none, one at a time goes beyond the limit, so that all get on.
        """
        if self.take(size, Part.ON_ITS_WAY):
            try:
                yield
            finally:
                self.take(-size)
            return
        async with self._beyond:
            with self._lock:
                self._used += size
            try:
                yield
            finally:
                self.take(-size)


class Share:
    """What one holder has of a budget; `size` in bytes."""

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or BUDGET
        self.size = 0

    def resize(self, size: int, part: Part = Part.HELD) -> bool:
        """Have `size` bytes from now on; False when they are not to be had, and it stays as it was."""
        if not self._budget.take(size - self.size, part):
            return False
        self.size = size
        return True

    def give_back(self) -> None:
        self.resize(0)


def share_of_machine(root: Path = Path("/")) -> int:
    """Bytes of the budget where nobody says how much: a part of what this process may have at the most."""
    return max(LEAST, min(_limits(root)) // SHARE)


def _limits(root: Path) -> Iterator[int]:
    """Bytes of memory that the machine has, and that its control groups, and those above them, allow."""
    for line in (root / "proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024
    groups = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _limits_of_group(groups, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _limits_of_group(groups / "memory", path, "memory.limit_in_bytes")


def _limits_of_group(top: Path, path: str, name: str) -> Iterator[int]:
    # In a container, the path may be the one outside of it, which is not there: then the top is the container's own.
    group = top / path.lstrip("/")
    for above in (group, *group.parents):
        limit = _read(above / name).strip()
        if limit.isdecimal():  # and not "max"
            yield int(limit)
        if above == top:
            return


def _read(file: Path) -> str:
    """What a file of the kernel says; nothing where it can't be read, as not every kernel and container has it."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


BUDGET = Budget(share_of_machine())
"""That of this process."""


def allow(mebibytes: int | None) -> None:
    """Let the budget of this process be so many MiB, None for its share of the machine."""
    if mebibytes is not None:
        BUDGET.limit = mebibytes * MEBIBYTE
