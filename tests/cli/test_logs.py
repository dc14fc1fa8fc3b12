"""The log has a line for each record: nothing that a name holds passes for another one, or for a terminal's orders."""

from __future__ import annotations

import logging

import pytest

from irodsfs.cli.logs import OneLine

HOSTILE = "a\n2026-01-01 ERROR forged\r\x1b[2J\x07\x7f\x9b0m\u2028\u202e\udce9b"


def line(message: str, *arguments: object, failure: BaseException | None = None) -> str:
    trace = (type(failure), failure, failure.__traceback__) if failure else None
    record = logging.LogRecord("irodsfs", logging.INFO, __file__, 1, message, arguments, trace)
    return OneLine("%(levelname)s %(name)s: %(message)s").format(record)


def test_control_characters_are_written_as_python_writes_them() -> None:
    expected = r"a\n2026-01-01 ERROR forged\r\x1b[2J\x07\x7f\x9b0m\u2028\u202e\udce9b"
    assert line("lookup %s", HOSTILE) == f"INFO irodsfs: lookup {expected}"
    assert line(f"lookup {HOSTILE}") == f"INFO irodsfs: lookup {expected}"


@pytest.mark.parametrize("plain", ["two  words", "100%", "é e\u0301 🐍", r"back\slash"])
def test_other_characters_stay(plain: str) -> None:
    assert line("%s", plain) == f"INFO irodsfs: {plain}"


def test_a_traceback_has_lines_of_its_own_and_none_that_looks_like_a_record() -> None:
    with pytest.raises(FileNotFoundError) as failed:
        raise FileNotFoundError(HOSTILE)
    first, *rest = line("lookup", failure=failed.value).split("\n")
    assert first == "INFO irodsfs: lookup"
    assert rest[0] == "  Traceback (most recent call last):"
    assert any(each.strip() == "raise FileNotFoundError(HOSTILE)" for each in rest)
    assert all(each.startswith("  ") for each in rest)
    assert not any(character in "\n".join(rest) for character in "\r\x1b\x07\x7f\x9b\u2028\u202e\udce9")
