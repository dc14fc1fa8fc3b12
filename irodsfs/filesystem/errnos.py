"""The errno that a POSIX program expects for what goes wrong below."""

from __future__ import annotations

import errno

from irodsfs.grid.error_kinds import kind_of, storage_errno
from irodsfs.grid.errors import ZONE_FAILURES

FAILURES = (*ZONE_FAILURES, OSError, ValueError)
"""What a call ends in that the zone, this machine or the caller prevents. Any other failure is a mistake of ours."""

_ERRNO_OF_KIND: dict[type[OSError], int] = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    PermissionError: errno.EACCES,
    NotADirectoryError: errno.ENOTDIR,
    IsADirectoryError: errno.EISDIR,
}


def errno_of(error: BaseException) -> int:
    """The errno for an error; EIO for what has none of its own."""
    if isinstance(error, OSError):
        return error.errno or _ERRNO_OF_KIND.get(type(error), errno.EIO)
    if isinstance(error, ValueError):
        return errno.EINVAL
    return storage_errno(error) or kind_of(error).errno
