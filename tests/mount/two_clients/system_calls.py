"""What programs call on one machine, with paths relative to one directory."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path
from typing import Any, Protocol

from tests.mount.two_clients.machines import spool_of
from tests.mount.two_clients.zone_model import DIRECTORY, FILE, LINK
from tests.mounts import Mount

RENAME_NOREPLACE = 1
AT_FDCWD = -100


class SystemCalls(Protocol):
    """Each raises OSError. What `open` answers is only for the other calls of the same machine."""

    def below(self, directory: str) -> SystemCalls:
        """The same machine with paths relative to a directory."""

    def kept(self) -> int:
        """How many files are kept in the spool that the zone would not take."""

    def written_back(self) -> None:
        """Return when no closed file waits any more."""

    def open(self, path: str, flags: int) -> Any:
        """None for a directory, which is closed again."""

    def dup(self, opened: Any) -> Any: ...

    def close(self, opened: Any) -> None: ...

    def fsync(self, opened: Any) -> None: ...

    def pread(self, opened: Any, size: int, offset: int) -> bytes: ...

    def pwrite(self, opened: Any, content: bytes, offset: int) -> int: ...

    def ftruncate(self, opened: Any, size: int) -> None: ...

    def futime(self, opened: Any, seconds: int) -> None: ...

    def fsize(self, opened: Any) -> int: ...

    def mkdir(self, path: str) -> None: ...

    def mknod(self, path: str) -> None: ...

    def symlink(self, target: bytes, path: str) -> None: ...

    def unlink(self, path: str) -> None: ...

    def rmdir(self, path: str) -> None: ...

    def rename(self, old: str, new: str, *, replaces: bool) -> None: ...

    def truncate(self, path: str, size: int) -> None: ...

    def utime(self, path: str, seconds: int) -> None: ...

    def mtime(self, path: str) -> float: ...

    def lstat(self, path: str) -> tuple[str, int]:
        """Kind and size; of a directory 0."""

    def listdir(self, path: str) -> list[str]: ...

    def readlink(self, path: str) -> bytes: ...

    def getxattr(self, path: str, name: str) -> bytes: ...

    def listxattr(self, path: str) -> list[str]: ...

    def setxattr(self, path: str, name: str, value: bytes) -> None: ...

    def removexattr(self, path: str, name: str) -> None: ...


class MountCalls:
    """Those of Linux on a mount."""

    def __init__(self, mount: Mount, root: Path | None = None) -> None:
        self._mount = mount
        self._root = root or mount.path

    def below(self, directory: str) -> MountCalls:
        return MountCalls(self._mount, self._root / directory)

    def kept(self) -> int:
        return len(list(spool_of(self._mount).glob("*/failed/*.json")))

    def written_back(self) -> None:
        self._mount.written_back()

    def open(self, path: str, flags: int) -> int | None:
        number = os.open(self._root / path, flags, 0o644)
        if stat.S_ISDIR(os.fstat(number).st_mode):
            os.close(number)
            return None
        return number

    def dup(self, opened: int) -> int:
        return os.dup(opened)

    def close(self, opened: int) -> None:
        os.close(opened)

    def fsync(self, opened: int) -> None:
        os.fsync(opened)

    def pread(self, opened: int, size: int, offset: int) -> bytes:
        return os.pread(opened, size, offset)

    def pwrite(self, opened: int, content: bytes, offset: int) -> int:
        return os.pwrite(opened, content, offset)

    def ftruncate(self, opened: int, size: int) -> None:
        os.ftruncate(opened, size)

    def futime(self, opened: int, seconds: int) -> None:
        os.utime(opened, (seconds, seconds))

    def fsize(self, opened: int) -> int:
        return os.fstat(opened).st_size

    def mkdir(self, path: str) -> None:
        os.mkdir(self._root / path)

    def mknod(self, path: str) -> None:
        os.mknod(self._root / path, stat.S_IFREG | 0o644)

    def symlink(self, target: bytes, path: str) -> None:
        os.symlink(os.fsdecode(target), self._root / path)

    def unlink(self, path: str) -> None:
        os.unlink(self._root / path)

    def rmdir(self, path: str) -> None:
        os.rmdir(self._root / path)

    def rename(self, old: str, new: str, *, replaces: bool) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        source, target = os.fsencode(self._root / old), os.fsencode(self._root / new)
        if libc.renameat2(AT_FDCWD, source, AT_FDCWD, target, 0 if replaces else RENAME_NOREPLACE):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), old)

    def truncate(self, path: str, size: int) -> None:
        os.truncate(self._root / path, size)

    def utime(self, path: str, seconds: int) -> None:
        os.utime(self._root / path, (seconds, seconds))

    def mtime(self, path: str) -> float:
        return os.stat(self._root / path).st_mtime

    def lstat(self, path: str) -> tuple[str, int]:
        return kind_and_size(os.lstat(self._root / path))

    def listdir(self, path: str) -> list[str]:
        return os.listdir(self._root / path)

    def readlink(self, path: str) -> bytes:
        return os.fsencode(os.readlink(self._root / path))

    def getxattr(self, path: str, name: str) -> bytes:
        return os.getxattr(self._root / path, name)

    def listxattr(self, path: str) -> list[str]:
        return os.listxattr(self._root / path)

    def setxattr(self, path: str, name: str, value: bytes) -> None:
        os.setxattr(self._root / path, name, value)

    def removexattr(self, path: str, name: str) -> None:
        os.removexattr(self._root / path, name)


class Status(Protocol):
    """What `stat` tells of a file."""

    @property
    def st_mode(self) -> int: ...

    @property
    def st_size(self) -> int: ...


def kind_and_size(status: Status) -> tuple[str, int]:
    if stat.S_ISDIR(status.st_mode):
        return DIRECTORY, 0
    return LINK if stat.S_ISLNK(status.st_mode) else FILE, status.st_size
