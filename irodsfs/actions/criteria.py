"""What is looked for: criteria as people write them, for queries to test and for exact tests of what those bring."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from irodsfs.actions.action_failures import Failure
from irodsfs.grid.queries import equal, holds_operators, one_of

OPERATORS = ("<=", ">=", "=", "<", ">", "like", "in")
_AT_BEGIN = re.compile(r"\s*(<=|>=|=|<|>|like\s|in\s)\s*", re.IGNORECASE)
_WITHIN = re.compile(r"\s*(<=|>=|=|<|>|\slike\s|\sin\s)\s*", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\=<>;,])")
_HIDDEN = 0xF0000
"""Where Unicode has a private area, in which escaped characters are out of the way."""


@dataclass(frozen=True)
class Comparison:
    """An operator of `OPERATORS`, and what to compare with; several values with `in` only."""

    operator: str
    values: tuple[str, ...]

    @property
    def value(self) -> str:
        return self.values[0]

    def test(self, found: str) -> bool:
        """Whether a text of the catalog fulfils it; numbers are compared as numbers."""
        if self.operator in ("=", "in"):
            return found in self.values
        if self.operator == "like":
            return _like(self.value).fullmatch(found) is not None
        number, limit = _number(found), _number(self.value)
        if number is not None and limit is not None:
            return _ORDERS[self.operator](number, limit)
        return limit is None and _TEXT_ORDERS[self.operator](found, self.value)

    @property
    def condition(self) -> str | None:
        """The same for a query; None where a query can't tell exactly what fulfils it."""
        if self.operator == "=":
            return equal(self.value)
        if self.operator == "in" and not any("'" in value for value in self.values):
            return one_of(self.values)
        if self.operator == "like" and not holds_operators(self.value):
            return f"like '{self.value}'"
        return None


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
_TEXT_ORDERS: dict[str, Callable[[str, str], bool]] = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


def comparison(text: str) -> Comparison:
    """`VALUE`, or an operator and a value: `>5`, `like a%`, `in a,b`."""
    hidden = _hide(text)
    found = _AT_BEGIN.match(hidden)
    if found is None:
        return Comparison("=", (_show(hidden),))
    return _comparison(found[1], hidden[found.end() :])


@dataclass(frozen=True)
class AvuCriterion:
    """An AVU that an entry must have: its attribute, what its value must be, and its units."""

    attribute: str
    value: Comparison | None = None
    units: str | None = None

    def test(self, value: str) -> bool:
        """Whether the value of an AVU of that attribute and units is one that is wanted."""
        return self.value is None or self.value.test(value)


def avu_criterion(text: str) -> AvuCriterion:
    """`A`, `A=V`, `A=V;U`, and with another operator `A>V`, `A like V`, `A in V,W`. Raises `Failure`."""
    hidden, separator, units = _hide(text).partition(";")
    found = _WITHIN.search(hidden)
    attribute = _show(hidden[: found.start()] if found else hidden).strip()
    if not attribute:
        raise Failure(text, "names no attribute", "write ATTRIBUTE, ATTRIBUTE=VALUE or ATTRIBUTE=VALUE;UNITS")
    value = _comparison(found[1], hidden[found.end() :]) if found else None
    return AvuCriterion(attribute, value, _show(units) if separator else None)


def _comparison(operator: str, hidden: str) -> Comparison:
    operator = operator.strip().lower()
    values = [each.strip() for each in hidden.split(",")] if operator == "in" else [hidden]
    return Comparison(operator, tuple(map(_show, values)))


def _hide(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(_HIDDEN + ord(found[1])), text)


def _show(hidden: str) -> str:
    return "".join(chr(ord(each) - _HIDDEN) if _HIDDEN <= ord(each) < _HIDDEN + 128 else each for each in hidden)


def _like(pattern: str) -> re.Pattern[str]:
    """SQL's: `%` is any text, `_` one character, after a backslash they are themselves."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    plain = {"%": ".*", "_": "."}
    return re.compile("".join(plain.get(each) or re.escape(each.removeprefix("\\") or each) for each in pieces), re.S)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_UNITS = {"": 1, "c": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([ckmgtp]?)(?:i?b)?\s*", re.IGNORECASE)


def size_comparison(text: str) -> Comparison:
    """A comparison with bytes: `>1M`, `<=4k`, `0`, `in 1,2`, and as find has it `+1M`, `-4k`. Raises `Failure`."""
    stripped = text.strip()
    if stripped[:1] in ("+", "-"):
        stripped = ("> " if stripped[0] == "+" else "< ") + stripped[1:]
    compared = comparison(stripped)
    if compared.operator == "like":
        raise Failure(text, "a size is not like anything", "write >1M, <4k, 0, or in 1,2")
    return Comparison(compared.operator, tuple(str(_bytes(text, value)) for value in compared.values))


def _bytes(text: str, value: str) -> int:
    found = _SIZE.fullmatch(value)
    if found is None:
        raise Failure(text, "is no size", "write a number of bytes, with k, M, G or T for more, as in >1M")
    return int(float(found[1]) * _UNITS[found[2].lower()])
