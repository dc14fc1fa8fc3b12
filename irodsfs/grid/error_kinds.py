"""The one table of what can go wrong in a zone or on the line to it: what programs and what HTTP clients are told."""

from __future__ import annotations

import errno
from enum import Enum
from http import HTTPStatus

import irods.exception as ex
from irods.message import Bad_AVU_Field

from irodsfs.grid.errors import ZONE_FAILURES, LinkBroken, ZoneTimeout, ZoneUnreachable, is_about_ticket, without_errno

Classes = tuple[type[Exception], ...]

# fmt: off
_MISSING = (
    ex.DoesNotExist, ex.NoResultFound, ex.OBJ_PATH_DOES_NOT_EXIST, ex.USER_FILE_DOES_NOT_EXIST, ex.CAT_NO_ROWS_FOUND,
    ex.CAT_UNKNOWN_COLLECTION, ex.CAT_UNKNOWN_FILE, ex.CAT_NOT_A_DATAOBJ_AND_NOT_A_COLLECTION,
    ex.CAT_UNKNOWN_SPECIFIC_QUERY,
)
_TAKEN = (
    ex.DataObjectExistsAtLogicalPath, ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, ex.CAT_NAME_EXISTS_AS_COLLECTION,
    ex.CAT_NAME_EXISTS_AS_DATAOBJ, ex.OVERWRITE_WITHOUT_FORCE_FLAG,
)
_NOT_PERMITTED = (ex.SYS_NO_API_PRIV, ex.SYS_NOT_ALLOWED, ex.CAT_INSUFFICIENT_PRIVILEGE_LEVEL)
_TICKET_REFUSED = (ex.CAT_TICKET_INVALID, ex.CAT_TICKET_EXPIRED, ex.CAT_TICKET_USES_EXCEEDED)
_PASSWORD_REFUSED = (ex.CAT_INVALID_AUTHENTICATION, ex.CAT_PASSWORD_EXPIRED, ex.PAM_AUTH_PASSWORD_FAILED)
_WRONG_INPUT = (
    ex.InvalidInputArgument, ex.SYS_INVALID_INPUT_PARAM, ex.USER_INPUT_PATH_ERR, ex.CAT_INVALID_ARGUMENT,
    ex.SAME_SRC_DEST_PATHS_ERR, Bad_AVU_Field,
)
_DOWN = (
    ex.SYS_RESC_IS_DOWN, ex.USER_SOCK_CONNECT_ERR, ex.CROSS_ZONE_SOCK_CONNECT_ERR, ex.USER_RODS_HOSTNAME_ERR,
    ex.SYS_SVR_TO_SVR_CONNECT_FAILED, LinkBroken,
)
_CORRUPT = (ex.CHECK_VERIFICATION_RESULTS, ex.USER_CHKSUM_MISMATCH)
_TIMEOUT = (ZoneTimeout, ex.USER_SOCK_CONNECT_TIMEDOUT, ex.SYS_SOCK_READ_TIMEDOUT)
# fmt: on


