"""Modify times as this mount set them, finer than the whole seconds that a zone keeps.

A zone answers the second in which its server registered a change, or the second that was set. As long as it goes on
answering that one, the time shown stays what it was here: nothing jumps when an entry is fetched again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from cachetools import LRUCache

from irodsfs.grid.catalog_entries import NANOSECONDS, Entry
from irodsfs.grid.requests import EARLIEST, LATEST

ENTRIES = 100_000
"""How many times are remembered at the most."""

TOLERANCE = 2
"""Seconds by which the clocks of the zone and of this machine may differ."""


@dataclass(slots=True)
class OwnTime:
    """A time of ours (ns), and between which seconds of the zone's clock it was registered."""

    modified_ns: int
    earliest: int
    latest: int

    def is_shown_as(self, second: int) -> bool:
        kept = min(max(self.modified_ns // NANOSECONDS, EARLIEST), LATEST)
        return second == kept or self.earliest <= second <= self.latest


class OwnTimes:
    """The modify times that this mount caused, by path."""

    def __init__(self) -> None:
        self._times: LRUCache[str, OwnTime] = LRUCache(ENTRIES)

    def set(self, path: str, modified_ns: int) -> None:
        """The zone was told this time."""
        self._times[path] = OwnTime(modified_ns, LATEST + 1, LATEST)

    def happened(self, path: str, modified_ns: int, since: float) -> None:
        """The zone took its own time of a change of ours, between `since` (seconds since 1970) and now."""
        self._times[path] = OwnTime(modified_ns, int(since) - TOLERANCE, int(time.time()) + TOLERANCE)

    def refine(self, entry: Entry) -> Entry:
        """The entry that the zone answered, with our time where that is the same one."""
        known = self._times.get(entry.path)
        if known is None:
            return entry
        second = entry.modified_ns // NANOSECONDS
        if known.is_shown_as(second):
            known.earliest = known.latest = second
            entry.modified_ns = known.modified_ns
        else:
            del self._times[entry.path]
        return entry

    def registered_between(self, entry: Entry) -> tuple[int, int]:
        """The first and the last second that the zone may show as the modify time of an entry as it is known here."""
        known = self._times.get(entry.path)
        if known is not None and known.earliest <= known.latest:
            return known.earliest, known.latest
        second = min(max(entry.modified_ns // NANOSECONDS, EARLIEST), LATEST)
        return second, second

    def removed(self, path: str) -> None:
        self._times.pop(path, None)

    def moved(self, source: str, target: str, *, is_collection: bool) -> None:
        self._move(source, target)
        if is_collection:
            prefix = f"{source}/"
            for path in [path for path in self._times if path.startswith(prefix)]:
                self._move(path, target + path[len(source) :])

    def _move(self, source: str, target: str) -> None:
        known = self._times.pop(source, None)
        if known is not None:
            self._times[target] = known
