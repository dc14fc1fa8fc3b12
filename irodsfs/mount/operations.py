"""pyfuse3's requests: translated, delegated, answered."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyfuse3
import trio
from pyfuse3 import EntryAttributes, FileHandleT, FileInfo, FlagT, InodeT, ModeT, RequestContext, SetattrFields

from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.corrections import Corrections
from irodsfs.filesystem.directories import Directory
from irodsfs.filesystem.errnos import FAILURES, errno_of
from irodsfs.filesystem.extended_attributes import ExtendedAttributes, is_virtual
from irodsfs.filesystem.foreign_links import refuse_foreign
from irodsfs.filesystem.inodes import Handle, Inode, Inodes, encode_name
from irodsfs.filesystem.opening import Opening
from irodsfs.filesystem.posix_attributes import PosixAttributes
from irodsfs.filesystem.renaming import Renaming
from irodsfs.filesystem.repair import Repair
from irodsfs.filesystem.space import Space
from irodsfs.filesystem.tree import Tree, check_length
from irodsfs.filesystem.virtual_attributes import CONTROL
from irodsfs.filesystem.write_back import WriteBackFiles
from irodsfs.grid.access_levels import MODIFY_OBJECT, READ_OBJECT
from irodsfs.grid.namespace import Entry, made_now
from irodsfs.metrics import BYTES
from irodsfs.mount.attributes import Owner, attributes_of, missing, mode_of
from irodsfs.mount.boundary import answers_errno
from irodsfs.mount.calls import is_given_up

FIRST_HANDLE = 1 << 48
"""Handles are numbered from here on, so that no inode has the number of one."""

ANYBODY_EXECUTES = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class Operations(pyfuse3.Operations):
    """The file system of one mount."""

    supports_dot_lookup = False
    enable_writeback_cache = False

    def __init__(
        self,
        catalog: Catalog,
        inodes: Inodes,
        files: WriteBackFiles,
        opening: Opening,
        tree: Tree,
        renaming: Renaming,
        repair: Repair,
        space: Space,
        extended_attributes: ExtendedAttributes,
        posix_attributes: PosixAttributes | None,
        corrections: Corrections,
        *,
        owner: Owner,
        read_only: bool,
        strict_permissions: bool,
        links_stay_in: str | None,
    ) -> None:
        super().__init__()
        self._catalog = catalog
        self._inodes = inodes
        self._files = files
        self._opening = opening
        self._tree = tree
        self._renaming = renaming
        self._repair = repair
        self._space = space
        self._extended_attributes = extended_attributes
        self._posix_attributes = posix_attributes
        self._corrections = corrections
        self._owner = owner
        self._read_only = read_only
        self._strict_permissions = strict_permissions
        self._links_stay_in = links_stay_in
        self._directories: dict[int, Directory] = {}
        self._open_files: dict[int, Handle] = {}
        self._handles = itertools.count(FIRST_HANDLE)

    def subject(self, args: Sequence[Any]) -> str:
        """What a request is about, for the log: the path, and the name in it."""
        number = args[0] if args and isinstance(args[0], int) else pyfuse3.ROOT_INODE
        try:
            node = self._open_files[number].inode if number in self._open_files else self._inodes[number]
            path = node.path or f"inode {node.number} (unlinked)"
        except KeyError:
            path = f"handle {number}"
        name = args[1] if len(args) > 1 and isinstance(args[1], bytes) and len(args[1]) < 512 else b""
        return f"{path} {name.decode('utf-8', 'replace')}".rstrip()

    # Names

    @answers_errno
    async def lookup(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> EntryAttributes:
        try:
            path = self._inodes.child(parent_inode, name)
        except UnicodeDecodeError:
            # No zone has such a name, so what is to be said of it is that it is missing; making it is another matter.
            return missing()
        entry = await self._look_up(path)
        if entry is None:
            check_length(path)
            if not await self._repair.restored(path):
                # Linux must ask each time: it would go on believing so when a call has found a directory there.
                return missing()
            entry = await self._catalog.find(path)
        return self._named(entry, self._inodes.looked_up(path))

    async def _look_up(self, path: str) -> Entry | None:
        inode = self._inodes.get(path)
        if inode is not None and inode.lookups > 0 and trio.current_time() < inode.known_until:
            # The kernel knows the name and asks all the same: it is about to make, or to replace, what has it.
            return await self._catalog.find_now(path)
        return await self._catalog.find_if_there(path)

    async def forget(self, inode_list: Sequence[tuple[InodeT, int]]) -> None:
        for number, lookups in inode_list:
            self._inodes.forget(number, lookups)

    @answers_errno
    async def getattr(self, inode: InodeT, ctx: RequestContext) -> EntryAttributes:
        node = self._inodes[inode]
        entry = await self._entry(node)
        await self._files.follow(node, entry)
        return self._attributes(entry, node)

    @answers_errno
    async def setattr(
        self,
        inode: InodeT,
        attr: EntryAttributes,
        fields: SetattrFields,
        fh: FileHandleT | None,
        ctx: RequestContext,
    ) -> EntryAttributes:
        node = self._inodes[inode]
        entry = await self._entry(node)
        self._check_writable()
        keeps_mode = fields.update_mode and self._posix_attributes is not None
        drops_mode = fields.update_mode and not keeps_mode
        if self._strict_permissions and (fields.update_uid or fields.update_gid or drops_mode):
            raise PermissionError(errno.EPERM, "iRODS has no such permissions")
        if keeps_mode:
            await self._change_mode(node, entry, stat.S_IMODE(attr.st_mode))
        if fields.update_size:
            await self._files.truncate(node, entry, attr.st_size, through_handle=fh is not None)
        if fields.update_mtime:
            with self._looked_up_again(node):
                await self._set_modified(node, entry, attr.st_mtime_ns)
        if fields.update_atime:
            node.accessed_ns = attr.st_atime_ns
        return self._attributes(await self._entry(node), node)

    @answers_errno
    async def access(self, inode: InodeT, mode: ModeT, ctx: RequestContext) -> bool:
        entry = await self._entry(self._inodes[inode])
        if mode & os.W_OK and (self._read_only or entry.access < MODIFY_OBJECT):
            return False
        if mode & os.X_OK and not self._is_executable(entry):
            return False
        return not mode & (os.R_OK | os.X_OK) or entry.access >= READ_OBJECT

    @answers_errno
    async def mkdir(self, parent_inode: InodeT, name: bytes, mode: ModeT, ctx: RequestContext) -> EntryAttributes:
        path = await self._new(parent_inode, name)
        entry = await self._tree.make_collection(path, self._mode_to_keep(path, mode, is_collection=True))
        self._opening.made_directory(path, ctx.pid)
        return self._named(entry, self._inodes.looked_up(path))

    @answers_errno
    async def unlink(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        self._check_writable()
        await self._tree.remove_object(self._inodes.child(parent_inode, name))

    @answers_errno
    async def rmdir(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        self._check_writable()
        await self._tree.remove_collection(self._inodes.child(parent_inode, name))

    @answers_errno
    async def rename(
        self,
        parent_inode_old: InodeT,
        name_old: bytes,
        parent_inode_new: InodeT,
        name_new: bytes,
        flags: FlagT,
        ctx: RequestContext,
    ) -> None:
        target = await self._new(parent_inode_new, name_new)
        await self._renaming.rename(self._inodes.child(parent_inode_old, name_old), target, flags)

    @answers_errno
    async def mknod(
        self, parent_inode: InodeT, name: bytes, mode: ModeT, rdev: int, ctx: RequestContext
    ) -> EntryAttributes:
        if not stat.S_ISREG(mode):
            raise PermissionError(errno.EPERM, "iRODS has no special files")
        node, _ = await self._create(parent_inode, name, mode, os.O_WRONLY | os.O_EXCL, ctx.pid)
        try:
            try:
                await self._files.flush(node)
            finally:
                await self._files.release(node)
        except BaseException:
            self._inodes.forget(node.number, 1)
            raise
        return self._named(await self._entry(node), node)

    @answers_errno
    async def symlink(self, parent_inode: InodeT, name: bytes, target: bytes, ctx: RequestContext) -> EntryAttributes:
        if self._posix_attributes is None:
            raise PermissionError(errno.EPERM, "iRODS has no symbolic links")
        path = await self._new(parent_inode, name)
        entry = await self._posix_attributes.make_link(path, target)
        return self._named(entry, self._inodes.looked_up(path))

    @answers_errno
    async def readlink(self, inode: InodeT, ctx: RequestContext) -> bytes:
        entry = await self._entry(self._inodes[inode])
        if entry.link_target is None:
            raise OSError(errno.EINVAL, f"{entry.path} is no symbolic link")
        if self._links_stay_in is not None:
            refuse_foreign(self._links_stay_in, entry.path, entry.link_target)
        return encode_name(entry.link_target)

    @answers_errno
    async def link(
        self, inode: InodeT, new_parent_inode: InodeT, new_name: bytes, ctx: RequestContext
    ) -> EntryAttributes:
        raise PermissionError(errno.EPERM, "iRODS has no hard links")

    # Directories

    @answers_errno
    async def opendir(self, inode: InodeT, ctx: RequestContext) -> FileHandleT:
        handle = next(self._handles)
        reading = await self._catalog.read(self._inodes.path(inode))
        if not reading.listing:
            try:
                await self._tree.check_ordinary(reading.path)
            except BaseException:
                self._catalog.finished(reading)
                raise
        self._directories[handle] = Directory(self._catalog, self._repair, reading)
        return FileHandleT(handle)

    @answers_errno
    async def readdir(self, fh: FileHandleT, start_id: int, token: pyfuse3.ReaddirToken) -> None:
        directory = self._directories[fh]
        shown = await directory.after(start_id)
        if is_given_up():
            return  # the token has been answered
        timeout = directory.believed_for()
        for position, name, path, entry in shown:
            inode = self._inodes.of(path)
            attributes = attributes_of(entry, inode, self._owner, read_only=self._read_only, timeout=timeout)
            inode.known_until = trio.current_time() + timeout
            if not pyfuse3.readdir_reply(token, encode_name(name), attributes, position):
                self._inodes.drop_if_unused(inode)
                return
            inode.lookups += 1

    async def releasedir(self, fh: FileHandleT) -> None:
        self._directories.pop(fh).close()

    @answers_errno
    async def fsyncdir(self, fh: FileHandleT, datasync: bool) -> None:
        """Changes of the namespace are in the zone when their call returns, but for files that wait."""
        await self._files.sync_in(self._directories[fh].path)

    # Files: all handles of an inode share one content

    @answers_errno
    async def open(self, inode: InodeT, flags: FlagT, ctx: RequestContext) -> FileInfo:
        node = self._inodes[inode]
        if flags & (os.O_ACCMODE | os.O_TRUNC):
            self._check_writable()
        with self._looked_up_again(node):
            entry = await self._entry(node)
        unchanged = await self._opening.open(node, entry, flags)
        return FileInfo(fh=self._handle(node, flags, ctx), keep_cache=unchanged)

    @answers_errno
    async def create(
        self, parent_inode: InodeT, name: bytes, mode: ModeT, flags: FlagT, ctx: RequestContext
    ) -> tuple[FileInfo, EntryAttributes]:
        node, entry = await self._create(parent_inode, name, mode, flags, ctx.pid)
        return FileInfo(fh=self._handle(node, flags, ctx)), self._named(entry, node)

    def _handle(self, node: Inode, flags: int, ctx: RequestContext) -> FileHandleT:
        handle = next(self._handles)
        self._open_files[handle] = Handle(node, ctx.pid, bool(flags & os.O_APPEND))
        return FileHandleT(handle)

    @answers_errno
    async def read(self, fh: FileHandleT, off: int, size: int) -> bytes:
        contents = self._open_files[fh].inode.contents
        assert contents is not None
        content = await contents.read(off, size)
        BYTES.add("read", amount=len(content))
        return content  # type: ignore[return-value]  # any buffer will do

    @answers_errno
    async def write(self, fh: FileHandleT, off: int, buf: bytes) -> int:
        handle = self._open_files[fh]
        contents = handle.inode.contents
        assert contents is not None
        await contents.write(off, buf, appends=handle.appends)
        handle.inode.shown_size = max(handle.inode.shown_size, off + len(buf))
        BYTES.add("written", amount=len(buf))
        return len(buf)

    @answers_errno
    async def flush(self, fh: FileHandleT) -> None:
        await self._files.flush(self._open_files[fh].inode)

    @answers_errno
    async def fsync(self, fh: FileHandleT, datasync: bool) -> None:
        await self._files.sync(self._open_files[fh].inode)

    @answers_errno
    async def release(self, fh: FileHandleT) -> None:
        node = self._open_files.pop(fh).inode
        try:
            await self._files.release(node)
        finally:
            self._inodes.drop_if_unused(node)

    # The rest

    @answers_errno
    async def setxattr(self, inode: InodeT, name: bytes, value: bytes, ctx: RequestContext) -> None:
        self._check_writable()
        with self._looked_up_again(self._inodes[inode]):
            await self._extended_attributes.set(await self._registered_path(inode), name, value)

    @answers_errno
    async def getxattr(self, inode: InodeT, name: bytes, ctx: RequestContext) -> bytes:
        node = self._inodes[inode]
        if node.waiting is not None and is_virtual(name) and name != CONTROL.encode():
            await self._files.sync(node)  # what the zone knows of it
        return await self._extended_attributes.get(self._inodes.path(inode), name)

    @answers_errno
    async def listxattr(self, inode: InodeT, ctx: RequestContext) -> Sequence[bytes]:
        return await self._extended_attributes.names(self._inodes.path(inode))

    @answers_errno
    async def removexattr(self, inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        self._check_writable()
        with self._looked_up_again(self._inodes[inode]):
            await self._extended_attributes.remove(await self._registered_path(inode), name)

    @answers_errno
    async def statfs(self, ctx: RequestContext) -> pyfuse3.StatvfsData:
        return await self._space.statistics()

    async def _create(self, parent_inode: InodeT, name: bytes, mode: int, flags: int, pid: int) -> tuple[Inode, Entry]:
        path = await self._new(parent_inode, name)
        node = self._inodes.looked_up(path)
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
        if mode != mode_of(entry, self._owner, read_only=self._read_only):
            await self._posix_attributes.change_mode(node, entry, mode)

    def _mode_to_keep(self, path: str, mode: int, *, is_collection: bool) -> int | None:
        """The bits of something new, unless it is shown with them anyway."""
        shown = mode_of(made_now(path, is_collection=is_collection), self._owner, read_only=self._read_only)
        bits = stat.S_IMODE(mode)
        return None if self._posix_attributes is None or bits == shown else bits

    def _is_executable(self, entry: Entry) -> bool:
        return entry.is_collection or bool(mode_of(entry, self._owner, read_only=self._read_only) & ANYBODY_EXECUTES)

    async def _new(self, parent_inode: InodeT, name: bytes) -> str:
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

    async def _registered_path(self, inode: InodeT) -> str:
        node = self._inodes[inode]
        if node.contents is not None and not node.contents.registered:
            await self._files.sync(node)
        return self._inodes.path(inode)

    async def _entry(self, node: Inode) -> Entry:
        if node.path is not None:
            return await self._catalog.find(node.path)
        if node.last_entry is None:
            raise FileNotFoundError(f"inode {node.number} was unlinked")
        return node.last_entry

    def _attributes(self, entry: Entry, node: Inode) -> EntryAttributes:
        timeout = self._catalog.fresh_for(entry.path)
        return attributes_of(entry, node, self._owner, read_only=self._read_only, timeout=timeout)

    def _named(self, entry: Entry, node: Inode) -> EntryAttributes:
        """Attributes that the kernel gets with a name, which it believes for as long."""
        attributes = self._attributes(entry, node)
        node.known_until = trio.current_time() + attributes.entry_timeout
        return attributes

    def _check_writable(self) -> None:
        if self._read_only:
            raise OSError(errno.EROFS, "mounted read-only")
