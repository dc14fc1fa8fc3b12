"""What programs are told of an inode: its entry in the zone as far as is known, as attributes for Linux."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace

import trio

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.attributes import Attributes, Owner, attributes_of, file_type, mode_of
from irodsfs.filesystem.directories import Shown
from irodsfs.filesystem.inodes import Inode, Inodes, encode_name
from irodsfs.grid.catalog_entries import Entry, made_now

ANYBODY_EXECUTES = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class InodeAttributes:
    """Attributes with the owner and the permission bits that a mount shows."""

    def __init__(self, catalog: Catalog, inodes: Inodes, owner: Owner, *, read_only: bool) -> None:
        self._catalog = catalog
        self._inodes = inodes
        self._owner = owner
        self._read_only = read_only

    async def entry(self, node: Inode) -> Entry:
        path = node.path  # which may be taken away while the zone is asked
        if path is not None:
            entry = await self._catalog.find_if_there(path)
            if node.contents is not None and node.last_entry is not None and not (entry and entry.is_file):
                # Another client has taken the name away: what is open stays what it was.
                return replace(node.last_entry, path=path)
            if entry is None:
                raise FileNotFoundError(path)
            return entry
        if node.last_entry is None:
            raise FileNotFoundError(f"inode {node.number} was unlinked")
        return node.last_entry

    def of(self, entry: Entry, node: Inode) -> Attributes:
        timeout = self._catalog.fresh_for(entry.path)
        attributes = attributes_of(entry, node, self._owner, read_only=self._read_only, timeout=timeout)
        if node.kind not in (0, stat.S_IFMT(attributes.st_mode)):
            # Linux would give the inode up with EIO; for this, it looks the name up again.
            raise OSError(errno.ESTALE, f"{entry.path} is of another kind by now")
        return attributes

    def named(self, entry: Entry, node: Inode) -> Attributes:
        """Attributes that the kernel gets with a name, which it keeps for as long."""
        attributes = self.of(entry, node)
        node.known_until = trio.current_time() + attributes.timeout
        return attributes

    def looked_up(self, path: str, entry: Entry) -> Attributes:
        """The same of what has been found at a path, of which the kernel gets one reference more."""
        return self.named(entry, self._inodes.looked_up(path, file_type(entry)))

    def shown(self, shown: Sequence[Shown], timeout: float) -> Iterator[tuple[int, bytes, Attributes]]:
        for position, name, path, entry in shown:
            inode = self._inodes.looked_up(path, file_type(entry))
            attributes = attributes_of(entry, inode, self._owner, read_only=self._read_only, timeout=timeout)
            inode.known_until = trio.current_time() + timeout
            yield position, encode_name(name), attributes

    def mode_of(self, entry: Entry) -> int:
        """The permission bits that an entry is shown with."""
        return mode_of(entry, self._owner, read_only=self._read_only)

    def mode_to_keep(self, path: str, mode: int, *, is_collection: bool) -> int | None:
        """The bits of something new, None when it is shown with them anyway."""
        bits = stat.S_IMODE(mode)
        return None if bits == self.mode_of(made_now(path, is_collection=is_collection)) else bits

    def is_executable(self, entry: Entry) -> bool:
        return entry.is_collection or bool(self.mode_of(entry) & ANYBODY_EXECUTES)
