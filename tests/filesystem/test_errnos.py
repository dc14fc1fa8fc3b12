from __future__ import annotations

import errno
import inspect

import irods.exception
import pytest
from irods.exception import iRODSException

from irodsfs.filesystem.errnos import errno_of
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, zone_error

CLASSES = [
    kind
    for _, kind in inspect.getmembers(irods.exception, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == irods.exception.__name__
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_exception_of_the_client_library_has_an_errno(kind: type[Exception]) -> None:
    # Some need arguments; what they stand for depends on their class alone.
    assert errno_of(kind.__new__(kind)) in errno.errorcode


@pytest.mark.parametrize(
    "kind", [kind for kind in CLASSES if issubclass(kind, iRODSException) and getattr(kind, "code", None)]
)
def test_numbers_lead_to_the_errno_of_their_class(kind: type[iRODSException]) -> None:
    assert errno_of(zone_error(kind.code)) == errno_of(kind())


@pytest.mark.parametrize("code", [-404000, -1, -999_999_999])
def test_numbers_that_nobody_knows_are_a_failure(code: int) -> None:
    assert errno_of(zone_error(code)) == errno.EIO


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-510002, errno.ENOENT),
        (-510013, errno.EACCES),
        (-520028, errno.ENOSPC),
        (-511017, errno.EEXIST),
        (-520122, errno.EDQUOT),
        (-510999, errno.EIO),
    ],
)
def test_errors_of_the_storage_carry_its_errno(code: int, expected: int) -> None:
    assert errno_of(zone_error(code)) == expected


def test_the_line_has_network_errnos() -> None:
    assert errno_of(ZoneUnreachable("cut")) == errno.ENOTCONN
    assert errno_of(ZoneTimeout("silence")) == errno.ETIMEDOUT


def test_errors_of_the_system_keep_their_errno() -> None:
    assert errno_of(OSError(errno.ENOSPC, "spool")) == errno.ENOSPC
    assert errno_of(FileNotFoundError("/path")) == errno.ENOENT


def test_what_makes_no_sense_is_invalid() -> None:
    assert errno_of(ValueError("a NUL")) == errno.EINVAL


def test_a_resource_that_is_missing_is_no_missing_file() -> None:
    assert errno_of(zone_error(-78000)) == errno.ENODEV
