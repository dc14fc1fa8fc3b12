"""Inodes: the numbers by which the kernel knows paths, for as long as it does."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from irodsfs.filesystem.kernel import Kernel
from irodsfs.grid.catalog_entries import Entry
from irodsfs.transfer.open_file import OpenFile
from irodsfs.transfer.spool_entry import SpoolEntry

ROOT = 1
"""The number by which the kernel knows the root."""


@dataclass(slots=True)
class Inode:
    """A file or directory that the kernel holds. `path` is None once it was unlinked."""

    number: int
    path: str | None
    lookups: int = 0
    handles: int = 0
    contents: OpenFile | None = None
    """What is open of it, or waits for its upload; None otherwise."""
    waiting: SpoolEntry | None = None
    """What was closed of it and is not in the zone yet."""
    failure: BaseException | None = None
    """What nobody was told yet that has it open."""
    seen_version: bytes | None = None
    """Of which version of the content the kernel's cache is."""
    shown_size: int = 0
    """The size in bytes that the kernel has cached."""
    known_until: float = 0.0
    """Until when (seconds of the monotonic clock) the kernel keeps the name without asking."""
    kind: int = 0
    """What the kernel was told it is, as the file type bits of a mode; 0 before that."""
    accessed_ns: int | None = None
    """The access time that was set; the zone keeps none."""
    last_entry: Entry | None = None
    """What it was when it was opened last, or unlinked."""
    _lock: trio.Lock | None = None
    _being_brought: trio.Lock | None = None

    @property
    def lock(self) -> trio.Lock:
        """Held while its content goes into the zone or comes from there, and while its name is changed or removed."""
        # Taken after being_brought, and before the catalog and connections are waited for: docs/concurrency.md.
        if self._lock is None:
            self._lock = trio.Lock()
        return self._lock

    @property
    def being_brought(self) -> trio.Lock:
        """Held by whoever compares what the zone has with what was changed here, and brings that there."""
        # Taken before the lock, never while holding it: docs/concurrency.md.
        if self._being_brought is None:
            self._being_brought = trio.Lock()
        return self._being_brought


@dataclass(frozen=True, slots=True)
class Handle:
    """What a program got from `open`: which process that was, and whether it asked to append."""

    inode: Inode
    pid: int
    appends: bool


