"""Open files of data objects: made with what all of a mount have in common."""

from __future__ import annotations

from irodsfs.filesystem.inodes import Inode
from irodsfs.filesystem.prefetcher import Prefetcher
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.flight import Reply
from irodsfs.grid.zone import Zone
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.transfer_options import TransferOptions


class Opener:
    """Makes what handles of an inode share. `prefetcher` may have the content already."""

    def __init__(self, zone: Zone, spool: Spool, options: TransferOptions, prefetcher: Prefetcher) -> None:
        self._zone = zone
        self._spool = spool
        self._options = options
        self._prefetcher = prefetcher

    def existing(self, inode: Inode, path: str, size: int) -> OpenFile:
        """A data object of `size` bytes that is in the zone."""
        return OpenFile(self._zone, self._spool, path, size, self._options, inode.lock)

    def new(self, inode: Inode, path: str, *, exclusive: bool = False, emptied: bool = False) -> OpenFile:
        """One that is not in the zone yet; the first flush creates it. A program may have asked for it empty."""
        return OpenFile.new(
            self._zone, self._spool, path, self._options, inode.lock, exclusive=exclusive, emptied=emptied
        )

    async def prefetched(self, entry: Entry) -> list[Reply] | None:
        """The content, if it was fetched before anybody asked for it."""
        return await self._prefetcher.take(entry)
