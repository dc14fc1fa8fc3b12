"""Where PostgreSQL, the database of a real catalog, and SQLite disagree: column types, functions, literals.

A real server hands its queries to PostgreSQL; what that refuses or computes otherwise than SQLite is done here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files

from irodsfs.sandbox.protocol.error_numbers import IrodsError

INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
INT8 = range(-(2**63), 2**63)
NUMERIC_DIGITS = 16
DIGITS_IN_GROUP = 4


@cache
def column_types() -> dict[str, dict[str, str]]:
    """Table name to column name to ``INTEGER`` or ``TEXT``, as the schema declares them."""
    schema = files(__package__).joinpath("schema.sql").read_text()
    tables = re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", schema, re.DOTALL)
    return {name: dict(re.findall(r"^\s+(\w+) (INTEGER|TEXT)", body, re.MULTILINE)) for name, body in tables}


def is_integer(table: str, column: str) -> bool:
    """Whether the catalog keeps a column as a number."""
    return column_types()[table][column] == "INTEGER"


def integer(text: str) -> int:
    """A literal compared with a number's column; raises IrodsError CAT_SQL_ERR for what is no bigint."""
    value = int(text) if INTEGER.fullmatch(text) else None
    if value is None or value not in INT8:
        raise IrodsError("CAT_SQL_ERR")
    return value


def numeric(text: str) -> int | float:
    """A literal compared with a decimal; raises IrodsError CAT_SQL_ERR for what is no number."""
    try:
        return decimal(text)
    except ValueError:
        raise IrodsError("CAT_SQL_ERR") from None


def decimal(text: str) -> int | float:
    """A number written in decimal digits; raises ValueError for text that is none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    whole = int(value)
    return whole if whole == value and whole in INT8 else float(value)


def number(value: str | int | float | None) -> int | float | None:
    """``cast(value as decimal)``; raises ValueError for text that is no number."""
    return decimal(value) if isinstance(value, str) else value


def upper(value: str | int | None) -> str | None:
    """``upper(value)`` for all alphabets; letters without a single capital stay."""
    return None if value is None else in_case(str(value), str.upper)


def lower(value: str | int | None) -> str | None:
    """``lower(value)`` for all alphabets."""
    return None if value is None else in_case(str(value), str.lower)


def in_case(text: str, change: Callable[[str], str]) -> str:
    changed = change(text)
    if len(changed) == len(text):
        return changed
    return "".join(other if len(other := change(letter)) == 1 else letter for letter in text)


def concat(*values: str | int | None) -> str:
    """``concat(values)``: the texts of all that are not null."""
    return "".join(str(value) for value in values if value is not None)


class Average:
    """``avg`` of integers: exact decimal text with as many digits as PostgreSQL's numeric division gives."""

    def __init__(self) -> None:
        self.total = 0
        self.count = 0

    def step(self, value: int | None) -> None:
        if value is not None:
            self.total += value
            self.count += 1

    def finalize(self) -> str | None:
        return quotient(self.total, self.count) if self.count else None


def quotient(dividend: int, divisor: int) -> str:
    """``dividend / divisor`` as numeric prints it: at least sixteen significant digits, counted in groups of four."""
    weight, first = leading_group(dividend)
    divisor_weight, divisor_first = leading_group(divisor)
    exponent = weight - divisor_weight - (first <= divisor_first)
    scale = max(NUMERIC_DIGITS - exponent * DIGITS_IN_GROUP, 0)
    magnitude = (2 * abs(dividend) * 10**scale + divisor) // (2 * divisor)
    sign = "-" if dividend < 0 and magnitude else ""
    whole, fraction = divmod(magnitude, 10**scale)
    return f"{sign}{whole}.{fraction:0{scale}d}" if scale else f"{sign}{whole}"


def leading_group(value: int) -> tuple[int, int]:
    """Weight and value of a number's first group of four digits (numeric's base is 10,000)."""
    digits = str(abs(value)) if value else ""
    weight = max((len(digits) + DIGITS_IN_GROUP - 1) // DIGITS_IN_GROUP - 1, 0)
    return weight, int(digits[: len(digits) - weight * DIGITS_IN_GROUP] or 0)


def install(connection: sqlite3.Connection) -> None:
    """Gives a connection the functions of PostgreSQL that SQLite lacks or computes otherwise."""
    connection.create_function("upper", 1, upper, deterministic=True)
    connection.create_function("lower", 1, lower, deterministic=True)
    connection.create_function("number", 1, number, deterministic=True)
    connection.create_function("concat", -1, concat, deterministic=True)
    connection.create_aggregate("avg", 1, Average)  # type: ignore[arg-type]
