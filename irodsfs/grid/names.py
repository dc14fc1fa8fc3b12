"""Names in paths: that of the zone, and those that servers can't hold.

Those they take for operators when they look them up.
"""

from __future__ import annotations

import posixpath

OPERATORS = ("&&", "||")
LONGEST_NAME = 255
LONGEST_PATH = 1023
"""Bytes: of a name on the file systems of vaults, of a path in the server's structures."""


def zone_of(path: str) -> str:
    """The zone that a path lies in: its first name; "" for what lies in none."""
    return path.lstrip("/").partition("/")[0]


def check_name(path: str) -> None:
    """Raise ValueError for a path whose last name servers can't look up."""
    name = posixpath.basename(path)
    if "'" in name and any(operator in name for operator in OPERATORS):
        raise ValueError(f"{path}: iRODS can't hold a name in which ' is together with && or ||")


def check_collection_path(path: str) -> None:
    """Raise ValueError for the path of a collection, which servers look up as a whole, when they can't."""
    check_name(path)
    outside_quotes = path.split("'")[1::2]
    if any(operator in part for part in outside_quotes for operator in OPERATORS):
        raise ValueError(f"{path}: iRODS can't hold a collection in whose path ' comes before && or ||")
