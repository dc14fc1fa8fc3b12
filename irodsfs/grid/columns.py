"""The columns that GenQuery1 knows, by the names that iquest and the REST clients use."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from irods.column import Column, String

PREFIX = "COL_"


class UnknownColumn(ValueError):
    """No column has that name."""

    def __init__(self, name: str, alike: Sequence[str] | None = None) -> None:
        if alike is None:
            alike = difflib.get_close_matches(name.upper().removeprefix(PREFIX), _numbers(), n=3)
        hint = f"; alike are {', '.join(alike)}" if alike else ""
        super().__init__(f"{name!r} is not a column{hint}")


def column(name: str) -> Column:
    """The column of that name, with or without the prefix `COL_`. Raises `UnknownColumn`."""
    number = _numbers().get(name.upper()) or _numbers().get(name.upper().removeprefix(PREFIX))
    if number is None:
        raise UnknownColumn(name)
    return Column(String, name, number)


def names() -> list[str]:
    """Those of all columns."""
    return list(_numbers())


@cache
def _numbers() -> dict[str, int]:
    rows = csv.DictReader(files(__package__).joinpath("columns.csv").read_text("utf-8").splitlines())
    return {row["name"]: int(row["number"]) for row in rows}
