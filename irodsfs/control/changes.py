"""The mount beside the socket: it hears of changes, and tells what is open."""

from __future__ import annotations

from typing import Protocol

from irodsfs.transfer.spool_entry import SpoolEntry


class Changes(Protocol):
    """What a mount believes about the zone, and what it keeps of it."""

    async def changed(self, path: str) -> None:
        """An entry was made, changed or removed: believe nothing of it, and of what is below it, any more."""

    @property
    def is_refused(self) -> bool:
        """Whether the zone refuses the user by now."""

    @property
    def open_files(self) -> int:
        """How many files programs have open through the mount."""

    @property
    def dirty_bytes(self) -> int:
        """The size of open and of waiting files of which something is not in the zone yet."""

    @property
    def waiting_files(self) -> int:
        """How many closed files are not in the zone yet."""

    @property
    def waiting_bytes(self) -> int:
        """Their size."""

    @property
    def failed_files(self) -> int:
        """How many files are kept in the spool that the zone would not take."""

    @property
    def spool_directory(self) -> str:
        """Where waiting and failed files are kept."""

    def kept(self, name: str) -> SpoolEntry | None:
        """A file that is kept in the spool since the zone would not take it."""

    async def written_back(self) -> None:
        """Return when no closed file waits any more."""


class NobodyElse:
    """There is no mount."""

    is_refused = False
    open_files = 0
    dirty_bytes = 0
    waiting_files = 0
    waiting_bytes = 0
    failed_files = 0
    spool_directory = ""

    def kept(self, name: str) -> SpoolEntry | None:
        return None

    async def changed(self, path: str) -> None:
        pass

    async def written_back(self) -> None:
        pass
