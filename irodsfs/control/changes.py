"""Who must hear of changes that were made through the socket."""

from __future__ import annotations

from typing import Protocol


class Changes(Protocol):
    """What a mount believes about the zone, and what it keeps of it."""

    async def changed(self, path: str) -> None:
        """An entry was made, changed or removed: believe nothing of it, and of what is below it, any more."""


class NobodyElse:
    """There is no mount."""

    async def changed(self, path: str) -> None:
        pass
