"""What is in a collection: as it was at one time, as it arrives, and as a reader takes it in order."""

from __future__ import annotations

import math
from collections.abc import Iterable

import trio

from irodsfs.grid.catalog_entries import Entry
from irodsfs.slices import in_order

TEMPORARY = ".irodsfs-"
"""How names begin that mounts give to entries for the moments of a rename."""

BATCH = 512
"""Names that a reader gets at a time, at the most."""


class Listing(dict[str, Entry]):
    """What is in a collection, by name, as it was at a time of the catalog's clock."""

    def __init__(self, entries: Iterable[Entry], fetched_at: float) -> None:
        super().__init__()
        self.fetched_at = fetched_at
        self.temporary: dict[str, Entry] = {}
        for entry in entries:
            self.add(entry.name, entry)

    def weight(self) -> int:
        return len(self) + 1

    def add(self, name: str, entry: Entry) -> None:
        """The zone has answered this entry."""
        self[name] = entry
        if name.startswith(TEMPORARY):
            self.temporary[name] = entry

    def lay(self, name: str, entry: Entry | None) -> None:
        """This mount has changed an entry, or (None) it is gone."""
        if entry is None:
            self.pop(name, None)
            self.temporary.pop(name, None)
        else:
            self[name] = entry


class Arriving:
    """A listing of which pages are on their way, for all who wait for them; given up when nobody does any more."""

    def __init__(self, fetched_at: float) -> None:
        self.listing = Listing([], fetched_at)
        self.names: list[str] = []
        """In the order of their arrival; what is temporary is left out."""
        self.scope = trio.CancelScope()
        """In which the pages are fetched."""
        self.readers = 0
        self.askers = 0
        """Who waits for one name."""
        self.wanted_until = -math.inf
        """Until when, by the catalog's clock, it goes on for the sake of names that may be asked for next."""
        self.is_slow = False
        """Whether a name did not come in time: those that have not come are to be found otherwise."""
        self.has_ended = False
        self._failure: Exception | None = None
        self._news = trio.lowlevel.ParkingLot()

    def add(self, entries: Iterable[Entry], *, more: bool) -> None:
        """A page has arrived; without `more` it is the last one, and `end` follows.

        What is known already may be part of it, when a broken line made it start again.
        """
        for entry in entries:
            name = entry.name
            if name not in self.listing:
                self.listing.add(name, entry)
                if name not in self.listing.temporary:
                    self.names.append(name)
        if more:
            self._tell()

    def lay(self, changed: Iterable[tuple[str, Entry | None]]) -> None:
        """Names that this mount has changed in the meantime, with their entries; None for what is gone."""
        shown: set[str] | None = None
        for name, entry in changed:
            self.listing.lay(name, entry)
            shown = set(self.names) if shown is None else shown
            if entry is not None and name not in shown and name not in self.listing.temporary:
                self.names.append(name)

    def end(self, failure: Exception | None = None) -> None:
        """Nothing more will come, because that was all, or because of a failure."""
        self.has_ended = True
        self._failure = failure
        self._tell()

    async def more_than(self, count: int) -> None:
        """Wait for more names than `count`, or the end. Raises what prevented the end."""
        while len(self.names) <= count and not self.has_ended:
            await self._news.park()
        if len(self.names) <= count and self._failure is not None:
            raise self._failure

    async def find(self, name: str) -> Entry | None:
        """What has this name, as soon as that is known. Raises what prevented it."""
        seen = 0
        while name not in self.listing and (not self.has_ended or self._failure is not None):
            await self.more_than(seen)
            seen = len(self.names)
        return self.listing.get(name)

    def _tell(self) -> None:
        self._news.unpark_all()


class Reading:
    """A collection's names in order, for one reader: those that have arrived, and those that will."""

    def __init__(self, path: str, listing: Listing, arriving: Arriving | None = None) -> None:
        self.path = path
        self.listing = listing
        self.arriving = arriving
        self._names = _shown(listing) if arriving is None else arriving.names
        self._is_sorted = arriving is not None

    async def names(self, start: int) -> list[str]:
        """The next names after the first `start` ones; none at the end. Raises what prevented that it was reached."""
        if self.arriving is not None:
            await self.arriving.more_than(start)
        if not self._is_sorted:
            # As the shell, too, puts them. Those who come meanwhile get the same: what is sorted does not change.
            self._names, self._is_sorted = await in_order(self._names), True
        return self._names[start : start + BATCH]

    @property
    def count(self) -> int:
        """How many names there are until now."""
        return len(self._names)

    def moved(self, source: str, target: str) -> None:
        """A collection has another path now."""
        if f"{self.path}/".startswith(f"{source}/"):
            self.path = target + self.path[len(source) :]


def _shown(listing: Listing) -> list[str]:
    """The names in a listing but for what is temporary."""
    return [name for name in listing if name not in listing.temporary] if listing.temporary else list(listing)
