"""The bytes of replicas: files in a resource's vault directory, named after their logical paths."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.protocol.error_numbers import IrodsError


def physical_path(vault: str, logical_path: str) -> str:
    """Where a new replica's file goes: the logical path below the zone's name, in the vault; raises IrodsError."""
    names = logical_path.split("/", 2)[2]
    if ".." in names.split("/"):
        raise IrodsError("SYS_INVALID_FILE_PATH")
    return vault + "/" + names


def free_path(catalog: Catalog, path: str) -> str:
    """The path itself when no file of the catalog lies there, else one with a number added; orphans give way."""
    if not os.path.lexists(path) or Path(path).is_dir():
        return path
    if catalog.value("SELECT 1 FROM R_DATA_MAIN WHERE data_path = ?", path):
        return free_path(catalog, f"{path}.{secrets.randbits(32)}")
    unlink(path)
    return path


def make_parents(path: str) -> None:
    """Makes the directories that lead to a file; raises IrodsError."""
    try:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise IrodsError("UNIX_FILE_MKDIR_ERR", errno=error.errno or 0) from None


def create(path: str, flags: int, mode: int = 0o600) -> int:
    """Makes a file, with the directories that lead to it, and answers its descriptor; raises IrodsError.

    An empty directory in its place gives way: a collection had that name once.
    """
    try:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if Path(path).is_dir() and not any(Path(path).iterdir()):
            Path(path).rmdir()
        return os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except OSError as error:
        raise IrodsError("UNIX_FILE_CREATE_ERR", errno=error.errno or 0) from None


def open_file(path: str, flags: int) -> int:
    """Opens a replica's file; raises IrodsError."""
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPEN_ERR", errno=error.errno or 0) from None


def size(path: str) -> int:
    """Bytes in a replica's file; raises IrodsError."""
    try:
        return Path(path).stat().st_size
    except OSError as error:
        raise IrodsError("UNIX_FILE_STAT_ERR", errno=error.errno or 0) from None


def unlink(path: str) -> None:
    """Removes a replica's file; one that is gone already is no failure."""
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise IrodsError("UNIX_FILE_UNLINK_ERR", errno=error.errno or 0) from None


def move(catalog: Catalog, source: str, target: str) -> str:
    """Gives a file another path and answers that; the old one goes when the catalog's transaction is committed."""
    target = free_path(catalog, target)
    try:
        if Path(target).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
        Path(target).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.link(source, target)
    except OSError as error:
        raise IrodsError("UNIX_FILE_RENAME_ERR", errno=error.errno or 0) from None
    catalog.when_committed(lambda: unlink(source))
    return target


def truncate(path: str, length: int) -> None:
    """Cuts or extends a replica's file to a length in bytes; raises IrodsError."""
    try:
        os.truncate(path, length)
    except OSError as error:
        raise IrodsError("UNIX_FILE_TRUNCATE_ERR", errno=error.errno or 0) from None
