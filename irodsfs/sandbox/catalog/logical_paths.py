"""Logical paths: absolute, slash-separated, rooted at a zone's name."""

from __future__ import annotations

import re

from irodsfs.sandbox.protocol.error_numbers import IrodsError

MAX_LENGTH = 1088
OPERATOR = re.compile(r"&&|\|\|")


def split(path: str) -> tuple[str, str]:
    """The path of the parent collection and the last name of a path."""
    parent, _, name = path.rpartition("/")
    return parent or "/", name


def checked(path: str) -> str:
    """The path; raises IrodsError for one that is longer than the protocol's structs hold (1,088 bytes with a NUL).

    Nor can it be one that the server's own queries take for more than a path.
    """
    if len(path.encode("utf-8", "surrogateescape")) >= MAX_LENGTH:
        raise IrodsError("USER_PACKSTRUCT_INPUT_ERR")
    if holds_operators(path):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    return path


def holds_operators(path: str, *, is_collection: bool = False) -> bool:
    """Whether a path can't be looked up, because of quotes and operators in its name or before it.

    Data objects are looked up by two conditions, collections by one.
    """
    parent, name = split(path)
    return bool(OPERATOR.search(name) and "'" in name) or is_divided(path if is_collection else parent)


def is_divided(text: str) -> bool:
    """Whether operators stand after an odd number of quotes, where the server takes them for its own."""
    return any(OPERATOR.search(part) for part in text.split("'")[1::2])


def zone_of(path: str) -> str:
    """The zone a path lies in: its first name."""
    return path.removeprefix("/").partition("/")[0]


def without_trailing_slash(path: str) -> str:
    return path[:-1] if len(path) > 1 and path.endswith("/") else path


def is_below(path: str, ancestor: str) -> bool:
    """Whether a path lies in the tree below another one."""
    return path.startswith(ancestor.rstrip("/") + "/")


def as_prefix(path: str) -> str:
    """A pattern for SQL's LIKE (escape character backslash) of everything below a path."""
    return re.sub(r"([\\%_])", r"\\\1", path.rstrip("/")) + "/%"
