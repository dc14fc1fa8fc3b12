"""Work on very many things in the event loop, in slices between which everybody else gets a turn."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

import trio

SLICE = 128
"""Things that some microseconds each are spent on: two or three milliseconds, also on a busy machine."""

SORTED_AT_ONCE = 4096
"""Names that are sorted in about a millisecond. A thread would not do: Python sorts without letting others run."""

Thing = TypeVar("Thing")


async def slices(things: Iterable[Thing]) -> AsyncIterator[list[Thing]]:
    """All things, some at a time; whoever takes them must expect the world to change in between."""
    rest = iter(things)
    while some := list(itertools.islice(rest, SLICE)):
        yield some
        await trio.lowlevel.checkpoint()


class Turns:
    """Counts what is done in the event loop, and gives the others a turn when it was as much as a slice."""

    def __init__(self) -> None:
        self._done = 0

    async def after(self, things: int) -> None:
        self._done += things
        if self._done >= SLICE:
            self._done = 0
            await trio.lowlevel.checkpoint()


async def in_order(names: list[str]) -> list[str]:
    """The names sorted. Up to `SORTED_AT_ONCE` of them that is done at once, without a checkpoint."""
    if len(names) <= SORTED_AT_ONCE:
        return sorted(names)
    # A sample of them bounds buckets that are small whatever order the names are in.
    bounds = sorted(names[:: SORTED_AT_ONCE // 4])
    buckets: list[list[str]] = [[] for _ in range(len(bounds) + 1)]
    for start in range(0, len(names), SORTED_AT_ONCE):
        for name in names[start : start + SORTED_AT_ONCE]:
            buckets[bisect.bisect_right(bounds, name)].append(name)
        await trio.lowlevel.checkpoint()
    ordered: list[str] = []
    for bucket in buckets:
        bucket.sort()
        ordered += bucket
        await trio.lowlevel.checkpoint()
    return ordered
