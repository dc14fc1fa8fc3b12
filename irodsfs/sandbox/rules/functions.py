"""The functions of the rule language that take values and give one, operators included."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.protocol.error_numbers import CODES
from irodsfs.sandbox.rules.failures import Failure
from irodsfs.sandbox.rules.values import (
    TIME_FORMAT,
    Bytes,
    KeyValues,
    Path,
    QueryOutput,
    Refusal,
    Time,
    Value,
    coerce,
    integer,
    leading_decimal,
    leading_integer,
    shown_type,
    text_of,
    type_name,
    unify,
)

NUMBERS = "integer|double"
COMPARABLE = "integer|double|string|time"
EQUATABLE = "integer|double|boolean|string|time|path"


@dataclass(frozen=True)
class Function:
    """``parameters`` are type names, the last repeated when ``variadic``; ``alike`` wants two values of one type."""

    run: Callable[..., Value]
    parameters: tuple[str, ...]
    variadic: bool = False
    optional: int = 0
    alike: str = ""

    def accepts(self, count: int) -> bool:
        """Whether it can be called with that many arguments."""
        if self.variadic:
            return count >= len(self.parameters) - self.optional
        return len(self.parameters) - self.optional <= count <= len(self.parameters)

    def __call__(self, values: list[Value]) -> Value:
        """Raises Refusal when the values do not fit."""
        if self.alike:
            return self.run(*unify(values, self.alike))
        wanted = self.parameters
        if self.variadic:
            wanted = wanted + wanted[-1:] * (len(values) - len(wanted))
        return self.run(*(coerce(value, name) for value, name in zip(values, wanted, strict=False)))


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str, *parameters: str, variadic: bool = False, optional: int = 0
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Registers the decorated function under a name of the rule language."""

    def register(run: Callable[..., Value]) -> Callable[..., Value]:
        FUNCTIONS[name] = Function(run, parameters, variadic, optional)
        return run

    return register


def alike(name: str, types: str, run: Callable[[Any, Any], Value]) -> None:
    FUNCTIONS[name] = Function(run, ("?", "?"), alike=types)


def number(value: float) -> float:
    """An integer kept to 32 bits, a double as it is."""
    return integer(value) if isinstance(value, int) else value


alike("+", NUMBERS, lambda a, b: number(a + b))
alike("-", NUMBERS, lambda a, b: number(a - b))
alike("*", NUMBERS, lambda a, b: number(a * b))
alike("==", EQUATABLE, lambda a, b: a == b)
alike("!=", EQUATABLE, lambda a, b: a != b)
alike("<", COMPARABLE, lambda a, b: order(a) < order(b))
alike("<=", COMPARABLE, lambda a, b: order(a) <= order(b))
alike(">", COMPARABLE, lambda a, b: order(a) > order(b))
alike(">=", COMPARABLE, lambda a, b: order(a) >= order(b))


def order(value: Value) -> Any:
    return value.seconds if isinstance(value, Time) else value


def divide(a: float, b: float) -> float:
    if b == 0:
        raise Refusal("division by zero.", Failure.DIVISION_BY_ZERO)
    return a / b


alike("/", NUMBERS, divide)


@function("%", "integer", "integer")
def modulo(a: int, b: int) -> Value:
    if b == 0:
        raise Refusal("division by zero.", Failure.DIVISION_BY_ZERO)
    return math.fmod(a, b)


def real(of: Callable[..., float], *values: float) -> float:
    """What a mathematical function gives; not a number where it has no value."""
    try:
        return float(of(*values))
    except (ValueError, OverflowError):
        return math.nan


function("^", "double", "double")(lambda a, b: real(math.pow, a, b))
function("^^", "double", "double")(lambda a, b: real(math.pow, a, divide(1, b)))


@function("neg", "?")
def negate(value: Value) -> Value:
    (checked,) = unify([value], NUMBERS)
    return number(-checked)  # type: ignore[operator]


for _name, _of in {"floor": math.floor, "ceiling": math.ceil, "exp": math.exp, "log": math.log, "abs": abs}.items():
    function(_name, "double")(lambda value, of=_of: real(of, value))

function("max", "double", variadic=True)(lambda *values: max(values))
function("min", "double", variadic=True)(lambda *values: min(values))
function("average", "double", variadic=True)(lambda *values: sum(values) / len(values))
function("!", "boolean")(lambda a: not a)
function("&&", "boolean", "boolean")(lambda a, b: a and b)
for _name in ("||", "%%"):
    function(_name, "boolean", "boolean")(lambda a, b: a or b)
function("++", "string", "string")(lambda a, b: a + b)


def wildcards(pattern: str) -> str:
    return "".join(".*" if character == "*" else re.escape(character) for character in pattern)


@function("like", "string", "string")
def like(value: str, pattern: str) -> bool:
    return re.fullmatch(wildcards(pattern), value, re.DOTALL) is not None


