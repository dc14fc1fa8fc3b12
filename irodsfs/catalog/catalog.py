"""The namespace of a zone as a mount sees it: what is cached, and what is asked for where nothing is."""

from __future__ import annotations

import itertools
import posixpath
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager
from functools import partial

import trio
from cachetools import TTLCache

from irodsfs.catalog.catalog_cache import ENTRIES, CatalogCache, Found
from irodsfs.catalog.journal import Journal
from irodsfs.catalog.listing import Arriving, Listing, Reading
from irodsfs.catalog.walk import Walk
from irodsfs.grid import catalog_entries
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.queries import FIRST_PAGE_ROWS
from irodsfs.grid.retrying import retrying
from irodsfs.grid.zone import Zone
from irodsfs.metrics import LOOKUPS
from irodsfs.slices import Turns, slices

SIBLING_ROWS = 5_000
SUBTREE_ROWS = 50_000
"""How much may be fetched because it is likely to be asked for."""

LARGE_FOR = 600.0
"""Seconds for which a collection counts as too large to be listed for the sake of one name."""

SIBLINGS, SUBTREE = "siblings", "subtree"
"""What may be fetched at a time beside one entry or one listing."""

MANY_NAMES = 16
"""Names asked for in a large collection, one by one, that make it likely that all will be asked for."""


