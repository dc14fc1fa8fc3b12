"""Directories that programs have open: what `readdir` gives them, in order, while it still arrives."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from irodsfs.catalog.catalog import Catalog
from irodsfs.catalog.listing import Reading
from irodsfs.filesystem.repair import Repair
from irodsfs.grid.catalog_entries import Entry


class Shown(NamedTuple):
    """An entry with its name and path now, and the position after it, from which a reader goes on."""

    position: int
    name: str
    path: str
    entry: Entry


class Directory:
    """One reader's directory. What was there all the time is shown exactly once; what this mount removes is not."""

    def __init__(self, catalog: Catalog, repair: Repair, reading: Reading) -> None:
        self._catalog = catalog
        self._repair = repair
        self._reading = reading
        self._last: list[Entry] | None = None
        """What comes after all names: entries that had temporary ones."""
        self._is_begun = False

    async def after(self, position: int) -> Sequence[Shown]:
        """Some of what comes after a position, 0 for a (re)start; nothing at the end. Raises what hides the end."""
        if position == 0:
            await self._begin()
        while names := await self._reading.names(position):
            if shown := self._present(names, position):
                return shown
            position += len(names)
        if self._last is None:
            self._last = await self._repair.shown(self._reading.listing)
        first = position - self._reading.count
        return [Shown(position + n, each.name, each.path, each) for n, each in enumerate(self._last[first:], 1)]

    @property
    def path(self) -> str:
        """The collection, by its name now."""
        return self._reading.path

    def valid_for(self) -> float:
        """Seconds for which what is shown is valid."""
        return self._catalog.valid_for(self._reading.listing.fetched_at)

    def close(self) -> None:
        self._catalog.finished(self._reading)

    async def _begin(self) -> None:
        """`rewinddir` shows what is there now, as `opendir` did."""
        if self._is_begun:
            reading = await self._catalog.read(self._reading.path)
            self._catalog.finished(self._reading)
            self._reading, self._last = reading, None
        self._is_begun = True

    def _present(self, names: Sequence[str], position: int) -> list[Shown]:
        listing, prefix = self._reading.listing, posixpath.join(self._reading.path, "")
        shown = []
        for after, name in enumerate(names, position + 1):
            entry = listing.get(name)
            if entry is not None:
                path = prefix + name
                # The entry's own string costs no memory; its collection may have another name by now.
                shown.append(Shown(after, name, entry.path if entry.path == path else path, entry))
        return shown
