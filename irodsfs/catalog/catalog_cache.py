"""The cache of the namespace: entries and listings with a time to live, corrected by what this mount changes.

Contract for concurrency: everything runs in one trio thread. A fetch that is under way when this mount changes
something would bring back what was; so changes are noted in a journal of each fetch and laid over its result.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TTLCache

from irodsfs.catalog.journal import Journal, Journals
from irodsfs.catalog.listing import Arriving, Listing, Reading
from irodsfs.catalog.own_times import OwnTimes
from irodsfs.grid import catalog_entries
from irodsfs.grid.catalog_entries import NANOSECONDS, Entry
from irodsfs.slices import SORTED_AT_ONCE, in_order, slices

ENTRIES = 300_000
"""How many entries are kept at the most, in listings and found alone."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path, or that nothing is."""

    entry: Entry | None
    fetched_at: float


class CatalogCache:
    """What is known without asking the zone. Paths are absolute and normalised."""

    def __init__(self, time_to_live: float, clock: Callable[[], float]) -> None:
        """`time_to_live` in seconds: how long something fetched is cached."""
        self._time_to_live = time_to_live
        self._clock = clock
        self._listings: TTLCache[str, Listing] = TTLCache(ENTRIES, time_to_live, clock, getsizeof=Listing.weight)
        self._found: TTLCache[str, Found] = TTLCache(ENTRIES, time_to_live, clock)
        self._arriving: dict[str, Arriving] = {}
        self._readings: list[Reading] = []
        self._unregistered: dict[str, Entry] = {}
        self._journals = Journals()
        self._own_times = OwnTimes()
        self.changes_elsewhere = 0
        """How often it was told that another client had changed something."""

    def valid_for(self, fetched_at: float) -> float:
        """Seconds for which something that was fetched is still valid."""
        return max(0.0, fetched_at + self._time_to_live - self._clock())

    def fresh_for(self, path: str) -> float:
        """Seconds for which what is cached of a path is still valid."""
        listing = self._listing_with(path)
        found = self._found.get(path)
        fetched = [known.fetched_at for known in (listing, found) if known is not None]
        return self.valid_for(max(fetched)) if fetched else 0.0

    def temporary_in(self, path: str) -> list[Entry]:
        """What is known to have a temporary name in a collection."""
        listing = self._listings.get(path)
        return list(listing.temporary.values()) if listing is not None else []

    async def small_objects(self, path: str, size: int) -> list[str]:
        """The names of what is known to be a data object of up to `size` bytes in a collection, in order.

        Asks nobody, but where there are very many it lets others run meanwhile.
        """
        listing: dict[str, Entry] = self._listings.get(path) or {}
        if len(listing) <= SORTED_AT_ONCE:
            return sorted(name for name, entry in listing.items() if _is_small(entry, size))
        return await in_order(
            [name async for some in slices(list(listing.items())) for name, entry in some if _is_small(entry, size)]
        )

    def is_registered(self, path: str) -> bool:
        """False for an entry that this mount made and has not brought into the zone yet."""
        return path not in self._unregistered

    def brings_into(self, path: str) -> bool:
        """Whether this mount has made something in a collection that is not in the zone yet."""
        return any(posixpath.dirname(made) == path for made in self._unregistered)

    def peek(self, path: str) -> Entry | None:
        """What is cached of a path."""
        if path in self._unregistered:
            return self._unregistered[path]
        listing = self._listing_with(path)
        if listing is not None:
            return listing.get(posixpath.basename(path))
        found = self._found.get(path)
        return found.entry if found else None

    def resources_at(self, path: str) -> tuple[int, ...]:
        """The ids of the resources with a good replica of a data object, as far as they are known."""
        entry = self.peek(path)
        return entry.resources if entry is not None else ()

    def peek_children(self, path: str) -> Listing | None:
        """What is cached of what is in a collection."""
        return self._listings.get(path)

    def added(self, entry: Entry, *, registered: bool = True) -> None:
        """This mount made an entry; one not `registered` is in no listing of the zone yet."""
        self._own_times.happened(entry.path, entry.modified_ns, entry.modified_ns // NANOSECONDS)
        self._set(entry, registered=registered)
        self._entries_changed_in(posixpath.dirname(entry.path))

    def added_collection(self, entry: Entry) -> None:
        """This mount made a collection, so what is in it is known: nothing."""
        self.added(entry)
        self._listings[entry.path] = Listing([], self._clock())

    def changed(self, path: str, **fields: Any) -> None:
        """Fields of an entry have changed."""
        known = self.peek(path)
        if known is not None:
            self._set(replace(known, **fields), registered=path not in self._unregistered)

    def written(self, path: str, size: int, modified_ns: int, since: float) -> None:
        """This mount changed the content of a data object, and began that at `since` (seconds since 1970)."""
        self._own_times.happened(path, modified_ns, since)
        self.changed(path, size=size, modified_ns=modified_ns, checksum="")
        if path in self._unregistered:
            self._set(self._unregistered[path], registered=True)
            self._entries_changed_in(posixpath.dirname(path))

    def dated(self, path: str, modified_ns: int) -> None:
        """This mount set a modify time."""
        self._own_times.set(path, modified_ns)
        self.changed(path, modified_ns=modified_ns)

    def removed(self, path: str) -> None:
        """This mount removed an entry."""
        self._drop(path)
        self._entries_changed_in(posixpath.dirname(path))

    def moved(self, source: str, target: str) -> None:
        """This mount renamed an entry."""
        entry = self.peek(source)
        registered = source not in self._unregistered
        self._drop(target)
        self._own_times.moved(source, target, is_collection=entry is None or entry.is_collection)
        self._drop(source)
        for parent in {posixpath.dirname(source), posixpath.dirname(target)}:
            self._entries_changed_in(parent)
        if entry is None:
            self.forget(target)
            return
        if entry.is_collection:
            self._journals.note_moved_collection()
            self._forget_below(source)
            self._forget_below(target)
            self._move_unregistered_below(source, target)
            for reading in self._readings:
                reading.moved(source, target)
        self._set(replace(entry, path=target), registered=registered)

    def forget(self, path: str) -> None:
        """Drop what is cached of a path, and its parent's listing."""
        self._found.pop(path, None)
        for listed in (path, posixpath.dirname(path)):
            self._listings.pop(listed, None)
            self._arriving.pop(listed, None)

    def registered_between(self, entry: Entry) -> tuple[int, int]:
        """The first and the last second that the zone may show as the modify time of an entry as it is known here."""
        return self._own_times.registered_between(entry)

    def forget_unregistered(self, path: str) -> None:
        """An entry that this mount added will not come into the zone."""
        if self._unregistered.pop(path, None) is not None:
            self.forget(path)

    def changed_elsewhere(self, path: str) -> None:
        """Another client changed an entry: drop it, what is below, and what is being fetched."""
        self.changes_elsewhere += 1
        self._journals.note_changed_elsewhere()
        self.forget(path)
        self._forget_below(path.rstrip("/"))

    def _correct(self, path: str, entry: Entry | None) -> None:
        """The zone has told what is at a path now."""
        known = self.peek(path)
        if known is not None and not (entry is not None and known.is_same(entry)):
            self._listings.pop(path, None)
            self._arriving.pop(path, None)
            self._forget_below(path)
        self._lay(path, entry)

    def _listing_with(self, path: str) -> Listing | None:
        """The listing in which a path is, or is missing; of what is arriving only what has arrived."""
        parent, name = posixpath.split(path)
        if not name:  # "/" has no name, and is in no listing
            return None
        arriving = self._arriving.get(parent)
        if arriving is not None and name in arriving.listing:
            return arriving.listing
        return self._listings.get(parent)

    def _keep_fetched(self, path: str, entries: Iterable[Entry], asked_at: float, journal: Journal) -> Listing:
        listing = Listing([], asked_at)
        for entry in self._unchanged(entries, journal):
            listing.add(entry.name, entry)
        for name, changed in self._changed_in(path, journal):
            listing.lay(name, changed)
        self._keep(path, listing, journal)
        return listing

    def _keep(self, path: str, listing: Listing, journal: Journal) -> None:
        if listing.weight() <= self._listings.maxsize and not journal.changed_elsewhere:
            self._listings[path] = listing

    def _unchanged(self, entries: Iterable[Entry], journal: Journal) -> Iterator[Entry]:
        """What this mount has not changed since it was asked for."""
        return map(self._own_times.refine, (entry for entry in entries if entry.path not in journal.changes))

    def _changed_in(self, path: str, journal: Journal) -> Iterator[tuple[str, Entry | None]]:
        for changed, entry in {**self._unregistered, **journal.changes}.items():
            if posixpath.dirname(changed) == path:
                yield posixpath.basename(changed), entry

    def _drop(self, path: str) -> None:
        self._unregistered.pop(path, None)
        self._listings.pop(path, None)
        self._arriving.pop(path, None)
        self._own_times.removed(path)
        self._lay(path, None)

    def _set(self, entry: Entry, *, registered: bool) -> None:
        if registered:
            self._unregistered.pop(entry.path, None)
        else:
            self._unregistered[entry.path] = entry
        self._lay(entry.path, entry)

    def _entries_changed_in(self, path: str) -> None:
        now = catalog_entries.now_ns()
        self._own_times.happened(path, now, now // NANOSECONDS)
        self.changed(path, modified_ns=now)

    def _lay(self, path: str, entry: Entry | None) -> None:
        parent, name = posixpath.split(path)
        self._found[path] = Found(entry, self._clock())
        self._journals.note(path, entry)
        listings = [self._listings.get(parent), *(each.listing for each in self._readings if each.path == parent)]
        if (arriving := self._arriving.get(parent)) is not None:
            listings.append(arriving.listing)
        for listing in listings:
            if listing is not None:
                listing.lay(name, entry)

    def _move_unregistered_below(self, source: str, target: str) -> None:
        for path in [path for path in self._unregistered if path.startswith(f"{source}/")]:
            entry = self._unregistered.pop(path)
            self._set(replace(entry, path=target + path[len(source) :]), registered=False)

    def _forget_below(self, path: str) -> None:
        for known in (self._found, self._listings, self._arriving):
            for below in [key for key in known if key.startswith(f"{path}/")]:
                known.pop(below, None)


def _is_small(entry: Entry, size: int) -> bool:
    return not entry.is_collection and entry.size <= size
