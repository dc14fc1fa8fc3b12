"""The AVUs of entries, believed for as long as entries are, corrected by what this mount changes itself."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Sequence

from cachetools import TTLCache

from irodsfs.catalog.catalog import Catalog
from irodsfs.grid.metadata import Avu, change, read_avus, read_avus_in
from irodsfs.grid.namespace import Entry
from irodsfs.grid.zone import Zone

ENTRIES = 100_000
COLLECTIONS = 10_000


class Avus:
    """Reads all AVUs of an entry in one query, or of all entries of a collection when a second one is asked for."""

    def __init__(
        self, zone: Zone, catalog: Catalog, time_to_live: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`time_to_live` in seconds."""
        self._zone = zone
        self._catalog = catalog
        # By the entry's id: what is recreated at a path or moved there has other AVUs.
        self._known: TTLCache[int, list[Avu]] = TTLCache(ENTRIES, time_to_live, clock)
        self._asked: TTLCache[tuple[str, bool], None] = TTLCache(COLLECTIONS, time_to_live, clock)

    async def of(self, path: str) -> list[Avu]:
        """All AVUs of what is at a path, in the order in which they were made."""
        entry = await self._catalog.find(path)
        known = self._known.get(entry.id)
        if known is not None:
            return known
        siblings = (posixpath.dirname(path), entry.is_collection)
        if siblings in self._asked:
            await self._read_siblings(*siblings)
        else:
            self._asked[siblings] = None
            self._known[entry.id] = await read_avus(self._zone, path, is_collection=entry.is_collection)
        if entry.id in self._known:
            return self._known[entry.id]
        # Nothing is kept (a time to live of 0), or the entry is newer than the listing.
        return await read_avus(self._zone, path, is_collection=entry.is_collection)

    async def change(self, path: str, *, remove: Sequence[Avu], add: Sequence[Avu]) -> None:
        """Remove and add AVUs in one atomic request."""
        if not (remove or add):
            return
        entry = await self._catalog.find(path)
        known = self._known.pop(entry.id, None)
        await self._zone.perform(change(path, is_collection=entry.is_collection, remove=remove, add=add))
        if known is not None:
            kept = [avu for avu in known if avu not in remove]
            self._known[entry.id] = kept + [avu for avu in add if avu not in kept]

    def forget(self, entry: Entry) -> None:
        """Believe nothing of the AVUs of an entry any more."""
        self._known.pop(entry.id, None)

    def forget_all(self) -> None:
        """Read all AVUs again that are asked for from now on."""
        self._known.clear()

    async def _read_siblings(self, parent: str, are_collections: bool) -> None:
        entries = list((await self._catalog.children(parent)).values())
        by_id = await read_avus_in(self._zone, parent, of_collections=are_collections)
        for entry in entries:
            if entry.is_collection == are_collections and entry.id > 0 and entry.id not in self._known:
                self._known[entry.id] = by_id.get(entry.id, [])
