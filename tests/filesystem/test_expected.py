from __future__ import annotations

from dataclasses import replace

import pytest

from irodsfs.filesystem.expected import Expected, expects_nothing
from irodsfs.grid.catalog_entries import Entry, made_now

FILE, DIRECTORY = made_now("/z/file", is_collection=False), made_now("/z/dir", is_collection=True)
LINK = replace(FILE, link_target="dir")


@pytest.mark.parametrize(
    ("expected", "agrees"),
    [
        (Expected.NOTHING, [None]),
        (Expected.DIRECTORY, [DIRECTORY, LINK]),
        (Expected.FILE, [FILE, LINK]),
        (Expected.FILE_OR_NOTHING, [None, FILE, LINK]),
        (Expected.ANYTHING, [DIRECTORY, FILE, LINK]),
    ],
)
def test_a_call_goes_on_with_what_it_needs_alone(expected: Expected, agrees: list[Entry | None]) -> None:
    assert [entry for entry in (None, DIRECTORY, FILE, LINK) if expected.agrees_with(entry)] == agrees


async def test_where_nobody_knows_calls_there_is_none() -> None:
    assert await expects_nothing("/z/file") is None
