"""pyfuse3's requests, translated for the file system, and its answers translated back."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from functools import partial
from typing import Any

import pyfuse3
from pyfuse3 import EntryAttributes, FileHandleT, FileInfo, FlagT, InodeT, ModeT, RequestContext, SetattrFields

from irodsfs.filesystem.attributes import Attributes
from irodsfs.filesystem.file_system import Change, FileSystem
from irodsfs.mount.boundary import answers_errno
from irodsfs.mount.calls import is_given_up
from irodsfs.mount.expectations import expected_at

BLOCK = 512
PREFERRED_IO = 1024 * 1024
SPACE_BLOCK = 4096


class Operations(pyfuse3.Operations):
    """What the kernel may ask of one file system."""

    supports_dot_lookup = False
    enable_writeback_cache = False

    def __init__(self, file_system: FileSystem) -> None:
        super().__init__()
        self._files = file_system

    def subject(self, args: Sequence[Any]) -> str:
        """What a request is about, for the log: the path, and the name in it."""
        return self._files.subject(args)

    # Names

    @answers_errno
    async def lookup(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> EntryAttributes:
        found = await self._files.lookup(parent_inode, name, partial(expected_at, ctx.pid))
        return _missing() if found is None else _of(found)

    async def forget(self, inode_list: Sequence[tuple[InodeT, int]]) -> None:
        for number, lookups in inode_list:
            self._files.forget(number, lookups)

    @answers_errno
    async def getattr(self, inode: InodeT, ctx: RequestContext) -> EntryAttributes:
        return _of(await self._files.getattr(inode))

    @answers_errno
    async def setattr(
        self,
        inode: InodeT,
        attr: EntryAttributes,
        fields: SetattrFields,
        fh: FileHandleT | None,
        ctx: RequestContext,
    ) -> EntryAttributes:
        change = Change(
            mode=attr.st_mode if fields.update_mode else None,
            owner=fields.update_uid or fields.update_gid,
            size=attr.st_size if fields.update_size else None,
            modified_ns=attr.st_mtime_ns if fields.update_mtime else None,
            accessed_ns=attr.st_atime_ns if fields.update_atime else None,
        )
        return _of(await self._files.setattr(inode, change, through_handle=fh is not None))

    @answers_errno
    async def access(self, inode: InodeT, mode: ModeT, ctx: RequestContext) -> bool:
        return await self._files.access(inode, mode)

    @answers_errno
    async def mkdir(self, parent_inode: InodeT, name: bytes, mode: ModeT, ctx: RequestContext) -> EntryAttributes:
        return _of(await self._files.mkdir(parent_inode, name, mode, ctx.pid))

    @answers_errno
    async def unlink(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        await self._files.unlink(parent_inode, name)

    @answers_errno
    async def rmdir(self, parent_inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        await self._files.rmdir(parent_inode, name)

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
        await self._files.rename(parent_inode_old, name_old, parent_inode_new, name_new, flags)

    @answers_errno
    async def mknod(
        self, parent_inode: InodeT, name: bytes, mode: ModeT, rdev: int, ctx: RequestContext
    ) -> EntryAttributes:
        return _of(await self._files.mknod(parent_inode, name, mode, ctx.pid))

    @answers_errno
    async def symlink(self, parent_inode: InodeT, name: bytes, target: bytes, ctx: RequestContext) -> EntryAttributes:
        return _of(await self._files.symlink(parent_inode, name, target))

    @answers_errno
    async def readlink(self, inode: InodeT, ctx: RequestContext) -> bytes:
        return await self._files.readlink(inode)

    @answers_errno
    async def link(
        self, inode: InodeT, new_parent_inode: InodeT, new_name: bytes, ctx: RequestContext
    ) -> EntryAttributes:
        raise PermissionError(errno.EPERM, "iRODS has no hard links")

    # Directories

    @answers_errno
    async def opendir(self, inode: InodeT, ctx: RequestContext) -> FileHandleT:
        return FileHandleT(await self._files.opendir(inode))

    @answers_errno
    async def readdir(self, fh: FileHandleT, start_id: int, token: pyfuse3.ReaddirToken) -> None:
        shown = await self._files.readdir(fh, start_id)
        if is_given_up():
            return  # the token has been answered
        for position, name, attributes in shown:
            if not pyfuse3.readdir_reply(token, name, _of(attributes), position):
                self._files.forget(attributes.st_ino)
                return

    async def releasedir(self, fh: FileHandleT) -> None:
        self._files.releasedir(fh)

    @answers_errno
    async def fsyncdir(self, fh: FileHandleT, datasync: bool) -> None:
        await self._files.fsyncdir(fh)

    # Files

    @answers_errno
    async def open(self, inode: InodeT, flags: FlagT, ctx: RequestContext) -> FileInfo:
        handle, unchanged = await self._files.open(inode, flags, ctx.pid)
        return FileInfo(fh=FileHandleT(handle), keep_cache=unchanged)

    @answers_errno
    async def create(
        self, parent_inode: InodeT, name: bytes, mode: ModeT, flags: FlagT, ctx: RequestContext
    ) -> tuple[FileInfo, EntryAttributes]:
        handle, attributes = await self._files.create(parent_inode, name, mode, flags, ctx.pid)
        return FileInfo(fh=FileHandleT(handle)), _of(attributes)

    @answers_errno
    async def read(self, fh: FileHandleT, off: int, size: int) -> bytes:
        return await self._files.read(fh, off, size)  # type: ignore[return-value]  # any buffer will do

    @answers_errno
    async def write(self, fh: FileHandleT, off: int, buf: bytes) -> int:
        return await self._files.write(fh, off, buf)

    @answers_errno
    async def flush(self, fh: FileHandleT) -> None:
        await self._files.flush(fh)

    @answers_errno
    async def fsync(self, fh: FileHandleT, datasync: bool) -> None:
        await self._files.fsync(fh)

    @answers_errno
    async def release(self, fh: FileHandleT) -> None:
        await self._files.release(fh)

    # The rest

    @answers_errno
    async def setxattr(self, inode: InodeT, name: bytes, value: bytes, ctx: RequestContext) -> None:
        await self._files.setxattr(inode, name, value)

    @answers_errno
    async def getxattr(self, inode: InodeT, name: bytes, ctx: RequestContext) -> bytes:
        return await self._files.getxattr(inode, name)

    @answers_errno
    async def listxattr(self, inode: InodeT, ctx: RequestContext) -> Sequence[bytes]:
        return await self._files.listxattr(inode)

    @answers_errno
    async def removexattr(self, inode: InodeT, name: bytes, ctx: RequestContext) -> None:
        await self._files.removexattr(inode, name)

    @answers_errno
    async def statfs(self, ctx: RequestContext) -> pyfuse3.StatvfsData:
        space = await self._files.statfs()
        result = pyfuse3.StatvfsData()
        result.f_bsize = result.f_frsize = SPACE_BLOCK
        result.f_blocks = space.total // SPACE_BLOCK
        result.f_bfree = result.f_bavail = space.free // SPACE_BLOCK
        result.f_files = result.f_ffree = result.f_favail = space.entries
        result.f_namemax = space.longest_name
        return result


def _of(attributes: Attributes) -> EntryAttributes:
    result = EntryAttributes()
    result.st_ino = InodeT(attributes.st_ino)
    result.st_mode = ModeT(attributes.st_mode)
    result.st_nlink = attributes.st_nlink
    result.st_uid = attributes.st_uid
    result.st_gid = attributes.st_gid
    result.st_size = attributes.st_size
    result.st_blocks = -(-attributes.st_size // BLOCK)
    result.st_blksize = PREFERRED_IO
    result.st_mtime_ns = result.st_ctime_ns = attributes.st_mtime_ns
    result.st_atime_ns = attributes.st_atime_ns
    result.st_birthtime_ns = attributes.st_birthtime_ns
    result.entry_timeout = result.attr_timeout = attributes.timeout
    return result


def _missing() -> EntryAttributes:
    """The answer that a name does not exist, which the kernel must not remember."""
    result = EntryAttributes()
    result.st_ino = InodeT(0)
    result.entry_timeout = 0.0
    return result
