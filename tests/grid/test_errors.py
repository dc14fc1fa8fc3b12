from __future__ import annotations

import errno

import pytest
from irods.exception import CAT_NO_ACCESS_PERMISSION, UnknowniRODSError

from irodsfs.grid.errors import (
    ZoneUnreachable,
    describe,
    has_lost_link,
    has_silent_link,
    is_about_ticket,
    summarise,
    without_errno,
    zone_error,
)


def test_a_number_is_the_class_that_others_know_it_by() -> None:
    error = zone_error(-818000, "no")
    assert isinstance(error, CAT_NO_ACCESS_PERMISSION)
    assert (error.code, error.args) == (-818000, ("no",))


@pytest.mark.parametrize("code", [-818013, -999_999_000])
def test_a_number_keeps_what_its_class_does_not_tell(code: int) -> None:
    error = zone_error(code)
    assert error.code == code
    assert isinstance(error, UnknowniRODSError if code < -(10**8) else CAT_NO_ACCESS_PERMISSION)


@pytest.mark.parametrize(("code", "plain"), [(-510002, -510000), (-510000, -510000), (-2, 0), (0, 0), ("x", 0), (5, 0)])
def test_an_errno_within_a_number_is_taken_off(code: object, plain: int) -> None:
    assert without_errno(code) == plain


def test_links_between_servers_that_broke_are_told_from_what_rules_fail_with() -> None:
    assert has_lost_link(-4000)
    assert has_lost_link(-4000 - errno.ECONNRESET)
    assert not has_lost_link(-4999)
    assert not has_lost_link(-818000)
    assert has_silent_link(-115000)
    assert not has_silent_link(-4000)


def test_tickets_that_are_refused_are_recognised() -> None:
    assert is_about_ticket(zone_error(-890000 - 1000))
    assert not is_about_ticket(zone_error(-818000))
    assert not is_about_ticket(ZoneUnreachable("gone"))


def test_an_error_is_one_line() -> None:
    assert describe(ZoneUnreachable("a\n  b\r\nc", "", "d")) == "ZoneUnreachable: a b c d"
    assert describe(zone_error(-818000)) == "CAT_NO_ACCESS_PERMISSION -818000"


def test_of_a_stack_of_source_lines_people_are_told_the_last_message() -> None:
    stack = "[-]\t/src/a.cpp:1:f :  status [X]  errno [] -- message [outer]\n"
    stack += "[-]\t/src/b.cpp:2:g :  status [X]  errno [] -- message [can't find [it] here]\n"
    assert summarise(zone_error(-818000, stack)) == "CAT_NO_ACCESS_PERMISSION -818000: can't find [it] here"
    assert summarise(ZoneUnreachable("plain")) == "ZoneUnreachable: plain"
