"""One table tells programs and HTTP clients what an error means."""

from __future__ import annotations

import ast
import errno
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import irods.exception as ex
import pytest
from irods.message import Bad_AVU_Field

import irodsfs
from irodsfs.control.http_errors import explain
from irodsfs.filesystem.errnos import errno_of
from irodsfs.grid.error_kinds import Kind, is_taken, kind_of
from irodsfs.grid.errors import LinkBroken, ZoneTimeout, ZoneUnreachable, has_lost_link, zone_error

BY_CLASS: dict[type[Exception], tuple[int, int]] = {
    ex.DoesNotExist: (errno.ENOENT, 404),
    ex.NoResultFound: (errno.ENOENT, 404),
    ex.OBJ_PATH_DOES_NOT_EXIST: (errno.ENOENT, 404),
    ex.USER_FILE_DOES_NOT_EXIST: (errno.ENOENT, 404),
    ex.CAT_NO_ROWS_FOUND: (errno.ENOENT, 404),
    ex.CAT_UNKNOWN_COLLECTION: (errno.ENOENT, 404),
    ex.CAT_UNKNOWN_FILE: (errno.ENOENT, 404),
    ex.CAT_NOT_A_DATAOBJ_AND_NOT_A_COLLECTION: (errno.ENOENT, 404),
    ex.CAT_UNKNOWN_SPECIFIC_QUERY: (errno.ENOENT, 404),
    ex.DataObjectExistsAtLogicalPath: (errno.EEXIST, 409),
    ex.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME: (errno.EEXIST, 409),
    ex.CAT_NAME_EXISTS_AS_COLLECTION: (errno.EEXIST, 409),
    ex.CAT_NAME_EXISTS_AS_DATAOBJ: (errno.EEXIST, 409),
    ex.OVERWRITE_WITHOUT_FORCE_FLAG: (errno.EEXIST, 409),
    ex.CAT_COLLECTION_NOT_EMPTY: (errno.ENOTEMPTY, 409),
    ex.HIERARCHY_ERROR: (errno.EBUSY, 409),
    ex.LOCKED_DATA_OBJECT_ACCESS: (errno.EBUSY, 409),
    ex.CAT_NO_ACCESS_PERMISSION: (errno.EACCES, 403),
    ex.SYS_NO_API_PRIV: (errno.EPERM, 403),
    ex.SYS_NOT_ALLOWED: (errno.EPERM, 403),
    ex.CAT_INSUFFICIENT_PRIVILEGE_LEVEL: (errno.EPERM, 403),
    ex.CAT_TICKET_INVALID: (errno.EACCES, 403),
    ex.CAT_TICKET_EXPIRED: (errno.EACCES, 403),
    ex.CAT_TICKET_USES_EXCEEDED: (errno.EACCES, 403),
    ex.CAT_INVALID_AUTHENTICATION: (errno.EACCES, 403),
    ex.CAT_PASSWORD_EXPIRED: (errno.EACCES, 403),
    ex.PAM_AUTH_PASSWORD_FAILED: (errno.EACCES, 403),
    ex.CAT_INVALID_USER: (errno.EACCES, 400),
    ex.SYS_RESC_DOES_NOT_EXIST: (errno.ENODEV, 400),
    ex.SYS_RESC_QUOTA_EXCEEDED: (errno.EDQUOT, 507),
    ex.USER_FILE_TOO_LARGE: (errno.EFBIG, 413),
    ex.USER_STRLEN_TOOLONG: (errno.ENAMETOOLONG, 400),
    ex.USER_PACKSTRUCT_INPUT_ERR: (errno.ENAMETOOLONG, 400),
    ex.InvalidInputArgument: (errno.EINVAL, 400),
    ex.SYS_INVALID_INPUT_PARAM: (errno.EINVAL, 400),
    ex.USER_INPUT_PATH_ERR: (errno.EINVAL, 400),
    ex.CAT_INVALID_ARGUMENT: (errno.EINVAL, 400),
    ex.SAME_SRC_DEST_PATHS_ERR: (errno.EINVAL, 400),
    Bad_AVU_Field: (errno.EINVAL, 400),
    ex.OperationNotSupported: (errno.ENOTSUP, 400),
    ex.NotImplementedInIRODSServer: (errno.ENOTSUP, 400),
    ex.BAD_INPUT_DESC_INDEX: (errno.EBADF, 400),
    ZoneTimeout: (errno.ETIMEDOUT, 504),
    ex.USER_SOCK_CONNECT_TIMEDOUT: (errno.ETIMEDOUT, 504),
    ex.SYS_SOCK_READ_TIMEDOUT: (errno.ETIMEDOUT, 504),
    ZoneUnreachable: (errno.ENOTCONN, 502),
    ex.NetworkException: (errno.ENOTCONN, 502),
    ex.SYS_RESC_IS_DOWN: (errno.EHOSTUNREACH, 502),
    ex.USER_SOCK_CONNECT_ERR: (errno.EHOSTUNREACH, 502),
    ex.CROSS_ZONE_SOCK_CONNECT_ERR: (errno.EHOSTUNREACH, 502),
    ex.USER_RODS_HOSTNAME_ERR: (errno.EHOSTUNREACH, 502),
    ex.SYS_SVR_TO_SVR_CONNECT_FAILED: (errno.EHOSTUNREACH, 502),
    LinkBroken: (errno.EHOSTUNREACH, 502),
    ex.SYS_CROSS_ZONE_MV_NOT_SUPPORTED: (errno.EXDEV, 400),
    ex.CHECK_VERIFICATION_RESULTS: (errno.EIO, 409),
    ex.USER_CHKSUM_MISMATCH: (errno.EIO, 409),
    ex.iRODSException: (errno.EIO, 400),
    ex.PycommandsException: (errno.EIO, 400),
}
BY_NUMBER = {
    -162000: (errno.EHOSTUNREACH, 502),  # SYS_SOCK_CONNECT_ERR
    -170000: (errno.ENOTDIR, 409),  # NOT_A_COLLECTION
    -185000: (errno.EHOSTUNREACH, 502),  # CONNECTION_REFUSED
    -186000: (errno.EDQUOT, 507),  # LOGICAL_QUOTA_EXCEEDED
    -405000: (errno.EBUSY, 409),  # INTERMEDIATE_REPLICA_ACCESS
}
TICKETS = (-893000, -894000, -895000, -896000, -897000, -899999)
"""User, host and group excluded, uses and bytes of writing exceeded, and one that is still to come."""


