"""Where an action works: a zone, whose paths begin at a home collection, and a mount that hears of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from irodsfs.grid.zone import Zone


class Listener(Protocol):
    """A mount that may believe something else about what an action has changed."""

    async def changed(self, path: str) -> None:
        """An entry was made, changed or removed: believe nothing of it, and of what is below it, any more."""


class NoMount:
    """Nobody needs to hear of changes."""

    async def changed(self, path: str) -> None:
        pass


@dataclass(frozen=True)
class Workspace:
    """`home`: the collection that `~` and relative paths mean. `resource`: where new data objects go, if told."""

    zone: Zone
    home: str
    resource: str | None
    mount: Listener
