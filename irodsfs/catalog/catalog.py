"""Entries and listings with a time to live, corrected by what this mount changes itself.

Contract for concurrency: everything runs in one trio thread. A fetch that is under way when this mount changes
something would bring back what was; so changes are noted in a journal of each fetch and laid over its result.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import trio
from cachetools import TTLCache

from irodsfs.catalog.journal import Journal, Journals
from irodsfs.catalog.own_times import OwnTimes
from irodsfs.catalog.walk import Walk
from irodsfs.grid import namespace
from irodsfs.grid.namespace import Entry
from irodsfs.grid.zone import Zone
from irodsfs.metrics import LOOKUPS

ENTRIES = 300_000
"""How many entries are kept at the most, in listings and found alone."""

SIBLING_ROWS = 5_000
SUBTREE_ROWS = 50_000
"""How much may be fetched because it is likely to be asked for."""

LARGE_FOR = 600.0
"""Seconds for which a collection counts as too large to be listed for the sake of one name."""

NANOSECONDS = 1_000_000_000

TEMPORARY = ".irodsfs-"
"""How names begin that mounts give to entries for the moments of a rename."""

SIBLING_PATHS = 6_000
"""Characters that the paths in one condition may have: the server keeps them in a buffer of its own."""


class Listing(dict[str, Entry]):
    """What is in a collection, by name, as it was at a time of the catalog's clock."""

    def __init__(self, entries: Iterable[Entry], fetched_at: float) -> None:
        super().__init__((entry.name, entry) for entry in entries)
        self.fetched_at = fetched_at
        self.temporary = {name: entry for name, entry in self.items() if name.startswith(TEMPORARY)}

    def weight(self) -> int:
        return len(self) + 1

    def lay(self, name: str, entry: Entry | None) -> None:
        """An entry has changed, or (None) is gone."""
        if entry is None:
            self.pop(name, None)
            self.temporary.pop(name, None)
        else:
            self[name] = entry


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path, or that nothing is."""

    entry: Entry | None
    fetched_at: float


class Catalog:
    """The namespace of a zone. Paths are absolute and normalised; what is missing raises `FileNotFoundError`."""

    def __init__(
        self,
        zone: Zone,
        time_to_live: float,
        root: str = "/",
        *,
        posix: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_to_live` in seconds: how long something fetched is believed. Only what is in `root` is foreseen.

        Entries bring modes and link targets along when `posix` is true.
        """
        self._zone = zone
        self._posix = posix
        self._time_to_live = time_to_live
        self._clock = clock
        self._listings: TTLCache[str, Listing] = TTLCache(ENTRIES, time_to_live, clock, getsizeof=Listing.weight)
        self._found: TTLCache[str, Found] = TTLCache(ENTRIES, time_to_live, clock)
        self._large: TTLCache[str, None] = TTLCache(ENTRIES, LARGE_FOR, clock)
        self._walk = Walk(root, time_to_live, clock)
        self._journals = Journals()
        self._own_times = OwnTimes()
        self._unregistered: dict[str, Entry] = {}
        self._fetching: dict[str, trio.Event] = {}
        self.changes_elsewhere = 0
        """How often it was told that another client had changed something."""

    async def find(self, path: str) -> Entry:
        """The collection or data object at a path. At most one flight, none while what is known is fresh."""
        LOOKUPS.add("asked")
        entry = await self._find(path)
        if entry is None:
            raise FileNotFoundError(path)
        return entry

    async def children(self, path: str) -> Listing:
        """What is in a collection, by name. At most one flight."""
        LOOKUPS.add("asked")
        async with self._alone(path):
            listing = self._listings.get(path)
            return listing if listing is not None else await self._list_and_foresee(path)

    def temporary_in(self, path: str) -> list[Entry]:
        """What is known to have a temporary name in a collection."""
        listing = self._listings.get(path)
        return list(listing.temporary.values()) if listing is not None else []

    def small_objects(self, path: str, size: int) -> list[str]:
        """The names of what is known to be a data object of up to `size` bytes in a collection, in order."""
        listing: dict[str, Entry] = self._listings.get(path) or {}
        return sorted(name for name, entry in listing.items() if not entry.is_collection and entry.size <= size)

    async def refetch(self, path: str) -> Entry:
        """The entry as it is in the zone now."""
        self.forget(path)
        return await self.find(path)

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
        self._set(replace(entry, path=target), registered=registered)

    def is_registered(self, path: str) -> bool:
        """False for an entry that this mount made and has not brought into the zone yet."""
        return path not in self._unregistered

    def peek(self, path: str) -> Entry | None:
        """What is believed about a path without asking."""
        if path in self._unregistered:
            return self._unregistered[path]
        listing = self._listings.get(posixpath.dirname(path))
        if listing is not None:
            return listing.get(posixpath.basename(path))
        found = self._found.get(path)
        return found.entry if found else None

    def peek_children(self, path: str) -> Listing | None:
        """What is believed to be in a collection, without asking."""
        return self._listings.get(path)

    def forget(self, path: str) -> None:
        """Believe nothing of a path and of its parent's listing any more."""
        self._found.pop(path, None)
        self._listings.pop(path, None)
        self._listings.pop(posixpath.dirname(path), None)

    def changed_elsewhere(self, path: str) -> None:
        """Another client changed an entry: believe nothing of it and of what is below, nor what is being fetched."""
        self.changes_elsewhere += 1
        self._journals.note_changed_elsewhere()
        self.forget(path)
        self._forget_below(path.rstrip("/"))

    def _drop(self, path: str) -> None:
        self._unregistered.pop(path, None)
        self._listings.pop(path, None)
        self._own_times.removed(path)
        self._lay(path, None)

    def _set(self, entry: Entry, *, registered: bool) -> None:
        if registered:
            self._unregistered.pop(entry.path, None)
        else:
            self._unregistered[entry.path] = entry
        self._lay(entry.path, entry)

    def _entries_changed_in(self, path: str) -> None:
        now = namespace.now_ns()
        self._own_times.happened(path, now, now // NANOSECONDS)
        self.changed(path, modified_ns=now)

    async def _find(self, path: str) -> Entry | None:
        if path in self._unregistered:
            return self._unregistered[path]
        parent, name = posixpath.split(path)
        listing = self._listings.get(parent)
        found = self._found.get(path)
        if found is not None and (listing is None or not name):
            return found.entry
        # Whoever asks for one name in a collection will ask for more, and a small listing costs no more than one name.
        if listing is None and name and parent not in self._large:
            async with self._alone(parent):
                listing = self._listings.get(parent)
                if listing is None:
                    listing = await self._list_if_small(parent)
        if listing is not None and name:  # "/" has no name, and is in no listing
            return listing.get(name)
        async with self._alone(path):
            found = self._found.get(path)
            return found.entry if found else await self._find_one(path)

    async def _find_one(self, path: str) -> Entry | None:
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entry = await namespace.find(self._zone, path, posix=self._posix)
        if path in journal.changes:
            entry = journal.changes[path]
        elif entry is not None:
            entry = self._own_times.refine(entry)
        if not journal.changed_elsewhere:
            self._found[path] = Found(entry, asked_at)
        return entry

    async def _list_and_foresee(self, path: str) -> Listing:
        """List a collection, and with it what is likely to be listed next."""
        self._walk.listed(path)
        while (top := self._walk.top(path)) is not None:
            if await self._list_below(top) and (listing := self._listings.get(path)) is not None:
                return listing
            self._walk.is_too_large(top)
        if self._walk.goes_over_siblings(path) and (listing := await self._list_with_siblings(path)) is not None:
            return listing
        return await self._list(path)

    async def _list(self, path: str) -> Listing:
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entries = await namespace.list_collection(self._zone, path, posix=self._posix)
        return self._keep(path, entries, asked_at, journal)

    async def _list_if_small(self, path: str) -> Listing | None:
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entries = await namespace.list_small_collection(self._zone, path, posix=self._posix)
        if entries is None:
            self._large[path] = None
            return None
        return self._keep(path, entries, asked_at, journal)

    async def _list_with_siblings(self, path: str) -> Listing | None:
        paths = list(_up_to(SIBLING_PATHS, dict.fromkeys([path, *self._unlisted_siblings(path)])))
        if len(paths) == 1 or "'" in path:
            return None
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entries = await namespace.list_collections(self._zone, paths, SIBLING_ROWS, posix=self._posix)
        if entries is None or journal.moved_collections:
            return None
        self._keep_all(paths, entries, asked_at, journal)
        return self._listings.get(path)

    def _unlisted_siblings(self, path: str) -> list[str]:
        siblings = self._listings.get(posixpath.dirname(path), {}).values()
        collections = [sibling.path for sibling in siblings if sibling.is_collection and "'" not in sibling.path]
        return [sibling for sibling in collections if sibling not in self._listings]

    async def _list_below(self, top: str) -> bool:
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entries = await namespace.list_below(self._zone, top, SUBTREE_ROWS, posix=self._posix)
        if entries is None or journal.moved_collections:
            return False
        self._keep_all([entry.path for entry in entries if entry.is_collection], entries, asked_at, journal)
        return True

    def _keep_all(self, paths: list[str], entries: list[Entry], asked_at: float, journal: Journal) -> None:
        children: dict[str, list[Entry]] = {path: [] for path in paths}
        for entry in entries:
            children.setdefault(posixpath.dirname(entry.path), []).append(entry)
        for path in paths:
            self._keep(path, children[path], asked_at, journal)

    def _keep(self, path: str, entries: Iterable[Entry], asked_at: float, journal: Journal) -> Listing:
        fetched = (entry for entry in entries if entry.path not in journal.changes)
        listing = Listing(map(self._own_times.refine, fetched), asked_at)
        for changed, entry in {**self._unregistered, **journal.changes}.items():
            if posixpath.dirname(changed) == path:
                listing.lay(posixpath.basename(changed), entry)
        if listing.weight() <= self._listings.maxsize and not journal.changed_elsewhere:
            self._listings[path] = listing
        return listing

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
        self._journals.note(path, entry)
        listing = self._listings.get(parent)
        if listing is not None:
            listing.lay(name, entry)

    def _move_unregistered_below(self, source: str, target: str) -> None:
        for path in [path for path in self._unregistered if path.startswith(f"{source}/")]:
            entry = self._unregistered.pop(path)
            self._set(replace(entry, path=target + path[len(source) :]), registered=False)

    def _forget_below(self, path: str) -> None:
        for known in (self._found, self._listings):
            for below in [key for key in known if key.startswith(f"{path}/")]:
                known.pop(below, None)


def _up_to(characters: int, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        characters -= len(path.encode())
        if characters < 0:
            return
        yield path
