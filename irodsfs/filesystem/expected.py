"""What a call that is to make a change needs at a name, as far as the kernel tells or can be asked."""

from __future__ import annotations

from enum import Enum, auto

from irodsfs.grid.catalog_entries import Entry


class Expected(Enum):
    """What a call needs at a name, to go on."""

    NOTHING = auto()
    DIRECTORY = auto()
    FILE = auto()
    FILE_OR_NOTHING = auto()
    ANYTHING = auto()
    UNCLEAR = auto()
    """One of several, of which some would end the call."""

    def agrees_with(self, entry: Entry | None) -> bool:
        """Whether a call would go on with this entry; None for what is missing."""
        if self is Expected.UNCLEAR:
            return False
        if entry is None:
            return self in (Expected.NOTHING, Expected.FILE_OR_NOTHING)
        if self is Expected.DIRECTORY:
            return entry.is_collection or entry.link_target is not None
        if self in (Expected.FILE, Expected.FILE_OR_NOTHING):
            return not entry.is_collection
        return self is not Expected.NOTHING


async def expects_nothing(path: str) -> Expected | None:
    """What is known of calls where nobody knows them."""
    return None
