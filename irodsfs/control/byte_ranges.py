"""Which bytes of a file a request wants: the Range header, or the parameters `offset` and `length`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from irodsfs.control.http_errors import ControlError

_SINGLE = re.compile(r"\s*bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)\s*", re.IGNORECASE)
_DIGITS = 20
"""More than the size of anything has."""


@dataclass(frozen=True)
class Segment:
    """Bytes from `start` to `end` of a file of `size` bytes; `is_range` when the header asked for them."""

    start: int
    end: int
    size: int
    is_range: bool = False

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def status(self) -> HTTPStatus:
        return HTTPStatus.PARTIAL_CONTENT if self.is_range else HTTPStatus.OK

    def headers(self) -> dict[str, str]:
        return {"Content-Range": f"bytes {self.start}-{self.end - 1}/{self.size}"} if self.is_range else {}


def by_parameters(size: int, offset: int, length: int | None) -> Segment:
    start = min(offset, size)
    return Segment(start, size if length is None else min(start + length, size), size)


def by_header(size: int, header: str) -> Segment | None:
    """The range in a header; None for one that is not a single range of bytes, which is to be ignored.

    Raises `ControlError` 416 for one that the file has not.
    """
    found = _SINGLE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return None
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, size - _number(last)), size
    else:
        start, end = _number(first), min(_number(last) + 1 if last else size, size)
        if last and _number(last) < start:
            return None
    if start >= end:
        raise _unsatisfiable(size)
    return Segment(start, end, size, is_range=True)


def _number(digits: str) -> int:
    """The number, or a large one in the place of one that is larger: Python refuses to read thousands of digits."""
    return int(digits.lstrip("0")[:_DIGITS] or "0")


def _unsatisfiable(size: int) -> ControlError:
    error = ControlError(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "RANGE_NOT_SATISFIABLE",
        f"The file has {size} bytes, none of them in this range.",
        field="Range",
        remedy="Ask for bytes that the file has.",
    )
    error.headers["Content-Range"] = f"bytes */{size}"
    return error
