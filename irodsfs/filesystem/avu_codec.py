"""Extended attribute values and the AVUs they stand for.

A plain value means one AVU without units. Anything else reads, and is set, as JSON `[["value","units"],...]`;
a plain value that itself looks like that is written in the JSON form, so that what was set is what is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from irodsfs.grid.metadata import LONGEST_UNITS, LONGEST_VALUE

NAMESPACE = "user."
XATTR_NAME_MAX = 255
"""Bytes of an extended attribute's name, namespace included (Linux)."""

Value = tuple[str, str]
"""Value and units ("" for none)."""


class BinaryValueError(ValueError):
    """A value that is no text, as programs of other systems keep their own things in (`user.DOSATTRIB`)."""


def encode(values: Sequence[Value]) -> bytes:
    """The extended attribute value for the AVUs of one attribute."""
    if len(values) == 1:
        value, units = values[0]
        if not units and _parse(value) is None:
            return value.encode("utf-8", "surrogateescape")
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")


def decode(content: bytes) -> list[Value]:
    """The AVUs that an extended attribute value stands for. Raises ValueError for what iRODS can't hold."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BinaryValueError("an AVU holds text only, which this is not") from error
    if "\0" in text:
        raise BinaryValueError("an AVU can't hold a NUL character")
    values = _parse(text)
    if values is None:
        values = [(text, "")]
    for value, units in values:
        check(value, units)
    return list(dict.fromkeys(values))


def _parse(text: str) -> list[Value] | None:
    """The pairs of the JSON form, None when the text is not of that form."""
    if not text.startswith("[["):
        return None
    try:
        pairs = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not all(_is_value(pair) for pair in pairs):
        return None
    return [(value, units) for value, units in pairs]


def _is_value(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair)


def check(value: str, units: str) -> None:
    """Raise ValueError for what iRODS can't hold."""
    if not value:
        raise ValueError("an AVU must have a value: remove the attribute instead")
    if "\0" in value + units:
        raise ValueError("an AVU can't hold a NUL character")
    if len(value.encode("utf-8")) > LONGEST_VALUE:
        raise ValueError(f"an AVU's value has at most {LONGEST_VALUE} bytes")
    if len(units.encode("utf-8")) > LONGEST_UNITS:
        raise ValueError(f"an AVU's units have at most {LONGEST_UNITS} bytes")


def encode_name(attribute: str) -> bytes:
    return (NAMESPACE + attribute).encode("utf-8", "surrogateescape")
