"""The directories in which irodsfs keeps its own files, all of them open to their owner only."""

from __future__ import annotations

import os
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
    """`directory`, made when missing; ConfigurationError when it can't be made or belongs to someone else."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        raise ConfigurationError(f"{directory} can't be made: {os.strerror(error.errno or 0)}.") from None
    if status.st_uid != os.getuid():
        raise ConfigurationError(f"{directory} belongs to another user: remove it, or set XDG_RUNTIME_DIR.")
    directory.chmod(0o700)
    return directory