class Kind(Enum):
    """Errors that mean the same: their errno and HTTP status, and which they are.

    `numbers` are those that python-irodsclient has no class for.
    """

    MISSING = errno.ENOENT, HTTPStatus.NOT_FOUND, _MISSING
    """Or hidden from this user, which zones do not tell apart."""
    TAKEN = errno.EEXIST, HTTPStatus.CONFLICT, _TAKEN
    NOT_EMPTY = errno.ENOTEMPTY, HTTPStatus.CONFLICT, (ex.CAT_COLLECTION_NOT_EMPTY,)
    NOT_A_COLLECTION = errno.ENOTDIR, HTTPStatus.CONFLICT, (), (-170000,)
    BUSY = errno.EBUSY, HTTPStatus.CONFLICT, (ex.HIERARCHY_ERROR, ex.LOCKED_DATA_OBJECT_ACCESS), (-405000,)
    """Open elsewhere; the number is INTERMEDIATE_REPLICA_ACCESS."""
    NO_ACCESS = errno.EACCES, HTTPStatus.FORBIDDEN, (ex.CAT_NO_ACCESS_PERMISSION,)
    NOT_PERMITTED = errno.EPERM, HTTPStatus.FORBIDDEN, _NOT_PERMITTED
    TICKET_REFUSED = errno.EACCES, HTTPStatus.FORBIDDEN, _TICKET_REFUSED
    """Also every number without a class of which `is_about_ticket` is true."""
    PASSWORD_REFUSED = errno.EACCES, HTTPStatus.FORBIDDEN, _PASSWORD_REFUSED
    UNKNOWN_USER = errno.EACCES, HTTPStatus.BAD_REQUEST, (ex.CAT_INVALID_USER,)
    """Of a login, or named in a request."""
    UNKNOWN_RESOURCE = errno.ENODEV, HTTPStatus.BAD_REQUEST, (ex.SYS_RESC_DOES_NOT_EXIST,)
    NO_QUOTA = errno.EDQUOT, HTTPStatus.INSUFFICIENT_STORAGE, (ex.SYS_RESC_QUOTA_EXCEEDED,), (-186000,)
    """The number is LOGICAL_QUOTA_EXCEEDED."""
    NO_SPACE = errno.ENOSPC, HTTPStatus.INSUFFICIENT_STORAGE, ()
    """Told by the storage behind a resource."""
    TOO_LARGE = errno.EFBIG, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, (ex.USER_FILE_TOO_LARGE,)
    NAME_TOO_LONG = errno.ENAMETOOLONG, HTTPStatus.BAD_REQUEST, (ex.USER_STRLEN_TOOLONG, ex.USER_PACKSTRUCT_INPUT_ERR)
    WRONG_INPUT = errno.EINVAL, HTTPStatus.BAD_REQUEST, _WRONG_INPUT
    NOT_SUPPORTED = errno.ENOTSUP, HTTPStatus.BAD_REQUEST, (ex.OperationNotSupported, ex.NotImplementedInIRODSServer)
    NOT_OPEN = errno.EBADF, HTTPStatus.BAD_REQUEST, (ex.BAD_INPUT_DESC_INDEX,)
    OTHER_ZONE = errno.EXDEV, HTTPStatus.BAD_REQUEST, (ex.SYS_CROSS_ZONE_MV_NOT_SUPPORTED,)
    TIMEOUT = errno.ETIMEDOUT, HTTPStatus.GATEWAY_TIMEOUT, _TIMEOUT
    UNREACHABLE = errno.ENOTCONN, HTTPStatus.BAD_GATEWAY, (ZoneUnreachable, ex.NetworkException)
    RESOURCE_DOWN = errno.EHOSTUNREACH, HTTPStatus.BAD_GATEWAY, _DOWN, (-162000, -185000)
    """The line between servers, or to their disks; the numbers are SYS_SOCK_CONNECT_ERR and CONNECTION_REFUSED."""
    REFUSED = errno.EIO, HTTPStatus.BAD_REQUEST, (ex.iRODSException, ex.PycommandsException)
    """Whatever has no kind of its own."""
    CORRUPT = errno.EIO, HTTPStatus.CONFLICT, _CORRUPT
    """The bytes of a replica are not those of its checksum."""

    def __init__(self, number: int, status: HTTPStatus, classes: Classes, numbers: tuple[int, ...] = ()) -> None:
        self.errno = number
        self.status = status
        self.classes = classes
        self.numbers = numbers


_OF_CLASS = {each: kind for kind in Kind for each in kind.classes}
_OF_NUMBER = {number: kind for kind in Kind for number in kind.numbers}
_OF_ERRNO = {kind.errno: kind for kind in reversed(Kind)}
"""The first kind that has it, where several do."""

LOGIN_REFUSED = (*Kind.PASSWORD_REFUSED.classes, *Kind.UNKNOWN_USER.classes)
"""What a zone answers to a wrong user name or password."""


def kind_of(error: BaseException) -> Kind:
    """What an error means; `REFUSED` for what has no kind of its own."""
    code = getattr(error, "code", 0)
    if (number := without_errno(code)) in _OF_NUMBER:
        return _OF_NUMBER[number]
    if is_about_ticket(error):
        return Kind.TICKET_REFUSED
    if isinstance(error, ex.FileDriverException):
        return _OF_ERRNO.get(storage_errno(error), Kind.REFUSED)
    return next((_OF_CLASS[each] for each in type(error).__mro__ if each in _OF_CLASS), Kind.REFUSED)


def storage_errno(error: BaseException) -> int:
    """The errno of the storage behind a resource, which its errors carry in their last three digits; 0 without one."""
    number: int = -getattr(error, "code", 0) % 1000
    return number if isinstance(error, ex.FileDriverException) and number in errno.errorcode else 0


def may_have_been_done(error: BaseException) -> bool:
    """Whether an error leaves open if what was asked for has its effect: only the catalog tells then.

    Servers remove, rename and write what they can, and answer with the failure of what they could not.
    """
    return isinstance(error, ZONE_FAILURES) and kind_of(error) in (
        Kind.RESOURCE_DOWN, Kind.TIMEOUT, Kind.UNREACHABLE, Kind.REFUSED,
    )  # fmt: skip


def is_taken(error: BaseException) -> bool:
    """Whether a zone refused to make something because the name is taken."""
    # Where a file can't be created in the vault, one is in the way in there only.
    return kind_of(error) is Kind.TAKEN and not isinstance(error, ex.UNIX_FILE_CREATE_ERR)