class Catalog(CatalogCache):
    """Finds and lists. What is missing raises `FileNotFoundError`."""

    def __init__(
        self,
        zone: Zone,
        time_to_live: float,
        root: str = "/",
        *,
        posix: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_to_live` in seconds: how long something fetched is cached. Only what is in `root` is foreseen.

        Entries bring modes and link targets along when `posix` is true.
        """
        super().__init__(time_to_live, clock)
        self._zone = zone
        self._posix = posix
        self._large: TTLCache[str, int] = TTLCache(ENTRIES, LARGE_FOR, clock)
        """How many entries collections have that are too large for one flight, at least."""
        self._names_asked: TTLCache[str, int] = TTLCache(ENTRIES, time_to_live, clock)
        self._walk = Walk(root, time_to_live, clock)
        self._fetching: dict[tuple[str, str], trio.Event] = {}

    @property
    def zone_is_away(self) -> bool:
        """True when no zone was there the last time that it was wanted."""
        return self._zone.pool.logins.is_away

    async def find(self, path: str) -> Entry:
        """The collection or data object at a path. At most one flight, none while what is known is fresh."""
        entry = await self.find_if_there(path)
        if entry is None:
            raise FileNotFoundError(path)
        return entry

    async def find_if_there(self, path: str) -> Entry | None:
        """As `find`; None for what is missing."""
        LOOKUPS.add("asked")
        return await self._find(path)

    async def find_now(self, path: str) -> Entry | None:
        """What the zone has at a path at this moment, for what acts on it. One flight; the cache is corrected."""
        if path in self._unregistered:
            return self._unregistered[path]
        async with self._alone(path):
            entry = await self._find_one(path)
        self._correct(path, entry)
        return entry

    async def read(self, path: str) -> Reading:
        """What is in a collection, for a reader who is `finished` some time. Waits for one flight at the most.

        The rest of a large collection goes on arriving after that.
        """
        LOOKUPS.add("asked")
        async with self._alone(path):
            listing, arriving = self._listings.get(path), self._arriving.get(path)
            if listing is not None:
                reading = Reading(path, listing)
            elif arriving is not None:
                arriving.readers += 1
                reading = Reading(path, arriving.listing, arriving)
            else:
                reading = await self._list_and_foresee(path)
        self._readings.append(reading)
        return reading

    def finished(self, reading: Reading) -> None:
        """A reader wants no more. What is still arriving is given up when nobody else waits for it."""
        self._readings.remove(reading)
        if reading.arriving is not None:
            self._left(reading.path, reading.arriving)

    async def is_empty(self, path: str) -> bool:
        """Whether nothing is in a collection. At most one flight."""
        reading = await self.read(path)
        try:
            return not (await reading.names(0) or reading.listing)
        finally:
            self.finished(reading)

    async def refetch(self, path: str) -> Entry:
        """The entry as it is in the zone now."""
        self.forget(path)
        return await self.find(path)

    async def _find(self, path: str) -> Entry | None:
        if path in self._unregistered:
            return self._unregistered[path]
        parent, name = posixpath.split(path)
        listing = self._listing_with(path)
        if listing is None and (found := self._found.get(path)) is not None:
            return found.entry
        if listing is None and name:
            # Whoever asks for one name will ask for more, and a small listing costs no more than one name.
            listing = await self._zone.beside(f"the listing of {parent}", partial(self._list_around, path))
        if listing is not None:
            return listing.get(name)
        async with self._alone(path):
            found = self._found.get(path)
            return found.entry if found else await self._find_one(path)

    async def _list_around(self, path: str) -> Listing | None:
        """The listing in which a path is, or is missing; None when that is too large to be brought for one name."""
        parent = posixpath.dirname(path)
        goes_on = self._walk.goes_on_in(parent)
        if goes_on or parent not in self._large:
            async with self._alone(parent):
                listing = self._listing_with(path)
                if listing is None and goes_on:
                    listing = await self._list_in_subtree(parent)
                if listing is None and parent not in self._large:
                    listing = await self._list_if_small(parent)
            if listing is not None:
                return listing
        return await self._list_large(path)

    async def _list_large(self, path: str) -> Listing | None:
        """The listing of a large collection with the name that is asked for, once many are, one by one."""
        parent, name = posixpath.split(path)
        asked = self._names_asked[parent] = self._names_asked.get(parent, 0) + 1  # kept for no time with timeout 0
        if asked < MANY_NAMES or self._large.get(parent, 0) > ENTRIES:
            return None
        arriving = self._arriving.get(parent) or self._arrive(parent)
        # It goes on for the sake of the names that will be asked for next, so each of them is fetched once.
        arriving.wanted_until = self._clock() + self._time_to_live
        if arriving.is_slow:
            return None
        arriving.askers += 1
        try:
            await arriving.find(name)
        except Exception:
            self._large[parent] = ENTRIES + 1
            raise
        except BaseException:
            arriving.is_slow = True
            raise
        finally:
            arriving.askers -= 1
            self._give_up_unwanted(parent, arriving)
        return arriving.listing

    async def _ask(self, path: str) -> Entry | None:
        return await catalog_entries.find(self._zone, path, posix=self._posix)

    async def _find_one(self, path: str) -> Entry | None:
        asked_at = self._clock()
        with self._journals.opened() as journal:
            entry = await self._ask(path)
        if path in journal.changes:
            entry = journal.changes[path]
        elif entry is not None:
            entry = self._own_times.refine(entry)
        if not journal.changed_elsewhere:
            self._found[path] = Found(entry, asked_at)
        return entry

    async def _list_and_foresee(self, path: str) -> Reading:
        """List a collection, and with it what is likely to be listed next."""
        self._walk.listed(path)
        listing = await self._zone.beside(f"what is around {path}", partial(self._foresee, path))
        return Reading(path, listing) if listing is not None else await self._list(path)

    async def _foresee(self, path: str) -> Listing | None:
        """List a collection with others that are likely to be listed next; None when there are none to be listed."""
        listing = await self._list_in_subtree(path)
        if listing is None and self._walk.goes_over_siblings(path):
            async with self._alone(posixpath.dirname(path), SIBLINGS):
                listing = self._listings.get(path)
                if listing is None:
                    listing = await self._list_with_siblings(path)
        return listing

    async def _list_in_subtree(self, path: str) -> Listing | None:
        """List a collection with the whole subtree of one above it, when that is walked and small enough."""
        while (top := self._walk.top(path)) is not None:
            async with self._alone(top, SUBTREE):
                if path not in self._listings:
                    await self._list_below(top)
                listing = self._listings.get(path)
                if listing is not None:
                    return listing
            self._walk.is_too_large(top)
        return None

    async def _list(self, path: str) -> Reading:
        arriving = self._arrive(path)
        arriving.readers += 1
        try:
            await arriving.more_than(0)
        except BaseException:
            self._left(path, arriving)
            raise
        if arriving.has_ended:
            return Reading(path, arriving.listing)
        self._large[path] = FIRST_PAGE_ROWS
        return Reading(path, arriving.listing, arriving)

    def _arrive(self, path: str) -> Arriving:
        """Begin to list a collection, for whoever says before the next checkpoint that it is wanted."""
        self._listings.expire()  # makes room
        arriving = self._arriving[path] = Arriving(self._clock())
        at_end = partial(self._end, path, arriving)
        self._zone.background.start_soon(self._bring, path, arriving, at_end=at_end)
        return arriving

    async def _bring(self, path: str, arriving: Arriving) -> None:
        try:
            with arriving.scope, self._journals.opened() as journal:
                async for attempt in retrying():
                    with attempt:
                        await self._receive(path, arriving, journal)
                arriving.lay(self._changed_in(path, journal))
                if self._arriving.get(path) is arriving:
                    self._keep(path, arriving.listing, journal)
                if path in self._large:
                    self._large[path] = arriving.listing.weight()
                arriving.end()
        except Exception as error:  # whoever waits for it is told
            arriving.end(error)

    def _end(self, path: str, arriving: Arriving) -> None:
        if self._arriving.get(path) is arriving:
            del self._arriving[path]
        if not arriving.has_ended:
            arriving.end(ZoneUnreachable(f"the listing of {path} was given up"))

    async def _receive(self, path: str, arriving: Arriving, journal: Journal) -> None:
        async with aclosing(catalog_entries.list_collection(self._zone, path, posix=self._posix)) as pages:
            async for entries, more in pages:
                async for some in slices(entries):
                    # What this mount changes meanwhile is in the journal, and laid over all of it in the end.
                    arriving.add(self._unchanged(some, journal), more=more)
                if more:
                    self._give_up_unwanted(path, arriving)

    def _left(self, path: str, arriving: Arriving) -> None:
        arriving.readers -= 1
        self._give_up_unwanted(path, arriving)

    def _give_up_unwanted(self, path: str, arriving: Arriving) -> None:
        if arriving.has_ended or arriving.readers:
            return
        is_current = self._arriving.get(path) is arriving
        goes_on = arriving.askers or (is_current and self._clock() < arriving.wanted_until)
        entries = arriving.listing.weight()
        if goes_on and entries <= ENTRIES:
            return
        if entries > ENTRIES:  # more is not kept anyway
            self._large[path] = entries
        arriving.scope.cancel()
        if is_current:
            del self._arriving[path]

    async def _list_if_small(self, path: str) -> Listing | None:
        asked_at = self._clock()
        entries = None
        try:
            with self._journals.opened() as journal:
                entries = await catalog_entries.list_small_collection(self._zone, path, posix=self._posix)
        finally:
            if entries is None:
                self._large[path] = FIRST_PAGE_ROWS
        return None if entries is None else self._keep_fetched(path, entries, asked_at, journal)

    async def _list_with_siblings(self, path: str) -> Listing | None:
        room = self._walk.siblings(path) - len(path.encode())
        paths = [path, *_up_to(room, self._unlisted_siblings(path))]
        if len(paths) == 1 or "'" in path:
            return None
        asked_at = self._clock()
        entries = None
        with self._journals.opened() as journal:
            try:
                entries = await catalog_entries.list_collections(self._zone, paths, SIBLING_ROWS, posix=self._posix)
            finally:
                if entries is None:
                    self._walk.too_many_siblings(path)
            if entries is None or journal.moved_collections:
                return None
            await self._keep_all(paths, entries, asked_at, journal)
        return self._listings.get(path)

    def _unlisted_siblings(self, path: str) -> Iterator[str]:
        """Collections beside one, those first that come after it in the order of a walk."""
        siblings = list(self._listings.get(posixpath.dirname(path), {}).values())
        own = next((number for number, sibling in enumerate(siblings) if sibling.path == path), 0)
        for sibling in itertools.chain(siblings[own + 1 :], siblings[:own]):
            path = sibling.path
            if sibling.is_collection and "'" not in path and path not in self._listings and path not in self._large:
                yield path

    async def _list_below(self, top: str) -> None:
        asked_at = self._clock()
        entries = None
        with self._journals.opened() as journal:
            try:
                entries = await catalog_entries.list_below(self._zone, top, SUBTREE_ROWS, posix=self._posix)
            finally:
                if entries is None:
                    self._walk.is_too_large(top)
            if entries is not None and not journal.moved_collections:
                paths = [entry.path for entry in entries if entry.is_collection]
                await self._keep_all(paths, entries, asked_at, journal)
                self._walk.fetched(top)

    async def _keep_all(self, paths: list[str], entries: list[Entry], asked_at: float, journal: Journal) -> None:
        """Keep the listings of `paths`, in slices: what is changed meanwhile is in the journal, which is open still."""
        children: dict[str, list[Entry]] = {path: [] for path in paths}
        async for some in slices(entries):
            for entry in some:
                children.setdefault(posixpath.dirname(entry.path), []).append(entry)
        turns = Turns()
        for path in paths:
            if journal.moved_collections:
                return  # these may have other paths now
            self._keep_fetched(path, children[path], asked_at, journal)
            await turns.after(1 + len(children[path]))

    @asynccontextmanager
    async def _alone(self, path: str, extent: str = "") -> AsyncIterator[None]:
        """One fetch per path and extent at a time; who comes second finds what the first one brought."""
        # Whoever fetches holds no connection yet, and waits for no lock of an inode. After each wait somebody else may
        # have come first: the first one that sees no event makes it before it waits for anything.
        fetch = path, extent
        while fetch in self._fetching:
            await self._fetching[fetch].wait()
        self._fetching[fetch] = trio.Event()
        try:
            yield
        finally:
            self._fetching.pop(fetch).set()


def _up_to(characters: int, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        characters -= len(path.encode())
        if characters < 0:
            return
        yield path
