"""The mount beside the socket: it hears of changes, and tells what is open."""

from __future__ import annotations

from typing import Protocol


class Changes(Protocol):
    """What a mount believes about the zone, and what it keeps of it."""

    async def changed(self, path: str) -> None:
        """An entry was made, changed or removed: believe nothing of it, and of what is below it, any more."""

    @property
    def open_files(self) -> int:
        """How many files programs have open through the mount."""

    @property
    def dirty_bytes(self) -> int:
        """The size of open files of which something is not in the zone yet."""


class NobodyElse:
    """There is no mount."""

    open_files = 0
    dirty_bytes = 0

    async def changed(self, path: str) -> None:
        pass