def told(error: Exception) -> tuple[int, int]:
    """What a program and what an HTTP client is told."""
    return errno_of(error), explain(error).status


def test_the_table_names_these_errors_and_no_others() -> None:
    named = [each for kind in Kind for each in kind.classes]
    assert len(named) == len(set(named))
    assert set(named) == set(BY_CLASS)
    assert {number for kind in Kind for number in kind.numbers} == set(BY_NUMBER)


@pytest.mark.parametrize("named", BY_CLASS, ids=lambda named: named.__name__)
def test_a_class_has_an_errno_and_a_status(named: type[Exception]) -> None:
    # Some need arguments; what they stand for depends on their class alone.
    assert told(named.__new__(named)) == BY_CLASS[named]


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_number_without_a_class_has_an_errno_and_a_status(number: int) -> None:
    assert told(zone_error(number)) == BY_NUMBER[number]


@pytest.mark.parametrize("number", TICKETS)
def test_whatever_is_about_a_ticket_is_a_denial(number: int) -> None:
    assert told(zone_error(number)) == (errno.EACCES, HTTPStatus.FORBIDDEN)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (-520028, (errno.ENOSPC, 507)),  # UNIX_FILE_WRITE_ERR, no space left
        (-510013, (errno.EACCES, 403)),  # UNIX_FILE_OPEN_ERR, no permission
        (-511017, (errno.EEXIST, 409)),  # UNIX_FILE_CREATE_ERR, there already
        (-510024, (errno.EMFILE, 400)),  # UNIX_FILE_OPEN_ERR, too many open files
        (-510999, (errno.EIO, 400)),
        (-92111, (errno.EHOSTUNREACH, 502)),  # CROSS_ZONE_SOCK_CONNECT_ERR, connection refused
        (-305113, (errno.EHOSTUNREACH, 502)),  # USER_SOCK_CONNECT_ERR, no route
        (-162110, (errno.EHOSTUNREACH, 502)),  # SYS_SOCK_CONNECT_ERR, timed out
    ],
)
def test_an_errno_may_be_in_the_last_digits_of_a_number(number: int, expected: tuple[int, int]) -> None:
    assert told(zone_error(number)) == expected


@pytest.mark.parametrize(
    ("status", "lost"),
    [
        (-4000, True),  # SYS_HEADER_READ_LEN_ERR
        (-5032, True),  # SYS_HEADER_WRITE_LEN_ERR, broken pipe
        (-116104, True),  # SYS_SOCK_READ_ERR, connection reset
        (-161110, True),  # SYS_SOCK_WRITE_ERR, timed out
        (-1234, False),  # with no errno
        (-305111, False),  # USER_SOCK_CONNECT_ERR: there was no link
        (-162111, False),  # SYS_SOCK_CONNECT_ERR
        (-13000, False),  # SYS_NO_API_PRIV
        (-818000, False),
        (4000, False),
        (0, False),
    ],
)
def test_what_tells_that_a_server_has_lost_another_one(status: int, lost: bool) -> None:
    assert has_lost_link(status) is lost


@pytest.mark.parametrize(
    ("number", "taken"),
    [
        (-809000, True),  # CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME
        (-312000, True),  # OVERWRITE_WITHOUT_FORCE_FLAG
        (-510017, True),  # UNIX_FILE_OPEN_ERR, there already
        (-511017, False),  # UNIX_FILE_CREATE_ERR: what is there is in the vault only
        (-818000, False),  # CAT_NO_ACCESS_PERMISSION
    ],
)
def test_a_name_is_taken(number: int, taken: bool) -> None:
    assert is_taken(zone_error(number)) is taken


def test_a_mistake_of_ours_is_of_no_kind_of_the_zone() -> None:
    assert kind_of(KeyError("x")) is Kind.REFUSED
    assert errno_of(KeyError("x")) == errno.EIO


def test_what_zone_and_line_prevent_is_caught_as_one_set() -> None:
    clauses = list(_clauses())
    assert len(clauses) > 50
    assert [where for where, names in clauses if {"iRODSException", "ZoneUnreachable"} <= names] == []


def _clauses() -> Iterator[tuple[str, set[str]]]:
    """Where errors are listed together, with their names: the one set is in `grid/errors.py`."""
    package = Path(irodsfs.__file__).parent
    for file in package.rglob("*.py"):
        if file == package / "grid" / "errors.py":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Tuple):
                names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                attributes = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                yield f"{file.relative_to(package)}:{node.lineno}", names | attributes
