from __future__ import annotations

import logging

import pytest

from irodsfs.grid.row_values import LARGEST, leave_out, level_of, nanoseconds, natural, require_path


def test_numbers_are_what_they_are() -> None:
    assert natural("0") == 0
    assert natural(str(LARGEST)) == LARGEST


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "١", str(LARGEST + 1), "9" * 4000])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        natural(text)


def test_times_are_in_nanoseconds() -> None:
    assert nanoseconds("01234567890") == 1_234_567_890 * 10**9
    assert nanoseconds("-5") == -5 * 10**9


@pytest.mark.parametrize("text", ["", "soon", "9" * 12, "9" * 4000])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        nanoseconds(text)


@pytest.mark.parametrize(("text", "level"), [("1200", 1200), ("", 0), ("own", 0), ("-1", 0), ("9" * 20, 0)])
def test_a_level_that_makes_no_sense_is_none(text: str, level: int) -> None:
    assert level_of(text) == level


@pytest.mark.parametrize("path", ["/z/a", "/z/a b'\n", "/z/" + "n" * 1024])
def test_a_path_with_a_name_is_taken(path: str) -> None:
    assert require_path(path) == path


@pytest.mark.parametrize("path", ["/z/", "/z/.", "/z/..", "z/a", "/z/a\0b", "/z/" + "n" * 1025, ""])
def test_what_no_directory_can_show_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        require_path(path)
    with pytest.raises(ValueError, match="no name"):
        require_path("/z/a", name="a/b")


def test_what_is_left_out_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    row = ("a row of this test alone", "x" * 1000)
    with caplog.at_level(logging.WARNING):
        leave_out(row, ValueError("no number"))
        leave_out(row, ValueError("no number"))
    (record,) = caplog.records
    assert "no number" in record.getMessage()
    assert len(record.getMessage()) < 400
