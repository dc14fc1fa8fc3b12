"""The one table from what goes wrong below to the errno that a POSIX program expects."""

from __future__ import annotations

import errno

import irods.exception as ex
from irods.message import Bad_AVU_Field

from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable

ERRNOS: dict[type[BaseException], int] = {
    ZoneTimeout: errno.ETIMEDOUT,
    ZoneUnreachable: errno.ENOTCONN,
    ex.NetworkException: errno.ENOTCONN,
    ex.DoesNotExist: errno.ENOENT,
    ex.NoResultFound: errno.ENOENT,
    ex.DataObjectExistsAtLogicalPath: errno.EEXIST,
    ex.InvalidInputArgument: errno.EINVAL,
    ex.OperationNotSupported: errno.ENOTSUP,
    ex.NotImplementedInIRODSServer: errno.ENOTSUP,
    Bad_AVU_Field: errno.EINVAL,
    # missing, or hidden from this user, which the server does not tell apart
    ex.OBJ_PATH_DOES_NOT_EXIST: errno.ENOENT,
    ex.USER_FILE_DOES_NOT_EXIST: errno.ENOENT,
    ex.CAT_NO_ROWS_FOUND: errno.ENOENT,
    ex.CAT_UNKNOWN_COLLECTION: errno.ENOENT,
    ex.CAT_UNKNOWN_FILE: errno.ENOENT,
    ex.CAT_NOT_A_DATAOBJ_AND_NOT_A_COLLECTION: errno.ENOENT,
    # there already
    ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME: errno.EEXIST,
    ex.CAT_NAME_EXISTS_AS_COLLECTION: errno.EEXIST,
    ex.CAT_NAME_EXISTS_AS_DATAOBJ: errno.EEXIST,
    ex.OVERWRITE_WITHOUT_FORCE_FLAG: errno.EEXIST,
    ex.CAT_COLLECTION_NOT_EMPTY: errno.ENOTEMPTY,
    # not allowed
    ex.CAT_NO_ACCESS_PERMISSION: errno.EACCES,
    ex.SYS_NO_API_PRIV: errno.EPERM,
    ex.SYS_NOT_ALLOWED: errno.EPERM,
    ex.CAT_INSUFFICIENT_PRIVILEGE_LEVEL: errno.EPERM,
    ex.CAT_INVALID_AUTHENTICATION: errno.EACCES,
    ex.CAT_INVALID_USER: errno.EACCES,
    ex.CAT_PASSWORD_EXPIRED: errno.EACCES,
    ex.PAM_AUTH_PASSWORD_FAILED: errno.EACCES,
    ex.CAT_TICKET_INVALID: errno.EACCES,
    ex.CAT_TICKET_EXPIRED: errno.EACCES,
    ex.CAT_TICKET_USES_EXCEEDED: errno.EACCES,
    # open elsewhere
    ex.HIERARCHY_ERROR: errno.EBUSY,
    ex.LOCKED_DATA_OBJECT_ACCESS: errno.EBUSY,
    # not there, without being what a path names
    ex.SYS_RESC_DOES_NOT_EXIST: errno.ENODEV,
    # no room
    ex.SYS_RESC_QUOTA_EXCEEDED: errno.EDQUOT,
    ex.USER_FILE_TOO_LARGE: errno.EFBIG,
    # wrong input
    ex.SYS_INVALID_INPUT_PARAM: errno.EINVAL,
    ex.USER_STRLEN_TOOLONG: errno.ENAMETOOLONG,
    ex.USER_PACKSTRUCT_INPUT_ERR: errno.ENAMETOOLONG,
    ex.USER_INPUT_PATH_ERR: errno.EINVAL,
    ex.CAT_INVALID_ARGUMENT: errno.EINVAL,
    ex.SAME_SRC_DEST_PATHS_ERR: errno.EINVAL,
    ex.BAD_INPUT_DESC_INDEX: errno.EBADF,
    # the line between the zone's servers, or to its disks
    ex.USER_SOCK_CONNECT_TIMEDOUT: errno.ETIMEDOUT,
    ex.SYS_SOCK_READ_TIMEDOUT: errno.ETIMEDOUT,
    ex.SYS_RESC_IS_DOWN: errno.EHOSTUNREACH,
    ex.iRODSException: errno.EIO,
    ex.PycommandsException: errno.EIO,
}

UNNAMED: dict[int, int] = {
    -170000: errno.ENOTDIR,  # NOT_A_COLLECTION
    -185000: errno.EHOSTUNREACH,  # CONNECTION_REFUSED
    -186000: errno.EDQUOT,  # LOGICAL_QUOTA_EXCEEDED
    -405000: errno.EBUSY,  # INTERMEDIATE_REPLICA_ACCESS
    -893000: errno.EACCES,  # CAT_TICKET_USER_EXCLUDED
    -894000: errno.EACCES,  # CAT_TICKET_HOST_EXCLUDED
    -895000: errno.EACCES,  # CAT_TICKET_GROUP_EXCLUDED
    -896000: errno.EACCES,  # CAT_TICKET_WRITE_USES_EXCEEDED
    -897000: errno.EACCES,  # CAT_TICKET_WRITE_BYTES_EXCEEDED
}
"""Numbers that python-irodsclient has no class for."""

_FROM_THE_DRIVER = ex.FileDriverException
"""Errors of the storage behind a resource carry its errno in their last three digits."""


def errno_of(error: BaseException) -> int:
    """The errno for an error; EIO for what has none of its own."""
    if isinstance(error, OSError):
        return error.errno or _ERRNO_OF_KIND.get(type(error), errno.EIO)
    if isinstance(error, ex.UnknowniRODSError):
        return UNNAMED.get(error.code, errno.EIO)
    if isinstance(error, _FROM_THE_DRIVER):
        number = -getattr(error, "code", 0) % 1000
        return number if number in errno.errorcode else errno.EIO
    return next((ERRNOS[kind] for kind in type(error).__mro__ if kind in ERRNOS), errno.EIO)


_ERRNO_OF_KIND: dict[type[OSError], int] = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    PermissionError: errno.EACCES,
    NotADirectoryError: errno.ENOTDIR,
    IsADirectoryError: errno.EISDIR,
}
