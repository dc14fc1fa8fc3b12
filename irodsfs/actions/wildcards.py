"""Wildcards in logical paths: which paths they fit, and what a query can know of that.

`*` and `?` stand for any characters and for one, `[...]` for one of some, none of them for a slash; `**`, as the whole
of a name, for any number of collections.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from irodsfs.grid.queries import escaped

ANY_DEPTH = "**"
_DEPTHS = re.compile(r"(/\*\*)+/")
_LAST_DEPTHS = re.compile(r"(/\*\*)+\Z")
_PIECE = re.compile(r"\*+|\?|\[[!^]?+\]?+[^]/]*\]|[^*?[]+|\[")


def has_wildcards(text: str) -> bool:
    return any(_is_wildcard(piece) for piece in _PIECE.findall(text))


def fits(text: str, *, across: bool = False) -> re.Pattern[str]:
    """What a path, or a name, fits wholly; `across`: the wildcards stand for slashes too."""
    names = [text] if across else text.split("/")
    expression = ""
    for position, name in enumerate(names):
        last = position == len(names) - 1
        if name == ANY_DEPTH and not across:
            expression += ".*" if last else "(?:[^/]+/)*"
        else:
            expression += "".join(_expressions(name, ".*" if across else "[^/]*", "." if across else "[^/]"))
            expression += "" if last else "/"
    return re.compile(expression, re.DOTALL)


def _expressions(name: str, several: str, one: str) -> Iterator[str]:
    for piece in _PIECE.findall(name):
        if piece.startswith("*"):
            yield several
        elif piece == "?":
            yield one
        elif _is_wildcard(piece):
            yield _one_of(piece)
        else:
            yield re.escape(piece)


def _one_of(piece: str) -> str:
    """Whatever `fnmatch` makes of ranges, those that hold nothing included."""
    piece = f"[!{piece[2:]}" if piece.startswith("[^") else piece
    return "(?!/)" + fnmatch.translate(piece).removeprefix("(?s:").rpartition(")")[0]


def prefilter(text: str) -> str:
    """A condition that all paths (or names) fulfil which fit; others may, too."""
    # `**` may stand for nothing, with a slash beside it.
    text = _DEPTHS.sub("/*", text)
    text = _LAST_DEPTHS.sub("*", text)
    pieces = _PIECE.findall(text)
    return "like '" + "".join(_ANY[each[0]] if _is_wildcard(each) else escaped(each) for each in pieces) + "'"


_ANY = {"*": "%", "?": "_", "[": "_"}


def _is_wildcard(piece: str) -> bool:
    return piece[0] in "*?" or (piece[0] == "[" and len(piece) > 1)