class Inodes:
    """All inodes that the kernel holds, by number and by path."""

    def __init__(self, root: str, kernel: Kernel) -> None:
        self._kernel = kernel
        self._numbers = itertools.count(ROOT + 1)
        self._by_number: dict[int, Inode] = {}
        self._by_path: dict[str, Inode] = {}
        self._displaced: dict[str, Inode] = {}
        """What is still open of a name that has become something of another kind elsewhere."""
        self._moving: dict[str, trio.Event] = {}
        self._insert(Inode(ROOT, root, lookups=1))

    def __getitem__(self, number: int) -> Inode:
        return self._by_number[number]

    def looked_up(self, path: str, kind: int) -> Inode:
        """The inode of what is at a path, a file type as in a mode; the kernel gets one reference more."""
        known = self._by_path.get(path)
        if known is not None and known.kind not in (0, kind) and known.number != ROOT:
            self._displace(known, path, kind)
        inode = self.of(path)
        inode.kind = kind
        inode.lookups += 1
        return inode

    def _displace(self, inode: Inode, path: str, kind: int) -> None:
        """Let a path have another inode, as it is of another kind by now.

        Linux fails whatever is done with a number whose kind has changed, closing what is open of it included.
        """
        del self._by_path[path]
        before = self._displaced.pop(path, None)
        if before is not None and before.kind == kind:
            self._by_path[path] = before
        if inode.contents is not None:
            self._displaced[path] = inode

    def of(self, path: str) -> Inode:
        """The inode of a path, new when it has none. Without a reference it lives until `release` or `forget`."""
        inode = self._by_path.get(path)
        if inode is None:
            inode = Inode(next(self._numbers), path)
            self._insert(inode)
        return inode

    def get(self, path: str) -> Inode | None:
        return self._by_path.get(path)

    def path(self, number: int) -> str:
        """The path of an inode. Raises FileNotFoundError when it was unlinked."""
        path = self._by_number[number].path
        if path is None:
            raise FileNotFoundError(f"inode {number} was unlinked")
        return path

    def child(self, number: int, name: bytes) -> str:
        return posixpath.join(self.path(number), decode_name(name))

    def forget(self, number: int, lookups: int) -> None:
        inode = self._by_number[number]
        inode.lookups -= lookups
        self.drop_if_unused(inode)

    def drop_if_unused(self, inode: Inode) -> None:
        if inode.lookups <= 0 and inode.handles == 0 and inode.contents is None:
            self._by_number.pop(inode.number, None)
            for paths in (self._by_path, self._displaced):
                if inode.path is not None and paths.get(inode.path) is inode:
                    del paths[inode.path]

    def unlinked(self, path: str) -> None:
        inode = self._by_path.pop(path, None)
        if inode is not None:
            inode.path = None
            if inode.contents is not None:
                inode.contents.path = None

    def moved(self, source: str, target: str) -> None:
        """A file or a directory with all below it has another path now."""
        self.unlinked(target)
        prefix = f"{source}/"
        for paths in (self._by_path, self._displaced):
            moved = [path for path in paths if path.startswith(prefix) or (path == source and paths is self._by_path)]
            for path in moved:
                inode = paths.pop(path)
                inode.path = target + path[len(source) :]
                if inode.contents is not None:
                    inode.contents.path = inode.path
                paths[inode.path] = inode

    @contextmanager
    def moving(self, collection: str) -> Iterator[None]:
        """The collection is renamed in the block: nothing below it begins to be opened under its old path."""
        self._moving[collection] = trio.Event()
        try:
            yield
        finally:
            self._moving.pop(collection).set()

    async def settled(self, inode: Inode) -> None:
        """Return when no collection is being renamed in which the inode lies."""
        while inode.path is not None and (moved := self._moved_above(inode.path)) is not None:
            await moved.wait()

    def _moved_above(self, path: str) -> trio.Event | None:
        return next((moved for source, moved in self._moving.items() if path.startswith(f"{source}/")), None)

    def opened_below(self, path: str) -> list[Inode]:
        """What is open of a file, or in a directory and all below it."""
        return [inode for inode in self.opened() if inode.path is not None and f"{inode.path}/".startswith(f"{path}/")]

    def at_or_below(self, path: str) -> list[Inode]:
        """The inodes of a path and of everything below it."""
        prefix = path.rstrip("/") + "/"
        return [inode for known, inode in self._by_path.items() if known == path or known.startswith(prefix)]

    def opened(self) -> list[Inode]:
        return [inode for inode in self._by_number.values() if inode.contents is not None]

    def forget_name(self, path: str) -> None:
        """Let the kernel look a name up anew; soon after this, as it may wait for an answer of this process first."""
        parent = self.get(posixpath.dirname(path))
        if parent is not None:
            self._kernel.forget_name(parent.number, encode_name(posixpath.basename(path)))

    def forget_attributes(self, inode: Inode) -> None:
        """Let the kernel ask for size and times anew; it waits for nothing meanwhile."""
        self._kernel.forget_attributes(inode.number)

    async def forget_below(self, path: str) -> None:
        """Let the kernel ask anew for all it keeps of a path, of what is below it, and of the directory it is in."""
        numbers = [inode.number for inode in self.at_or_below(path)]
        self.forget_name(path)
        parent = self.get(posixpath.dirname(path))
        if parent is not None:
            numbers.append(parent.number)
        # In a thread, as the kernel may first want answers from this event loop.
        await trio.to_thread.run_sync(self._kernel.forget_inodes, numbers)

    def _insert(self, inode: Inode) -> None:
        assert inode.path is not None
        self._by_number[inode.number] = inode
        self._by_path[inode.path] = inode


def decode_name(name: bytes) -> str:
    """A name as iRODS takes it. Raises ValueError (EINVAL) when it is not UTF-8."""
    return name.decode("utf-8")


def encode_name(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
