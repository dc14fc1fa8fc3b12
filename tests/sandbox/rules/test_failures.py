from __future__ import annotations

from irodsfs.sandbox.rules.failures import Trail, located


def test_a_message_shows_the_line_and_marks_the_column() -> None:
    assert located("oops", "one\n\ttwo", 5) == "oops\nline 1, col 1\n\ttwo\n\t^\n"
    assert located("oops", "one", 3) == "oops\nline 0, col 3\none\n   ^\n"


def test_a_trail_is_told_from_its_end() -> None:
    trail = Trail()
    trail.separate()
    trail.add("first")
    trail.add("second")
    trail.separate()
    trail.add("third")
    assert trail.text() == "third\n==========\nsecond\ncaused by: first\n"


def test_an_empty_trail_has_no_text() -> None:
    trail = Trail()
    trail.separate()
    assert trail.text() == ""
