"""The AVUs of entries, cached for as long as entries are, corrected by what this mount changes itself."""

from __future__ import annotations

import errno
import posixpath
import time
from collections.abc import Callable, Sequence
from functools import partial

import irods.exception as ex
from cachetools import TTLCache

from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.listing import Listing
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.metadata import Avu, can_be_replaced, changes, read_avus, read_avus_in, replace_with
from irodsfs.grid.zone import Zone

ENTRIES = 100_000
COLLECTIONS = 10_000

SIBLING_AVUS = 10_000
"""How many AVUs may be fetched because they are likely to be asked for."""

TOO_MANY_FOR = 600.0
"""Seconds for which this is not tried again where there were more, or where it failed."""

ATTEMPTS = 5
"""How often a change is tried that others come in between of."""


class Avus:
    """Reads all AVUs of an entry in one query, or of all entries of a listed collection when a second one is asked for.

    Those whose attribute begins with `hidden` are not for users: they are not shown, and can't be made.
    """

    def __init__(
        self,
        zone: Zone,
        catalog: Catalog,
        time_to_live: float,
        hidden: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_to_live` in seconds."""
        self._zone = zone
        self._catalog = catalog
        self._hidden = hidden
        # By the entry's id: what is recreated at a path or moved there has other AVUs.
        self._known: TTLCache[int, list[Avu]] = TTLCache(ENTRIES, time_to_live, clock)
        self._asked: TTLCache[tuple[str, bool], None] = TTLCache(COLLECTIONS, time_to_live, clock)
        self._too_many: TTLCache[tuple[str, bool], bool] = TTLCache(COLLECTIONS, TOO_MANY_FOR, clock)
        self._changes = 0

    async def of(self, path: str) -> list[Avu]:
        """All AVUs of what is at a path, in the order in which the zone made them."""
        entry = await self._catalog.find(path)
        known = self._known.get(entry.id)
        if known is not None:
            return known
        parent = posixpath.dirname(path)
        siblings = self._catalog.peek_children(parent)
        if siblings is not None and (parent, entry.is_collection) in self._asked:
            reading = partial(self._read_siblings, parent, siblings, entry.is_collection)
            await self._zone.beside(f"the AVUs in {parent}", reading)
        self._asked[parent, entry.is_collection] = None
        known = self._known.get(entry.id)
        return known if known is not None else await self._read(entry)

    async def set(self, entry: Entry, attribute: str, wanted: Sequence[Avu]) -> None:
        """Make `wanted` (some at least) the AVUs of an attribute, whatever the zone has of it now.

        Raises EPERM for those that are not for users.
        """
        self._check_shown(wanted)
        if len(wanted) > 1 or not can_be_replaced(attribute):
            await self._replace(entry, lambda avu: avu.attribute == attribute, wanted)
            return
        known = self._known.pop(entry.id, None)
        try:
            await self._zone.perform(
                replace_with(entry.path, wanted[0], is_collection=entry.is_collection), repeat=True
            )
        finally:
            self.forget(entry)
        if known is not None:
            self._known[entry.id] = _with(known, wanted[0])

    async def set_all(self, entry: Entry, wanted: Sequence[Avu]) -> None:
        """Make `wanted` all AVUs of an entry. Raises EPERM for those that are not for users."""
        self._check_shown(wanted)
        await self._replace(entry, lambda avu: True, wanted)

    async def remove(self, entry: Entry, attribute: str) -> bool:
        """Remove all AVUs of an attribute that the zone has now; False when there are none."""
        return await self._replace(entry, lambda avu: avu.attribute == attribute, [])

    async def _replace(self, entry: Entry, concerned: Callable[[Avu], bool], wanted: Sequence[Avu]) -> bool:
        """Make `wanted` all that is `concerned`; False when nothing was. What others change meanwhile is seen."""
        was_there = False
        for left in reversed(range(ATTEMPTS)):
            self.forget(entry)
            present = await self._read(entry)
            before = [avu for avu in present if concerned(avu)]
            was_there = was_there or bool(before)
            remove = [avu for avu in before if avu not in wanted]
            add = [avu for avu in wanted if avu not in before]
            changing = changes(self._zone, entry.path, is_collection=entry.is_collection, remove=remove, add=add)
            try:
                await self._zone.perform(*changing, repeat=True)
            except (ex.CAT_SUCCESS_BUT_WITH_NO_INFO, ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
                if not left:
                    raise
                continue  # another client was faster, or this one, on a line that broke
            finally:
                self.forget(entry)
            self._known[entry.id] = [avu for avu in present if avu not in remove] + add
            break
        return was_there

    def _check_shown(self, avus: Sequence[Avu]) -> None:
        if self._shown(avus) != list(avus):
            raise PermissionError(errno.EPERM, f"attributes beginning with {self._hidden} belong to the mount")

    def forget(self, entry: Entry) -> None:
        """Drop the AVUs of an entry, and what is being read of them."""
        self._changes += 1
        self._known.pop(entry.id, None)

    def forget_all(self) -> None:
        """Read all AVUs again that are asked for from now on."""
        self._changes += 1
        self._known.clear()

    async def _read(self, entry: Entry) -> list[Avu]:
        changes = self._changes
        avus = self._shown(await read_avus(self._zone, entry.path, is_collection=entry.is_collection))
        if changes == self._changes:
            self._known[entry.id] = avus
        return avus

    async def _read_siblings(self, parent: str, siblings: Listing, are_collections: bool) -> None:
        changes = self._changes
        if self._too_many.get((parent, are_collections)):
            return
        avus = None
        try:
            avus = await read_avus_in(self._zone, parent, SIBLING_AVUS, of_collections=are_collections)
        finally:
            if avus is None:
                self._too_many[parent, are_collections] = True
        if avus is None or changes != self._changes:
            return
        for name, entry in siblings.items():
            now = self._catalog.peek(entry.path)
            if entry.is_collection == are_collections and now is not None and now.id == entry.id:
                self._known[entry.id] = self._shown(avus.get(name, []))

    def _shown(self, avus: Sequence[Avu]) -> list[Avu]:
        return [avu for avu in avus if not (self._hidden and avu.attribute.startswith(self._hidden))]


def _with(known: Sequence[Avu], only: Avu) -> list[Avu]:
    """The AVUs known of an entry when one has become the only one of its attribute."""
    others = [avu for avu in known if avu.attribute != only.attribute]
    if len(known) - len(others) != 1:
        return [*others, only]
    return [only if avu.attribute == only.attribute else avu for avu in known]
