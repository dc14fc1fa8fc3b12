"""Sets of byte ranges."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

Range = tuple[int, int]
"""Start (included) and end (excluded), in bytes."""


class Extents:
    """Disjoint byte ranges in order; ranges that touch become one."""

    def __init__(self, *ranges: Range) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self) -> Iterator[Range]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def add(self, start: int, end: int) -> None:
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def cut(self, size: int) -> None:
        """Forget everything from `size` on."""
        kept = [(start, min(end, size)) for start, end in self if start < size]
        self._starts = [start for start, _ in kept]
        self._ends = [end for _, end in kept]

    def first(self) -> Range:
        return self._starts[0], self._ends[0]

    def end_from(self, position: int) -> int:
        """The end of the range that begins at or goes on beyond `position`; `position` itself when there is none."""
        return next((end for start, end in self if start <= position < end), position)

    def clear(self) -> None:
        self.cut(0)

    def covers(self, start: int, end: int) -> bool:
        return not self.gaps(start, end)

    def gaps(self, start: int, end: int) -> list[Range]:
        """The parts of a range that are not in the set now; who fills them changes the set."""
        found = []
        index = bisect_right(self._ends, start)
        while start < end and index < len(self._starts):
            if self._starts[index] >= end:
                break
            if self._starts[index] > start:
                found.append((start, self._starts[index]))
            start = self._ends[index]
            index += 1
        if start < end:
            found.append((start, end))
        return found
