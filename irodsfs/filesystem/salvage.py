"""What the zone would not take: kept in the spool, from where `irodsfs recover` puts it back."""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.inodes import Inode, Inodes
from irodsfs.grid.catalog_entries import made_now
from irodsfs.grid.errors import describe, summarise
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool import Spool
from irodsfs.transfer.spool_entry import Description, Sender, SpoolEntry
from irodsfs.transfer.upload import Upload
from irodsfs.transfer.versions import DIGEST_SIZE

logger = logging.getLogger(__name__)


class Salvage:
    """Keeps bytes, with a description for whoever finds them."""

    def __init__(self, catalog: Catalog, inodes: Inodes, spool: Spool, sender: Sender) -> None:
        """`sender` is told to whoever finds what is kept."""
        self._catalog = catalog
        self._inodes = inodes
        self.spool = spool
        self.sender = sender
        self.untold: list[Path] = []
        """Where the bytes are of which no program was told."""

    async def keep(self, inode: Inode, contents: OpenFile, reason: BaseException) -> None:
        """Keep what of an open file is not in the zone."""
        description = self.described(inode, contents, summarise(reason))
        # Nothing is lost of what has no bytes, such as a lock file.
        kept = await contents.keep(partial(self.spool.keep, description) if contents.size else _keep_nothing)
        if kept is not None:
            self.noted(inode, kept.file, reason)
        elif inode.path is not None:
            self._catalog.forget_unregistered(inode.path)

    def detach(self, inode: Inode) -> None:
        """What has the path in the zone is not what handles of this inode have open: they keep what they have."""
        if inode.path is None:
            return
        path = inode.path
        inode.last_entry = self._catalog.peek(path) or made_now(path, is_collection=False)
        self._inodes.unlinked(path)
        self._catalog.changed_elsewhere(path)
        self._inodes.forget_name(path)

    def noted(self, inode: Inode, file: Path, reason: BaseException) -> None:
        """Something is kept: the log says where, and no cache has it as if it were in the zone."""
        logger.error("%s could not be written: %s; its bytes are kept in %s", inode.path, describe(reason), file)
        if inode.path is not None:
            self._catalog.forget_unregistered(inode.path)

    def noted_untold(self, inode: Inode, kept: SpoolEntry, reason: BaseException) -> None:
        """Note that something is kept of which no program will be told."""
        self.noted(inode, kept.file, reason)
        self.untold.append(kept.file)

    def described(self, inode: Inode, contents: OpenFile, reason: str = "") -> Description:
        """What is told of it to whoever finds it in the spool."""
        assert contents.path is not None
        entry = self._catalog.peek(contents.path)
        seen = inode.seen_version
        known = contents.in_zone.known | ({seen} if seen is not None and len(seen) == DIGEST_SIZE else set())
        return Description(
            path=contents.path,
            size=contents.size,
            sender=self.sender,
            modified_ns=contents.modified_ns,
            mode=entry.mode if entry else None,
            base=contents.in_zone.base,
            known=[each.hex() for each in known],
            time=int(time.time()),
            reason=reason,
        )


def _keep_nothing(due: Upload) -> SpoolEntry | None:
    return None
