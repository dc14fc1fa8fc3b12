"""GenQuery1 with all that it has: aggregates, orders, and every operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irodsfs.grid.columns import column
from irodsfs.grid.queries import SELECT, Query, apart, equal, holds_operators, unequal

AGGREGATES = {"MIN": 2, "MAX": 3, "SUM": 4, "AVG": 5, "COUNT": 6}
ORDERS = {"ASC": 0x400, "DESC": 0x800}
"""Bits of a selected column in the protocol."""

COMPARISONS = {
    "EQUAL": "=",
    "NOT_EQUAL": "<>",
    "LESS_THAN": "<",
    "LESS_THAN_OR_EQUAL_TO": "<=",
    "GREATER_THAN": ">",
    "GREATER_THAN_OR_EQUAL_TO": ">=",
    "NUMERIC_EQUAL": "n=",
    "NUMERIC_LESS_THAN": "n<",
    "NUMERIC_LESS_THAN_OR_EQUAL_TO": "n<=",
    "NUMERIC_GREATER_THAN": "n>",
    "NUMERIC_GREATER_THAN_OR_EQUAL_TO": "n>=",
    "LIKE": "like",
    "NOT_LIKE": "not like",
    "SOUNDS_LIKE": "sounds like",
    "SOUNDS_NOT_LIKE": "sounds not like",
    "TABLE": "table",
}
IS_NULL = "IS_NULL"


def condition(operator: str, values: Sequence[str]) -> str:
    """The text of a condition. Raises ValueError for values that GenQuery1 can't take with this operator."""
    if operator == IS_NULL:
        return "IS NULL"
    if operator == "IN":
        return f"in ({','.join(_quoted(values))})"
    if operator == "NOT_IN":
        # The server has no word for it.
        return " && ".join(f"<> {value}" for value in _quoted(values))
    if operator == "BETWEEN":
        return f"between {' '.join(_quoted(values))}"
    if operator == "NOT_BETWEEN":
        low, high = _quoted(values)
        return f"< {low} || > {high}"
    value = values[0]
    if operator == "EQUAL":
        return equal(value)
    if operator == "NOT_EQUAL":
        return unequal(value)
    if holds_operators(value):
        if operator not in ("LIKE", "NOT_LIKE"):
            raise ValueError(f"{value!r} holds a quote and an operator, which GenQuery1 can only compare for equality")
        value = apart(value)
    return f"{COMPARISONS[operator]} '{value}'"


def _quoted(values: Sequence[str]) -> list[str]:
    for value in values:
        if "'" in value:
            raise ValueError(f"{value!r} holds a quote, for which GenQuery1 has no escape in a list")
    return [f"'{value}'" for value in values]


@dataclass(frozen=True)
class Selected:
    """A column of a result, by its name, or an aggregate of it."""

    name: str
    aggregate: str | None = None


@dataclass(frozen=True)
class GeneralQuery:
    """A query, and where in its rows the values lie that were asked for."""

    query: Query
    positions: tuple[int, ...]

    def values(self, row: Sequence[str]) -> list[str]:
        return [row[position] for position in self.positions]


def build(
    selected: Sequence[Selected], conditions: Sequence[tuple[str, str]], orders: Sequence[tuple[str, str]]
) -> GeneralQuery:
    """A query of columns, with conditions (name, text) and orders (name, ASC or DESC). Raises `UnknownColumn`."""
    # The server orders by the columns in the order in which they are selected, so those come first.
    ordered = [next((each for each in selected if each.name == name), Selected(name)) for name, _ in orders]
    sent = list(dict.fromkeys([*ordered, *selected]))
    flags = {each: _flag(each) | ORDERS[order] for each, (_, order) in zip(ordered, orders, strict=True)}
    query = Query(
        tuple(column(each.name) for each in sent),
        tuple((column(name), text) for name, text in conditions),
        flags=tuple(flags.get(each, _flag(each)) for each in sent),
    )
    return GeneralQuery(query, tuple(sent.index(each) for each in selected))


def _flag(selected: Selected) -> int:
    return AGGREGATES[selected.aggregate] if selected.aggregate else SELECT
