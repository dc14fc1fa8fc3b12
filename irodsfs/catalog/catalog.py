"""Entries and listings with a time to live, corrected by what this mount changes itself.

Contract for concurrency: everything runs in one trio thread. A fetch that is under way when this mount changes
something would bring back what was; so changes are noted in the overlay of each fetch and laid over its result.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import trio
from cachetools import TTLCache

from irodsfs.grid import namespace
from irodsfs.grid.namespace import Entry
from irodsfs.grid.zone import Zone

LISTINGS = 10_000
ENTRIES = 100_000
"""How many listings and single entries are kept at the most."""

Overlay = dict[str, Entry | None]


class Listing(dict[str, Entry]):
    """What is in a collection, by name, as it was at a time of the catalog's clock."""

    def __init__(self, entries: Iterable[Entry], fetched_at: float) -> None:
        super().__init__((entry.name, entry) for entry in entries)
        self.fetched_at = fetched_at


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path, or that nothing is."""

    entry: Entry | None
    fetched_at: float


class Catalog:
    """The namespace of a zone. Paths are absolute and normalised; what is missing raises `FileNotFoundError`."""

    def __init__(self, zone: Zone, time_to_live: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`time_to_live` in seconds: how long something fetched is believed."""
        self._zone = zone
        self._time_to_live = time_to_live
        self._clock = clock
        self._listings: TTLCache[str, Listing] = TTLCache(LISTINGS, time_to_live, clock)
        self._found: TTLCache[str, Found] = TTLCache(ENTRIES, time_to_live, clock)
        self._asked: TTLCache[str, None] = TTLCache(ENTRIES, time_to_live, clock)
        self._unregistered: dict[str, Entry] = {}
        self._overlays: dict[str, list[Overlay]] = {}
        self._fetching: dict[str, trio.Event] = {}

    async def find(self, path: str) -> Entry:
        """The collection or data object at a path. At most one flight, none while what is known is fresh."""
        entry = await self._find(path)
        if entry is None:
            raise FileNotFoundError(path)
        return entry

    async def children(self, path: str) -> Listing:
        """What is in a collection, by name. At most one flight."""
        async with self._alone(path):
            listing = self._listings.get(path)
            return listing if listing is not None else await self._list(path)

    async def refetch(self, path: str) -> Entry:
        """The entry as it is in the zone now."""
        self.forget(path)
        return await self.find(path)

    def added(self, entry: Entry, *, registered: bool = True) -> None:
        """This mount made or changed an entry; one not `registered` is in no listing of the zone yet."""
        if registered:
            self._unregistered.pop(entry.path, None)
        else:
            self._unregistered[entry.path] = entry
        self._lay(entry.path, entry)

    def added_collection(self, entry: Entry) -> None:
        """This mount made a collection, so what is in it is known: nothing."""
        self.added(entry)
        self._listings[entry.path] = Listing([], self._clock())

    def changed(self, path: str, **fields: Any) -> None:
        """This mount changed fields of an entry."""
        known = self.peek(path)
        if known is not None:
            self.added(replace(known, **fields), registered=path not in self._unregistered)

    def registered(self, path: str) -> None:
        """An entry that this mount added is in the zone now."""
        if path in self._unregistered:
            self.added(self._unregistered[path])

    def forget_unregistered(self, path: str) -> None:
        """An entry that this mount added will not come into the zone."""
        if self._unregistered.pop(path, None) is not None:
            self.forget(path)

    def fresh_for(self, path: str) -> float:
        """Seconds for which what is known about a path may still be believed."""
        listing = self._listings.get(posixpath.dirname(path))
        found = self._found.get(path)
        fetched = [known.fetched_at for known in (listing, found) if known is not None]
        return max(0.0, max(fetched) + self._time_to_live - self._clock()) if fetched else 0.0

    def removed(self, path: str) -> None:
        """This mount removed an entry."""
        self._unregistered.pop(path, None)
        self._listings.pop(path, None)
        self._lay(path, None)

    def moved(self, source: str, target: str) -> None:
        """This mount renamed an entry."""
        entry = self.peek(source)
        registered = source not in self._unregistered
        self.removed(source)
        self.removed(target)
        if entry is None:
            self.forget(target)
            return
        if entry.is_collection:
            self._forget_below(source)
            self._forget_below(target)
            self._move_unregistered_below(source, target)
        self.added(replace(entry, path=target), registered=registered)

    def peek(self, path: str) -> Entry | None:
        """What is believed about a path without asking."""
        if path in self._unregistered:
            return self._unregistered[path]
        listing = self._listings.get(posixpath.dirname(path))
        if listing is not None:
            return listing.get(posixpath.basename(path))
        found = self._found.get(path)
        return found.entry if found else None

    def forget(self, path: str) -> None:
        """Believe nothing of a path and of its parent's listing any more."""
        self._found.pop(path, None)
        self._listings.pop(path, None)
        self._listings.pop(posixpath.dirname(path), None)

    async def _find(self, path: str) -> Entry | None:
        if path in self._unregistered:
            return self._unregistered[path]
        parent, name = posixpath.split(path)
        listing = self._listings.get(parent)
        found = self._found.get(path)
        if listing is None and found is not None:
            return found.entry
        # Whoever asks for a second name in a collection will ask for more: then one listing answers them all.
        if listing is None and parent in self._asked:
            listing = await self.children(parent)
        if listing is not None:
            return listing.get(name)
        self._asked[parent] = None
        async with self._alone(path):
            found = self._found.get(path)
            return found.entry if found else await self._find_one(path)

    async def _find_one(self, path: str) -> Entry | None:
        asked_at = self._clock()
        with self.changes_in(posixpath.dirname(path)) as overlay:
            entry = await namespace.find(self._zone, path)
        entry = overlay.get(posixpath.basename(path), entry)
        self._found[path] = Found(entry, asked_at)
        return entry

    async def _list(self, path: str) -> Listing:
        asked_at = self._clock()
        with self.changes_in(path) as overlay:
            listing = Listing(await namespace.list_collection(self._zone, path), asked_at)
        for unregistered in self._unregistered.values():
            if posixpath.dirname(unregistered.path) == path:
                overlay[unregistered.name] = unregistered
        for name, entry in overlay.items():
            _lay(listing, name, entry)
        self._listings[path] = listing
        return listing

    @contextmanager
    def changes_in(self, collection: str) -> Iterator[Overlay]:
        """What this mount changes in a collection during the block, by name; None for what it removes."""
        overlay: Overlay = {}
        overlays = self._overlays.setdefault(collection, [])
        overlays.append(overlay)
        try:
            yield overlay
        finally:
            overlays.remove(overlay)
            if not overlays:
                self._overlays.pop(collection, None)

    @asynccontextmanager
    async def _alone(self, path: str) -> AsyncIterator[None]:
        """One fetch per path at a time; who comes second finds what the first one brought."""
        while path in self._fetching:
            await self._fetching[path].wait()
        self._fetching[path] = trio.Event()
        try:
            yield
        finally:
            self._fetching.pop(path).set()

    def _lay(self, path: str, entry: Entry | None) -> None:
        parent, name = posixpath.split(path)
        self._found[path] = Found(entry, self._clock())
        for overlay in self._overlays.get(parent, ()):
            overlay[name] = entry
        listing = self._listings.get(parent)
        if listing is not None:
            _lay(listing, name, entry)

    def _move_unregistered_below(self, source: str, target: str) -> None:
        for path in [path for path in self._unregistered if path.startswith(f"{source}/")]:
            entry = self._unregistered.pop(path)
            self.added(replace(entry, path=target + path[len(source) :]), registered=False)

    def _forget_below(self, path: str) -> None:
        for known in (self._found, self._listings):
            for below in [key for key in known if key.startswith(f"{path}/")]:
                known.pop(below, None)


def _lay(listing: dict[str, Entry], name: str, entry: Entry | None) -> None:
    if entry is None:
        listing.pop(name, None)
    else:
        listing[name] = entry
