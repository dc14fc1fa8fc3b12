"""What goes wrong below: the errno that a POSIX program expects for it, and whether it is worth a line in the log."""

from __future__ import annotations

import errno
import logging

from irods.exception import iRODSException

from irodsfs.filesystem.avu_codec import BinaryValueError
from irodsfs.grid.error_kinds import kind_of, storage_errno
from irodsfs.grid.errors import TRANSFER_FAILURES, describe, is_about_ticket

__all__ = ["EXPECTED", "FAILURES", "REFUSALS", "describe", "errno_of", "log_level"]

FAILURES = (*TRANSFER_FAILURES, ValueError)
"""What a call ends in that the zone, this machine or the caller prevents. Any other failure is a mistake of ours."""

REFUSALS = (OSError, iRODSException)
"""What has an errno that may deny what was cached, of the zone or of this mount; not that a line broke."""

EXPECTED = {
    errno.ENOENT,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EXDEV,
    errno.ENAMETOOLONG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENODATA,
    errno.ENOTSUP,
    errno.ESTALE,
}
"""What programs ask for in the course of their work; anything else is worth a line in the log."""
MISTAKES = {errno.EINVAL, errno.EFBIG}
"""What programs are told when they ask for what makes no sense; from a zone it would be a mistake of ours."""

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


def log_level(error: BaseException, number: int) -> int:
    """The level of logging for a failure with this errno."""
    if is_about_ticket(error):
        # Programs only tell that permission is denied; whoever mounted with a ticket wants to know that it is over.
        return logging.WARNING
    if isinstance(error, BinaryValueError):
        # Samba tries with every file, and does without.
        return logging.DEBUG
    if number in EXPECTED or (isinstance(error, OSError) and number in MISTAKES):
        return logging.DEBUG
    # A ValueError tells what a zone can't hold, which EINVAL does not.
    return logging.WARNING if isinstance(error, ValueError) else logging.ERROR
