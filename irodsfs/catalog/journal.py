"""What this mount changes while something is fetched, so that the fetch does not bring back what was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from irodsfs.grid.catalog_entries import Entry
from irodsfs.metrics import LOOKUPS


class Journal:
    """Changes by path, in order; None for what was removed."""

    def __init__(self) -> None:
        self.changes: dict[str, Entry | None] = {}
        self.moved_collections = False
        self.changed_elsewhere = False


class Journals:
    """The journals of all fetches that are under way."""

    def __init__(self) -> None:
        self._open: list[Journal] = []

    @contextmanager
    def opened(self) -> Iterator[Journal]:
        LOOKUPS.add("fetched")
        journal = Journal()
        self._open.append(journal)
        try:
            yield journal
        finally:
            self._open.remove(journal)

    def note(self, path: str, entry: Entry | None) -> None:
        for journal in self._open:
            journal.changes[path] = entry

    def note_moved_collection(self) -> None:
        for journal in self._open:
            journal.moved_collections = True

    def note_changed_elsewhere(self) -> None:
        for journal in self._open:
            journal.changed_elsewhere = True