@function("like regex", "string", "string")
def like_regex(value: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        return False


function("not like", "string", "string")(lambda value, pattern: not like(value, pattern))
function("not like regex", "string", "string")(lambda value, pattern: not like_regex(value, pattern))


def text(value: Value) -> str:
    """A value as text; key-value pairs become ``a=b++++c=d``; raises Refusal for what has no text."""
    match value:
        case bool() | int() | float() | str() | list() | Time():
            return text_of(value)
        case KeyValues():
            return "++++".join(f"{key}={content}" for key, content in value.items())
        case Bytes():
            return value.data.split(b"\0")[0].decode("utf-8", "surrogateescape")
    message = f"error: unsupported type. can not convert {shown_type(value)} to string."
    raise Refusal(message, Failure.UNSUPPORTED_OPERATION)


function("str", "?")(text)


@function("int", "integer|string|double")
def to_integer(value: int | str | float) -> int:
    return leading_integer(value) if isinstance(value, str) else integer(value)


@function("double", "string|double|time")
def to_double(value: str | float | Time) -> float:
    if isinstance(value, str):
        return leading_decimal(value)
    return float(value.seconds) if isinstance(value, Time) else value


@function("bool", "boolean|integer|string|double")
def to_boolean(value: bool | int | str | float) -> bool:
    if not isinstance(value, str):
        return bool(int(value))
    if value in ("true", "1", "false", "0"):
        return value in ("true", "1")
    message = "error: unsupported operator or type. can not convert STRING to boolean."
    raise Refusal(message, Failure.UNSUPPORTED_OPERATION)


@function("list", "?", variadic=True, optional=1)
def make_list(*values: Value) -> Value:
    if len({type_name(value) for value in values}) > 1:
        raise Refusal("type error: the elements of a list are of several types", Failure.TYPE)
    return list(values)


@function("elem", "list|StrArray_PI|IntArray_PI|GenQueryOut_PI|KeyValPair_PI", "integer")
def element(collection: Any, index: int) -> Value:
    items = elements(collection)
    if not 0 <= index < len(items):
        raise Refusal(f"error: index out of range {index}.", Failure.RUNTIME)
    return items[index]


def elements(collection: Any) -> list[Value]:
    return list(collection.rows if isinstance(collection, QueryOutput) else collection)


@function("setelem", "list", "integer", "?")
def set_element(items: list[Value], index: int, value: Value) -> Value:
    if not 0 <= index < len(items):
        raise Refusal(f"error: index out of range {index}.", Failure.RUNTIME)
    return [*items[:index], value, *items[index + 1 :]]


@function("hd", "list")
def head(items: list[Value]) -> Value:
    if not items:
        raise Refusal("error: hd: empty list", Failure.RUNTIME)
    return items[0]


@function("tl", "list")
def tail(items: list[Value]) -> Value:
    if not items:
        raise Refusal("error: tl: empty list", Failure.RUNTIME)
    return items[1:]


@function("cons", "?", "list")
def construct(item: Value, items: list[Value]) -> Value:
    return make_list(item, *items)


function("size", "list|GenQueryOut_PI|KeyValPair_PI")(lambda collection: len(elements(collection)))
function("type", "?")(shown_type)
function("strlen", "string")(lambda value: len(value.encode("utf-8", "surrogateescape")))


@function("substr", "string", "integer", "integer")
def substring(value: str, start: int, end: int) -> Value:
    if not 0 <= start <= end <= len(value):
        raise Refusal("invalid substr index error", Failure.RUNTIME)
    return value[start:end]


@function("triml", "string", "string")
def trim_left(value: str, mark: str) -> str:
    return value.partition(mark)[2] if mark and mark in value else value


@function("trimr", "string", "string")
def trim_right(value: str, mark: str) -> str:
    return value.rpartition(mark)[0] if mark and mark in value else value


@function("split", "string", "string")
def split(value: str, separators: str) -> Value:
    if not separators:
        return [value] if value else []
    return [part for part in re.split(f"[{re.escape(separators)}]", value) if part]


function("time")(lambda: Time(int(clock.seconds())))
function("timestr", "time")(lambda moment: text_of(moment))
function("timestrf", "time", "string")(lambda t, form: time.strftime(form, time.localtime(t.seconds)))


@function("datetime", "string|integer|double")
def to_time(value: str | float) -> Value:
    return to_time_formatted(value, TIME_FORMAT) if isinstance(value, str) else Time(int(value))


@function("datetimef", "string", "string")
def to_time_formatted(value: str, form: str) -> Time:
    try:
        return Time(int(time.mktime(time.strptime(value, form))))
    except (ValueError, OverflowError):
        return Time(0)


@function("error", "string")
def error_code(name: str) -> Value:
    if name not in CODES:
        raise Refusal("invalid error name", Failure.RUNTIME)
    return CODES[name]


def path(value: str) -> Path:
    """A path that begins with one slash however many were written."""
    return Path(re.sub("^/+", "/", value))


function("path", "string")(path)
