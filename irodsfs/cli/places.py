"""Local paths on mounts: which control socket answers for one, and what it stands for in the zone."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from irodsfs.cli.mountpoints import mountpoints_of
from irodsfs.cli.records import recorded_with
from irodsfs.user_errors import NotOnMountError

SOCKET_ATTRIBUTE = "irods.control"
PATH_ATTRIBUTE = "irods.path"


class Place:
    """A path on a mount of this user's. It is held open, so that what was checked is what answers."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @property
    def logical_path(self) -> str:
        return self._attribute(PATH_ATTRIBUTE)

    @property
    def resource(self) -> str:
        """The URL of what the path stands for: a collection or a data object."""
        kind = "collection" if stat.S_ISDIR(os.fstat(self._descriptor).st_mode) else "dataObject"
        return f"/{kind}{quote(self.logical_path)}"

    def socket(self) -> Path:
        """The control socket of its mount. Raises `NotOnMountError` for one that this user's mounts did not record.

        Anybody can make a file system that names the socket of somebody else's mount.
        """
        socket = Path(self._attribute(SOCKET_ATTRIBUTE))
        record = recorded_with(socket)
        if record is None or record.mountpoint not in map(str, mountpoints_of(self._descriptor)):
            raise NotOnMountError(f"{self._path} is on a mount that is not yours: name a path on one of yours.")
        return socket

    def _attribute(self, name: str) -> str:
        try:
            return os.fsdecode(os.getxattr(f"/proc/self/fd/{self._descriptor}", name))
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                raise NotOnMountError(
                    f"{self._path} does not answer, as the process of the mount has ended: mount again, or run "
                    "irodsfs umount."
                ) from None
            raise NotOnMountError(f"{self._path} is not on a mount of irodsfs: name a path on one.") from None


@contextmanager
def place_of(path: Path) -> Iterator[Place]:
    """What a path leads to now. Raises `NotOnMountError`."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotOnMountError(f"{path} does not exist: name a path on a mount of irodsfs.") from None
    except OSError:
        raise NotOnMountError(f"{path} is not on a mount of irodsfs: name a path on one.") from None
    try:
        yield Place(path, descriptor)
    finally:
        os.close(descriptor)
