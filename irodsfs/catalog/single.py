"""The namespace of a mount that shows one data object, for those to whom a ticket opens nothing else."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.listing import Listing, Reading
from irodsfs.grid.access_levels import READ_OBJECT
from irodsfs.grid.catalog_entries import Entry, find, made_now
from irodsfs.grid.zone import Zone


class SingleObject(Catalog):
    """Its root looks as a collection does in which only that data object is: what else is in there can't be seen."""

    def __init__(self, zone: Zone, time_to_live: float, path: str, *, posix: bool = False) -> None:
        """`path` is that of the data object; the root is the collection that it is in."""
        root = posixpath.dirname(path)
        super().__init__(zone, time_to_live, root, posix=posix)
        self._path = path
        self._root = replace(made_now(root, is_collection=True), access=READ_OBJECT)

    async def _find(self, path: str) -> Entry | None:
        async with self._alone(path):
            found = self._found.get(path)
            return found.entry if found else await self._find_one(path)

    async def _ask(self, path: str) -> Entry | None:
        if path == self._root.path:
            return self._root
        return await find(self._zone, path, posix=self._posix) if path == self._path else None

    async def _list_and_foresee(self, path: str) -> Reading:
        entry = await self.find_if_there(self._path)
        return Reading(path, Listing([entry] if entry else [], self._clock()))
