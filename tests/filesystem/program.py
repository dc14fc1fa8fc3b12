"""A program on a file system, without a kernel: paths are looked up and handles kept as Linux does it."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio
from irods.session import iRODSSession

from irodsfs.config.models import MountConfig, ZoneAccount
from irodsfs.filesystem.attributes import Attributes
from irodsfs.filesystem.file_system import Change, FileSystem
from irodsfs.filesystem.inodes import ROOT
from irodsfs.filesystem.kernel import Kernel, NoKernel
from irodsfs.grid.zone import Zone

PID = 1
READ_AT_ONCE = 128 * 1024
"""Bytes, as Linux reads ahead."""


@asynccontextmanager
async def served(
    session: iRODSSession,
    collection: str,
    spool: Path,
    *,
    kernel: Kernel | None = None,
    environment: Mapping[str, object] | None = None,
    **settings: object,
) -> AsyncIterator[FileSystem]:
    """A file system on a collection; at the end everything is in the zone. `environment` is fields of the account."""
    account = ZoneAccount(
        host=session.host, port=session.port, user=session.username, zone=session.zone, **(environment or {})
    )
    config = MountConfig(
        account=account, mountpoint=spool, collection=collection, spool_directory=spool / "spool", **settings
    )
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, 4, background)
        file_system = FileSystem(zone, config, kernel or NoKernel(), spool / "control.sock")
        await file_system.restore()
        try:
            yield file_system
            assert await file_system.finish() == []
        finally:
            with trio.CancelScope(shield=True):
                await zone.leave()
        background.cancel_scope.cancel()


@dataclass(eq=False)
class File:
    """What `open` gives a program."""

    handle: int
    inode: int
    offset: int = 0
    appends: bool = False


class Program:
    """System calls by path. Raises what the file system raises, and OSError for what Linux itself refuses."""

    def __init__(self, file_system: FileSystem) -> None:
        self._fs = file_system

    async def stat(self, path: str) -> Attributes:
        async with self._node(path) as found:
            return await self._fs.getattr(found.st_ino)

    async def open(self, path: str, flags: int, mode: int = 0o644) -> File:
        async with self._parent(path) as (parent, name):
            found = await self._fs.lookup(parent, name)
            if found is None:
                if not flags & os.O_CREAT:
                    raise FileNotFoundError(errno.ENOENT, path)
                handle, found = await self._fs.create(parent, name, mode | stat.S_IFREG, flags, PID)
                return File(handle, found.st_ino, appends=bool(flags & os.O_APPEND))
            try:
                _check_open(path, found, flags)
                handle, _ = await self._fs.open(found.st_ino, flags & ~(os.O_CREAT | os.O_EXCL), PID)
            except BaseException:
                self._fs.forget(found.st_ino)
                raise
            return File(handle, found.st_ino, appends=bool(flags & os.O_APPEND))

    async def close(self, file: File) -> None:
        try:
            await self._fs.flush(file.handle)
        finally:
            await self._fs.release(file.handle)
            self._fs.forget(file.inode)

    async def write(self, file: File, content: bytes) -> None:
        if file.appends:
            file.offset = (await self._fs.getattr(file.inode)).st_size
        await self.pwrite(file, file.offset, content)
        file.offset += len(content)

    async def pwrite(self, file: File, offset: int, content: bytes) -> None:
        if file.appends:  # of which Linux takes no heed of the offset
            offset = (await self._fs.getattr(file.inode)).st_size
        if content:
            assert await self._fs.write(file.handle, offset, content) == len(content)

    async def read(self, file: File, offset: int, size: int) -> bytes:
        return bytes(await self._fs.read(file.handle, offset, size)) if size else b""

    async def fsync(self, file: File) -> None:
        await self._fs.fsync(file.handle)

    async def ftruncate(self, file: File, size: int) -> None:
        await self._fs.setattr(file.inode, Change(size=size), through_handle=True)

    async def truncate(self, path: str, size: int) -> None:
        async with self._node(path) as found:
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, path)
            await self._fs.setattr(found.st_ino, Change(size=size), through_handle=False)

    async def utime(self, path: str, nanoseconds: int) -> None:
        async with self._node(path) as found:
            change = Change(modified_ns=nanoseconds, accessed_ns=nanoseconds)
            await self._fs.setattr(found.st_ino, change, through_handle=False)

    async def mkdir(self, path: str) -> None:
        async with self._parent(path) as (parent, name):
            if await self._is_there(parent, name):
                raise FileExistsError(errno.EEXIST, path)
            self._fs.forget((await self._fs.mkdir(parent, name, 0o755, PID)).st_ino)

    async def symlink(self, target: str, path: str) -> None:
        async with self._parent(path) as (parent, name):
            self._fs.forget((await self._fs.symlink(parent, name, target.encode())).st_ino)

    async def rmdir(self, path: str) -> None:
        async with self._parent(path) as (parent, name), self._node(path) as found:
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, path)
            await self._fs.rmdir(parent, name)

    async def unlink(self, path: str) -> None:
        async with self._parent(path) as (parent, name), self._node(path) as found:
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, path)
            await self._fs.unlink(parent, name)

    async def rename(self, old: str, new: str) -> None:
        async with (
            self._parent(old) as (source, source_name),
            self._parent(new) as (target, target_name),
            self._node(old),
        ):
            if f"{new}/".startswith(f"{old}/") and new != old:
                raise OSError(errno.EINVAL, new)
            if f"{old}/".startswith(f"{new}/") and new != old:
                raise OSError(errno.ENOTEMPTY, new)
            await self._fs.rename(source, source_name, target, target_name, 0)

    async def listdir(self, path: str) -> list[str]:
        async with self._node(path) as found:
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, path)
            handle = await self._fs.opendir(found.st_ino)
            try:
                return [name async for name in self._names(handle)]
            finally:
                self._fs.releasedir(handle)

    async def fsync_directory(self, path: str) -> None:
        async with self._node(path) as found:
            handle = await self._fs.opendir(found.st_ino)
            try:
                await self._fs.fsyncdir(handle)
            finally:
                self._fs.releasedir(handle)

    async def setxattr(self, path: str, name: str, value: bytes) -> None:
        async with self._node(path) as found:
            await self._fs.setxattr(found.st_ino, name.encode(), value)

    async def getxattr(self, path: str, name: str) -> bytes:
        async with self._node(path) as found:
            return await self._fs.getxattr(found.st_ino, name.encode())

    async def _names(self, handle: int) -> AsyncIterator[str]:
        position = 0
        while shown := list(await self._fs.readdir(handle, position)):
            position = shown[-1][0]
            for _, name, attributes in shown:
                self._fs.forget(attributes.st_ino)
                yield name.decode()

    async def _is_there(self, parent: int, name: bytes) -> bool:
        found = await self._fs.lookup(parent, name)
        if found is not None:
            self._fs.forget(found.st_ino)
        return found is not None

    @asynccontextmanager
    async def _node(self, path: str) -> AsyncIterator[Attributes]:
        """What is at a path, while the block holds it."""
        held: list[int] = []
        try:
            found = await self._fs.getattr(ROOT)
            for part in [part for part in path.split("/") if part]:
                if not stat.S_ISDIR(found.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, path)
                next_one = await self._fs.lookup(found.st_ino, part.encode())
                if next_one is None:
                    raise FileNotFoundError(errno.ENOENT, path)
                found = next_one
                held.append(found.st_ino)
            yield found
        finally:
            for number in held:
                self._fs.forget(number)

    @asynccontextmanager
    async def _parent(self, path: str) -> AsyncIterator[tuple[int, bytes]]:
        async with self._node(posixpath.dirname(path)) as found:
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, path)
            yield found.st_ino, posixpath.basename(path).encode()


def _check_open(path: str, found: Attributes, flags: int) -> None:
    if flags & os.O_CREAT and flags & os.O_EXCL:
        raise FileExistsError(errno.EEXIST, path)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, path)


async def write_file(program: Program, path: str, content: bytes, flags: int = os.O_TRUNC) -> None:
    """As a shell's `>` does."""
    file = await program.open(path, os.O_WRONLY | os.O_CREAT | flags)
    try:
        await program.write(file, content)
    finally:
        await program.close(file)


async def read_file(program: Program, path: str) -> bytes:
    file, content = await program.open(path, os.O_RDONLY), bytearray()
    try:
        while some := await program.read(file, len(content), READ_AT_ONCE):
            content += some
        return bytes(content)
    finally:
        await program.close(file)
