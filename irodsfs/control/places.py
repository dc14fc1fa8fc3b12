"""What the control socket and logical paths are of local paths on a mount."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from irodsfs.errors import NotOnMountError

SOCKET_ATTRIBUTE = "irods.control"
PATH_ATTRIBUTE = "irods.path"


def socket_of(path: Path) -> Path:
    """The control socket of the mount that `path` lies on. Raises `NotOnMountError`."""
    return Path(_attribute(path, SOCKET_ATTRIBUTE))


def resource(path: Path) -> str:
    """The URL of what a local path on a mount stands for: a collection or a data object."""
    kind = "collection" if path.is_dir() else "dataObject"
    return f"/{kind}{quote(_attribute(path, PATH_ATTRIBUTE))}"


def logical_path(path: Path) -> str:
    """The logical path of a local path on a mount."""
    return _attribute(path, PATH_ATTRIBUTE)


def _attribute(path: Path, name: str) -> str:
    try:
        return os.fsdecode(os.getxattr(path, name))
    except FileNotFoundError:
        raise NotOnMountError(f"{path} does not exist: name a path on a mount of irodsfs.") from None
    except OSError:
        raise NotOnMountError(f"{path} is not on a mount of irodsfs: name a path on one.") from None
