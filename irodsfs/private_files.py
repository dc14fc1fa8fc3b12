"""The directories and files in which irodsfs keeps its own things, all of them for their owner only."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from platformdirs import user_state_path

from irodsfs.user_errors import ConfigurationError

APPLICATION = "irodsfs"


def runtime_directory() -> Path:
    """Where running mounts are found: `$XDG_RUNTIME_DIR/irodsfs`; without a login session, beside the logs."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return private(Path(runtime) / APPLICATION if runtime else user_state_path(APPLICATION) / "run")


def socket_path(name: str) -> Path:
    """The control socket of the mount of that name."""
    return runtime_directory() / f"{name}.sock"


def log_directory() -> Path:
    return private(user_state_path(APPLICATION))


def private(directory: Path) -> Path:
    """`directory`, as `make_private` leaves it; raises ConfigurationError when it can't be had."""
    try:
        make_private(directory)
    except ForeignError as error:
        raise ConfigurationError(f"{directory} {error.strerror}: name another one, or remove it.") from None
    except OSError as error:
        raise ConfigurationError(f"{directory} can't be made: {os.strerror(error.errno or 0)}.") from None
    return directory


def make_private(directory: Path) -> None:
    """Makes a directory (0700) with those above it, which is still there after a crash; one that exists is checked.

    Raises ForeignError for one of another user's, or one that all share, and OSError.
    """
    _make(directory)
    # A link of somebody else's is refused before it is followed: it could lead to any directory of this user's.
    _require_own(directory, directory.lstat())
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        status = os.fstat(descriptor)
        _require_own(directory, status)
        if status.st_mode & stat.S_ISVTX:
            raise ForeignError(directory, "is shared with other users, as /tmp is")
        if stat.S_IMODE(status.st_mode) & ~0o700:
            os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def _make(directory: Path) -> None:
    if os.path.lexists(directory):
        return
    _make(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)


def _require_own(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.getuid():
        raise ForeignError(path, "belongs to another user")


class ForeignError(PermissionError):
    """What should be this user's own is not."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(errno.EPERM, reason, str(path))


def private_file(name: str | Path, flags: int) -> int:
    """Opens a file, 0600 when that makes it; an opener for `open`.

    Raises ForeignError for what is another user's, or may be: a file that others may write to, or with more names.
    """
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not is_own(os.fstat(descriptor)):
        os.close(descriptor)
        raise ForeignError(name, "is not a file of this user's only")
    return descriptor


def is_own(status: os.stat_result) -> bool:
    """Whether others can neither have put a file where it is nor write into it."""
    private_to_owner = status.st_uid == os.getuid() and not status.st_mode & 0o022
    return stat.S_ISREG(status.st_mode) and status.st_nlink <= 1 and private_to_owner


def write_private(file: Path, content: bytes) -> None:
    """Gives a file (0600) that content, all at once."""
    part = file.with_name(f"{file.name}.{os.urandom(4).hex()}")
    try:
        with open(part, "xb", opener=private_file) as written:
            written.write(content)
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def sync_directory(directory: Path) -> None:
    """What was made, renamed or removed in a directory stays so after a crash."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
