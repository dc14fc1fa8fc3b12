"""The values of the rule language: what types they have, how they read as text, and when one passes for another.

Integers, doubles, booleans, strings, lists and tuples are Python's own; ``None`` is a variable that has no value yet.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from typing import TypeAlias

from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.rules.failures import Failure

TIME_FORMAT = "%b %d %Y %H:%M:%S"
TEXT_LIMIT = 1023
SHOWN = {"time": "DATETIME", "unspecified": "OTHER"}
LEAST = -(2**31)
LEADING_NUMBER = re.compile(r"\s*([+-]?\d+)")
LEADING_DECIMAL = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


class Path(str):
    """A path in the zone, written without quotes."""


class KeyValues(dict[str, str]):
    """Pairs of keyword and value; shared, not copied, when assigned."""


@dataclass(frozen=True)
class Time:
    """Seconds since 1970."""

    seconds: int


@dataclass(frozen=True)
class Bytes:
    """A buffer that was read or is to be written."""

    data: bytes


@dataclass
class QueryInput:
    """A GenQuery1 that a rule puts together: (column, option) pairs, (column, condition) pairs."""

    selections: list[tuple[int, int]] = field(default_factory=list)
    conditions: list[tuple[int, str]] = field(default_factory=list)
    continue_index: int = 0


@dataclass
class QueryOutput:
    """A page of a GenQuery1's rows, and the GenQueryOut_PI it came in."""

    struct: Struct
    rows: list[KeyValues] = field(default_factory=list)
    continue_index: int = 0


@dataclass(frozen=True)
class Arguments:
    """An input struct of an API, known by its packing name: a path with keywords."""

    name: str
    path: str
    keywords: KeyValues = field(default_factory=KeyValues)


Value: TypeAlias = (
    "bool | int | float | str | list[Value] | tuple[Value, ...] | KeyValues | Time | Bytes | QueryInput | QueryOutput"
    " | Arguments | None"
)

STRUCTS: dict[type, str] = {
    KeyValues: "KeyValPair_PI",
    QueryInput: "GenQueryInp_PI",
    QueryOutput: "GenQueryOut_PI",
    Bytes: "BUF_LEN_PI",
}
TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "double",
    Path: "path",
    str: "string",
    Time: "time",
    list: "list",
    tuple: "tuple",
    type(None): "unspecified",
}


def type_name(value: Value) -> str:
    """The type as signatures of functions have it; that of a struct is its packing name."""
    if isinstance(value, Arguments):
        return value.name
    return STRUCTS.get(type(value)) or TYPES[type(value)]


def shown_type(value: Value) -> str:
    """The type as ``type`` and error messages show it."""
    if isinstance(value, list):
        return f"list ({shown_type(value[0]) if value else 'OTHER'})"
    if isinstance(value, tuple):
        return " * ".join(shown_type(item) for item in value) or "unit"
    if isinstance(value, Arguments) or type(value) in STRUCTS:
        return type_name(value)
    return SHOWN.get(type_name(value), type_name(value).upper())


def integer(number: float) -> int:
    """A number as the server keeps an integer: 32 bits, two's complement; what is not finite is the least."""
    if not math.isfinite(number):
        return LEAST
    return (int(number) + 2**31) % 2**32 - 2**31


def leading_integer(text: str) -> int:
    """The number a text begins with, 0 when it begins with none."""
    digits = LEADING_NUMBER.match(text)
    return integer(int(digits[1])) if digits else 0


def leading_decimal(text: str) -> float:
    digits = LEADING_DECIMAL.match(text)
    return float(digits[1]) if digits else 0.0


def number_text(number: float) -> str:
    return str(int(number)) if number == integer(number) else f"{number:f}"


def text_of(value: Value) -> str:
    """Any value as ``writeLine`` shows it."""
    match value:
        case None:
            return "<undefined>"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return value
        case Time():
            return time.strftime(TIME_FORMAT, time.localtime(value.seconds))
        case list() | tuple():
            return f"[{','.join(text_of(item) for item in value)}]"[:TEXT_LIMIT]
        case KeyValues():
            pairs = "".join(f"{key}={content};" for key, content in value.items())
            return f"KeyValue[{len(value)}]:{pairs}"[:TEXT_LIMIT]
        case Bytes():
            return str(len(value.data))
        case Arguments():
            return value.path
    return "<value>"


class Refusal(Exception):
    """A function does not take these values; ``code`` is what the rule fails with."""

    def __init__(self, message: str, code: Failure) -> None:
        self.code = code
        super().__init__(message)


def mismatch(value: Value, wanted: str) -> Refusal:
    if value is None:
        return Refusal("error: dynamic coercion from an uninitialized value", Failure.DYNAMIC_COERCION)
    return Refusal(f"error: coerce from type {shown_type(value)} to type {wanted.upper()}", Failure.TYPE)


def coerce(value: Value, wanted: str) -> Value:
    """The value as a parameter of that type takes it; ``?`` takes any, an integer passes for a double.

    Raises Refusal.
    """
    if wanted == "?":
        return value
    names = wanted.split("|")
    if type_name(value) in names:
        return value
    if type_name(value) == "integer" and "double" in names:
        return float(value)  # type: ignore[arg-type]
    raise mismatch(value, wanted)


def unify(values: list[Value], names: str) -> list[Value]:
    """Values of one type among these names, integers among doubles made doubles; raises Refusal."""
    allowed = names.split("|")
    for value in values:
        if type_name(value) not in allowed:
            raise mismatch(value, names)
    kinds = {type_name(value) for value in values}
    if len(kinds) == 1:
        return values
    if kinds == {"integer", "double"}:
        return [float(value) for value in values]  # type: ignore[arg-type]
    raise mismatch(values[1], type_name(values[0]))


def is_iterable(value: Value) -> bool:
    return isinstance(value, list | KeyValues | QueryOutput)
