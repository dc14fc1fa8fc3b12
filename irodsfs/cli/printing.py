"""What commands print: bytes of names as they are into files and pipes, readable text on terminals."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from irodsfs.user_errors import OutputError

ENOUGH = 64 * 1024
"""Bytes that are written at once."""

_UNPRINTABLE = re.compile(r"[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def name_of(argument: str) -> str:
    """A path or name on the command line as the zone has it, whose names are UTF-8 whatever the locale is."""
    return os.fsencode(argument).decode("utf-8", "surrogateescape")


def local_name(name: str) -> str:
    """The reverse of `name_of`: how Python names the file here."""
    return os.fsdecode(name.encode("utf-8", "surrogateescape"))


def on_one_line(text: str) -> str:
    """The text with its control characters as Python writes them, for tables and terminals."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class Output:
    """Standard output, of which what is printed is complete after `flush`. Raises `OutputError`."""

    def __init__(self) -> None:
        self._descriptor = sys.stdout.fileno()
        self.is_terminal = sys.stdout.isatty()
        self._encoding = sys.stdout.encoding if self.is_terminal else "utf-8"
        self._waiting = bytearray()

    def line(self, text: str, end: str = "\n") -> None:
        """A line; on a terminal nothing in it moves the cursor or is mangled by the encoding."""
        self._waiting += self._encoded(on_one_line(text) if self.is_terminal else text) + end.encode()
        if self.is_terminal or len(self._waiting) >= ENOUGH:
            self.flush()

    def _encoded(self, text: str) -> bytes:
        if not self.is_terminal:
            try:
                return text.encode("utf-8", "surrogateescape")
            except UnicodeEncodeError:
                pass  # a surrogate that stands for no byte
        return text.encode(self._encoding, "backslashreplace")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> None:
        """Aligned columns without blanks at the end; those numbered in `right` end where their heading does."""
        cells = [[on_one_line(str(cell)) for cell in row] for row in ([headings] if any(headings) else []) + [*rows]]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        to_the_right = set(right)
        for row in cells:
            padded = [
                " " * (width - _width(cell)) + cell if index in to_the_right else cell + " " * (width - _width(cell))
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.line("  ".join(padded).rstrip(" "))

    def document(self, value: Any) -> None:
        """JSON."""
        for line in as_json_text(value).split("\n"):
            self.line(line)

    def flush(self) -> None:
        try:
            while self._waiting:
                written = os.write(self._descriptor, self._waiting)
                del self._waiting[:written]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"The output can't be written: {os.strerror(error.errno or errno.EIO)}.") from None


class JsonList:
    """A JSON array, printed element by element as they come."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._begun = False

    def add(self, element: Any) -> None:
        text = as_json_text(element, indent=None)
        self._output.line(f",\n  {text}" if self._begun else f"[\n  {text}", end="")
        self._begun = True

    def end(self) -> None:
        self._output.line("\n]" if self._begun else "[]")


def as_json_text(value: Any, indent: int | None = 2) -> str:
    """Names that are not UTF-8 are escaped, which any reader of JSON takes."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def _width(text: str) -> int:
    """Columns of a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
