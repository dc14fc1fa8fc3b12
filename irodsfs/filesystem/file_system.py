"""The file system of one mount: a method for each call of a program, by inodes, handles and names."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio

from irodsfs.config import MountConfig
from irodsfs.filesystem.attributes import Attributes, Change, Owner
from irodsfs.filesystem.directories import Directory
from irodsfs.filesystem.errnos import FAILURES, errno_of
from irodsfs.filesystem.expected import Expected, expects_nothing
from irodsfs.filesystem.extended_attributes import is_virtual
from irodsfs.filesystem.foreign_links import refuse_foreign
from irodsfs.filesystem.inode_attributes import InodeAttributes
from irodsfs.filesystem.inodes import ROOT, Handle, Inode, encode_name
from irodsfs.filesystem.kernel import Kernel
from irodsfs.filesystem.namespace import check_length
from irodsfs.filesystem.parts import parts_of
from irodsfs.filesystem.space import Space
from irodsfs.filesystem.virtual_attributes import CONTROL
from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.background import Background
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.zone import Zone
from irodsfs.grid.zone_timeouts import one_call
from irodsfs.metrics import BYTES

__all__ = ["Background", "Change", "FileSystem", "one_call"]

FIRST_HANDLE = 1 << 48
"""Handles are numbered from here on, so that no inode has the number of one."""


class FileSystem:
    """POSIX on a zone.

    Inodes are numbers that the kernel has from `lookup` and its like, and gives back with `forget`. Handles are numbers
    from `open`, `create` and `opendir`. Flags and modes are those of Linux. Raises OSError, ValueError (EINVAL) or the
    zone's errors, for which `errnos.errno_of` knows the errno.
    """

    def __init__(
        self, zone: Zone, config: MountConfig, kernel: Kernel, control_socket: Path, only: str | None = None
    ) -> None:
        """`control_socket` is the path that the attribute `irods.control` tells, `only` a data object that is all."""
        parts = parts_of(zone, config, kernel, control_socket, only)
        self._catalog = parts.caches.catalog
        self._inodes = parts.caches.inodes
        self._files = parts.files
        self._pending = parts.pending
        self._opening = parts.opening
        self._tree = parts.tree
        self._renaming = parts.renaming
        self._repair = parts.repair
        self._quotas = parts.quotas
        self._extended_attributes = parts.extended_attributes
        self._posix_attributes = parts.posix_attributes
        self._corrections = parts.corrections
        self.changes = parts.cache_invalidator
        owner = Owner.chosen(config.uid, config.gid, config.umask)
        self._attributes = InodeAttributes(self._catalog, self._inodes, owner, read_only=config.read_only)
        self._read_only = config.read_only
        self._strict_permissions = config.strict_permissions
        self._links_stay_in = config.collection if config.foreign_links == "refuse" else None
        self._directories: dict[int, Directory] = {}
        self._open_files: dict[int, Handle] = {}
        self._handles = itertools.count(FIRST_HANDLE)

    def subject(self, args: Sequence[Any]) -> str:
        """What a request is about, for the log: the path, and the name in it."""
        number = args[0] if args and isinstance(args[0], int) else ROOT
        try:
            node = self._open_files[number].inode if number in self._open_files else self._inodes[number]
            path = node.path or f"inode {node.number} (unlinked)"
        except KeyError:
            path = f"handle {number}"
        name = args[1] if len(args) > 1 and isinstance(args[1], bytes) and len(args[1]) < 512 else b""
        return f"{path} {name.decode('utf-8', 'replace')}".rstrip()

    async def restore(self) -> None:
        """Let wait again what waited when an earlier mount of the same account was killed."""
        if not self._read_only:
            await self._pending.restore()

    async def finish(self) -> list[Path]:
        """Bring everything into the zone; where that is kept which could not be, and of which no program was told."""
        return await self._pending.finish()

    async def begin_to_finish(self) -> None:
        """Bring everything into the zone that is open or waits now; what calls under way add comes with `finish`."""
        await self._pending.begin_to_finish()

    def stop_waiting(self) -> None:
        """Whatever is not in the zone yet stays in the spool: `finish` returns at once."""
        self._pending.stop_waiting()

    # Names

    async def lookup(
        self, parent_inode: int, name: bytes, expects: Callable[[str], Awaitable[Expected | None]] = expects_nothing
    ) -> Attributes | None:
        """`expects` answers what a call that is to make a change needs at a path; None when there is no such call."""
        try:
            path = self._inodes.child(parent_inode, name)
        except UnicodeDecodeError:
            # No zone has such a name, so what is to be said of it is that it is missing; making it is another matter.
            return None
        entry = await self._look_up(path, expects)
        if entry is None:
            check_length(path)
            if not await self._repair.restored(path):
                # Linux must ask each time: it would keep that when a call has found a directory there.
                return None
            entry = await self._catalog.find(path)
        return self._attributes.looked_up(path, entry)

    async def _look_up(self, path: str, expects: Callable[[str], Awaitable[Expected | None]]) -> Entry | None:
        inode = self._inodes.get(path)
        if inode is not None and inode.lookups > 0 and trio.current_time() < inode.known_until:
            # The kernel knows the name and asks all the same: it is about to make, or to replace, what has it.
            return await self._catalog.find_now(path)
        if self._catalog.is_registered(path) and self._catalog.fresh_for(path) > 0:
            cached = self._catalog.peek(path)
            expected = await expects(path)
            if expected is not None and not expected.agrees_with(cached):
                # Linux would refuse the call for the sake of what is cached.
                return await self._catalog.find_now(path)
        return await self._catalog.find_if_there(path)

    def forget(self, inode: int, lookups: int = 1) -> None:
        self._inodes.forget(inode, lookups)

    async def getattr(self, inode: int) -> Attributes:
        node = self._inodes[inode]
        entry = await self._attributes.entry(node)
        await self._files.follow(node, entry)
        return self._attributes.of(entry, node)

    async def setattr(self, inode: int, change: Change, *, through_handle: bool) -> Attributes:
        node = self._inodes[inode]
        with self._looked_up_again(node):
            entry = await self._attributes.entry(node)
        self._check_writable()
        keeps_mode = change.mode is not None and self._posix_attributes is not None
        drops_mode = change.mode is not None and not keeps_mode
        if self._strict_permissions and (change.owner or drops_mode):
            raise PermissionError(errno.EPERM, "iRODS has no such permissions")
        if change.mode is not None and keeps_mode:
            await self._change_mode(node, entry, stat.S_IMODE(change.mode))
        if change.size is not None:
            await self._files.truncate(node, entry, change.size, through_handle=through_handle)
        if change.modified_ns is not None:
            with self._looked_up_again(node):
                await self._set_modified(node, entry, change.modified_ns)
        if change.accessed_ns is not None:
            node.accessed_ns = change.accessed_ns
        return self._attributes.of(await self._attributes.entry(node), node)

    async def access(self, inode: int, mode: int) -> bool:
        entry = await self._attributes.entry(self._inodes[inode])
        if mode & os.W_OK and (self._read_only or entry.access < MODIFY_OBJECT):
            return False
        if mode & os.X_OK and not self._attributes.is_executable(entry):
            return False
        return not mode & (os.R_OK | os.X_OK) or entry.access >= READ_OBJECT

    async def mkdir(self, parent_inode: int, name: bytes, mode: int, pid: int) -> Attributes:
        path = await self._new(parent_inode, name)
        entry = await self._tree.make_collection(path, self._mode_to_keep(path, mode, is_collection=True))
        self._opening.made_directory(path, pid)
        return self._attributes.looked_up(path, entry)

    async def unlink(self, parent_inode: int, name: bytes) -> None:
        self._check_writable()
        await self._tree.remove_object(self._inodes.child(parent_inode, name))

    async def rmdir(self, parent_inode: int, name: bytes) -> None:
        self._check_writable()
        await self._tree.remove_collection(self._inodes.child(parent_inode, name))

    async def rename(
        self,
        parent_inode_old: int,
        name_old: bytes,
        parent_inode_new: int,
        name_new: bytes,
        flags: int,
    ) -> None:
        target = await self._new(parent_inode_new, name_new)
        await self._renaming.rename(self._inodes.child(parent_inode_old, name_old), target, flags)

    async def mknod(self, parent_inode: int, name: bytes, mode: int, pid: int) -> Attributes:
        if not stat.S_ISREG(mode):
            raise PermissionError(errno.EPERM, "iRODS has no special files")
        node, _ = await self._create(parent_inode, name, mode, os.O_WRONLY | os.O_EXCL, pid)
        try:
            try:
                await self._files.flush(node)
            finally:
                await self._files.release(node)
        except BaseException:
            self._inodes.forget(node.number, 1)
            raise
        return self._attributes.named(await self._attributes.entry(node), node)

    async def symlink(self, parent_inode: int, name: bytes, target: bytes) -> Attributes:
        if self._posix_attributes is None:
            raise PermissionError(errno.EPERM, "iRODS has no symbolic links")
        path = await self._new(parent_inode, name)
        entry = await self._posix_attributes.make_link(path, target)
        return self._attributes.looked_up(path, entry)

    async def readlink(self, inode: int) -> bytes:
        entry = await self._attributes.entry(self._inodes[inode])
        if entry.link_target is None:
            raise OSError(errno.EINVAL, f"{entry.path} is no symbolic link")
        if self._links_stay_in is not None:
            refuse_foreign(self._links_stay_in, entry.path, entry.link_target)
        return encode_name(entry.link_target)

    # Directories

    async def opendir(self, inode: int) -> int:
        handle = next(self._handles)
        reading = await self._catalog.read(self._inodes.path(inode))
        if not reading.listing:
            try:
                await self._tree.check_ordinary(reading.path)
            except BaseException:
                self._catalog.finished(reading)
                raise
        self._directories[handle] = Directory(self._catalog, self._repair, reading)
        return handle

    async def readdir(self, fh: int, start_id: int) -> Iterator[tuple[int, bytes, Attributes]]:
        """Some of what comes after a position: the position after it, its name, its attributes; nothing at the end.

        Each that is taken counts as looked up: what the kernel then has no room for is given back with `forget`.
        """
        directory = self._directories[fh]
        shown = await directory.after(start_id)
        return self._attributes.shown(shown, directory.valid_for())

    def releasedir(self, fh: int) -> None:
        self._directories.pop(fh).close()

    async def fsyncdir(self, fh: int) -> None:
        """Changes of the namespace are in the zone when their call returns, but for files that wait."""
        await self._files.sync_in(self._directories[fh].path)

    # Files: all handles of an inode share one content

    async def open(self, inode: int, flags: int, pid: int) -> tuple[int, bool]:
        """A handle, and whether what the kernel keeps of the content still holds."""
        node = self._inodes[inode]
        if flags & (os.O_ACCMODE | os.O_TRUNC):
            self._check_writable()
        with self._looked_up_again(node):
            entry = await self._attributes.entry(node)
        async with self._opening.found(node, entry, flags) as found:
            unchanged = await self._files.open(node, found, flags)
        return self._handle(node, flags, pid), unchanged

    async def create(self, parent_inode: int, name: bytes, mode: int, flags: int, pid: int) -> tuple[int, Attributes]:
        node, entry = await self._create(parent_inode, name, mode, flags, pid)
        return self._handle(node, flags, pid), self._attributes.named(entry, node)

    def _handle(self, node: Inode, flags: int, pid: int) -> int:
        handle = next(self._handles)
        self._open_files[handle] = Handle(node, pid, bool(flags & os.O_APPEND))
        return handle

    async def read(self, fh: int, off: int, size: int) -> bytes | memoryview:
        contents = self._open_files[fh].inode.contents
        assert contents is not None
        content = await contents.read(off, size, fh)
        BYTES.add("read", amount=len(content))
        return content

    async def write(self, fh: int, off: int, buf: bytes) -> int:
        handle = self._open_files[fh]
        contents = handle.inode.contents
        assert contents is not None
        await contents.write(off, buf, appends=handle.appends)
        handle.inode.shown_size = max(handle.inode.shown_size, off + len(buf))
        BYTES.add("written", amount=len(buf))
        return len(buf)

    async def flush(self, fh: int) -> None:
        await self._files.flush(self._open_files[fh].inode)

    async def fsync(self, fh: int) -> None:
        await self._files.sync(self._open_files[fh].inode)

    async def release(self, fh: int) -> None:
        node = self._open_files.pop(fh).inode
        try:
            if node.contents is not None:
                await node.contents.leave(fh)
        finally:
            try:
                await self._files.release(node)
            finally:
                self._inodes.drop_if_unused(node)

    # The rest

    async def setxattr(self, inode: int, name: bytes, value: bytes) -> None:
        self._check_writable()
        with self._looked_up_again(self._inodes[inode]):
            await self._extended_attributes.set(await self._registered_path(inode), name, value)

    async def getxattr(self, inode: int, name: bytes) -> bytes:
        node = self._inodes[inode]
        if node.waiting is not None and is_virtual(name) and name != CONTROL.encode():
            await self._files.sync(node)  # what the zone knows of it
        return await self._extended_attributes.get(self._inodes.path(inode), name)

    async def listxattr(self, inode: int) -> Sequence[bytes]:
        return await self._extended_attributes.names(self._inodes.path(inode))

    async def removexattr(self, inode: int, name: bytes) -> None:
        self._check_writable()
        with self._looked_up_again(self._inodes[inode]):
            await self._extended_attributes.remove(await self._registered_path(inode), name)

    async def statfs(self) -> Space:
        return await self._quotas.left()

    async def _create(self, parent_inode: int, name: bytes, mode: int, flags: int, pid: int) -> tuple[Inode, Entry]:
        path = await self._new(parent_inode, name)
        node = self._inodes.looked_up(path, stat.S_IFREG)
        try:
            kept = self._mode_to_keep(path, mode, is_collection=False)
            return node, await self._opening.create(node, path, flags, pid, kept)
        except BaseException:
            self._inodes.forget(node.number, 1)
            raise

    async def _set_modified(self, node: Inode, entry: Entry, nanoseconds: int) -> None:
        if node.path is None:
            await self._files.set_modified(node, entry, nanoseconds)
        else:
            await self._corrections.on(node.path, lambda now: self._files.set_modified(node, now, nanoseconds))

    async def _change_mode(self, node: Inode, entry: Entry, mode: int) -> None:
        assert self._posix_attributes is not None
        if mode != self._attributes.mode_of(entry):
            await self._posix_attributes.change_mode(node, entry, mode)

    def _mode_to_keep(self, path: str, mode: int, *, is_collection: bool) -> int | None:
        if self._posix_attributes is None:
            return None
        return self._attributes.mode_to_keep(path, mode, is_collection=is_collection)

    async def _new(self, parent_inode: int, name: bytes) -> str:
        self._check_writable()
        path = self._inodes.child(parent_inode, name)
        await self._tree.check_new(self._inodes.path(parent_inode), path)
        return path

    @contextmanager
    def _looked_up_again(self, node: Inode) -> Iterator[None]:
        """Linux looks a name up again on ESTALE, and forgets it when it is gone."""
        try:
            yield
        except FAILURES as error:
            if errno_of(error) != errno.ENOENT or node.path is None:
                raise
            raise OSError(errno.ESTALE, node.path) from error

    async def _registered_path(self, inode: int) -> str:
        node = self._inodes[inode]
        if node.contents is not None and not node.contents.registered:
            await self._files.sync(node)
        return self._inodes.path(inode)

    def _check_writable(self) -> None:
        if self._read_only:
            raise OSError(errno.EROFS, "mounted read-only")
