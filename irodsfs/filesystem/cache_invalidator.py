"""What the control socket and its mount know of one another: what it changes is seen here at once."""

from __future__ import annotations

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.inodes import Inodes
from irodsfs.filesystem.pending_uploads import PendingUploads
from irodsfs.grid.zone import Zone
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import SpoolEntry


class CacheInvalidator:
    """Makes the mount and the kernel forget what they have cached of changed entries; tells what is open."""

    def __init__(
        self, zone: Zone, catalog: Catalog, inodes: Inodes, avus: Avus, pending: PendingUploads, spool: Spool
    ) -> None:
        self._zone = zone
        self._catalog = catalog
        self._inodes = inodes
        self._avus = avus
        self._pending = pending
        self._spool = spool

    async def changed(self, path: str) -> None:
        """An entry was made, changed or removed: forget it, and what is below it."""
        self._catalog.changed_elsewhere(path)
        self._avus.forget_all()
        await self._inodes.forget_below(path)

    @property
    def is_refused(self) -> bool:
        """Whether the zone refuses the user by now."""
        return self._zone.pool.logins.is_refused

    @property
    def open_files(self) -> int:
        return sum(1 for inode in self._inodes.opened() if inode.handles)

    @property
    def dirty_bytes(self) -> int:
        """The size of open and of waiting files of which something is not in the zone yet."""
        contents = [inode.contents for inode in self._inodes.opened()]
        return sum(each.size for each in contents if each is not None and each.is_dirty)

    @property
    def waiting_files(self) -> int:
        """How many closed files are not in the zone yet."""
        return self._pending.count

    @property
    def waiting_bytes(self) -> int:
        return self._pending.size

    @property
    def failed_files(self) -> int:
        """How many files are kept in the spool that the zone would not take."""
        return self._spool.count_failed()

    @property
    def spool_directory(self) -> str:
        return str(self._spool.directory)

    def kept(self, name: str) -> SpoolEntry | None:
        """A file that is kept in the spool since the zone would not take it."""
        return next((kept for kept in self._spool.failed() if kept.file.name == name), None)

    async def written_back(self) -> None:
        """Return when no closed file waits any more."""
        await self._pending.finished()
