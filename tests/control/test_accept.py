from __future__ import annotations

import pytest

from irodsfs.control.accept import JSON, XML, most_wanted

LINES = "application/x-ndjson"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", JSON),
        ("application/json;q=0, */*", XML),
        ("application/json; q=0.0, application/xml;q=0.1", XML),
        ("application/json;q=0, application/xml;q=0, */*;q=0.1", LINES),
        ("APPLICATION/JSON;Q=0, */*", XML),
        ("text/json;q=0, */*", XML),
        ("*/*;q=0", None),
        ("application/*;q=0, application/xml", XML),
        ("*/*, application/*;q=0", None),
        ("application/json;q=0", None),
        ("application/json;q=nan, */*", XML),
        ("application/json;q=x, */*", XML),
        ("application/xml, application/json", XML),
        ("*/*;q=0.1, application/x-ndjson", LINES),
        ("text/*", XML),
        ("", None),
        (";;;,,,q=1", None),
    ],
)
def test_what_is_not_wanted_is_not_sent_whatever_a_pattern_says(accept: str, chosen: str | None) -> None:
    assert most_wanted(accept, (JSON, XML, LINES)) == chosen
