"""The directories and files in which irodsfs keeps its own things, all of them for their owner only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from platformdirs import user_state_path

from irodsfs.errors import ConfigurationError

APPLICATION = "irodsfs"


def runtime_directory() -> Path:
    """Where running mounts are found: `$XDG_RUNTIME_DIR/irodsfs`; without a login session, beside the logs."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return private(Path(runtime) / APPLICATION if runtime else user_state_path(APPLICATION) / "run")


def log_directory() -> Path:
    return private(user_state_path(APPLICATION))


def private(directory: Path) -> Path:
    """`directory` (0700), made when missing, with those above it; it is still there after a crash.

    Raises ConfigurationError when it can't be made, is another user's, or is shared as /tmp is.
    """
    try:
        _make(directory)
        _require_own(directory)
    except OSError as error:
        raise ConfigurationError(f"{directory} can't be made: {os.strerror(error.errno or 0)}.") from None
    return directory


def _make(directory: Path) -> None:
    if os.path.lexists(directory):
        return
    _make(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)


def _require_own(directory: Path) -> None:
    # A link of somebody else's is refused before it is followed: it could lead to any directory of this user's.
    if directory.lstat().st_uid != os.getuid():
        raise _foreign(directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.getuid():
            raise _foreign(directory)
        if status.st_mode & stat.S_ISVTX:
            raise ConfigurationError(f"{directory} is shared with other users: name a directory of your own.")
        if stat.S_IMODE(status.st_mode) & ~0o700:
            os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def _foreign(directory: Path) -> ConfigurationError:
    return ConfigurationError(f"{directory} belongs to another user: remove it, or set XDG_RUNTIME_DIR.")


def private_file(name: str | Path, flags: int) -> int:
    """Opens a file, 0600 when that makes it; an opener for `open`.

    Raises PermissionError for what is another user's, or no regular file of its own: a link, or one with more names.
    """
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not is_own(os.fstat(descriptor)):
        os.close(descriptor)
        raise PermissionError(f"{name} is not a file of this user's only")
    return descriptor


def is_own(status: os.stat_result) -> bool:
    """Whether a file is what this user made here: others can neither have put it there nor write into it."""
    private_to_owner = status.st_uid == os.getuid() and not status.st_mode & 0o022
    return stat.S_ISREG(status.st_mode) and status.st_nlink <= 1 and private_to_owner


def write_private(file: Path, content: bytes) -> None:
    """Gives a file (0600) that content, all at once."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
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
