"""Queries as iquest takes them: text in the language of GenQuery1, to be sent as GenQuery1 (API 702)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedInput, UnexpectedToken

from irodsfs.grid.general_queries import AGGREGATES, Selected, condition

GRAMMAR = r"""
start: _SELECT (distinct | _DISTINCT)? selected ("," selected)* [_WHERE condition (_AND condition)*]
distinct: NO_DISTINCT
selected: NAME | NAME "(" NAME ")"
condition: NAME test (JOINT test)*
test: COMPARISON value                           -> compared
    | WORD_OPERATOR value                        -> compared
    | NOT? _IN "(" value ("," value)* ")"        -> listed
    | NOT? _BETWEEN value _AND? value            -> between
    | _IS NOT? _NULL                             -> null
value: QUOTED | NUMBER

_SELECT.2: /select\b/i
_WHERE.2: /where\b/i
_AND.2: /and\b/i
_IN.2: /in\b/i
_IS.2: /is\b/i
_NULL.2: /null\b/i
_BETWEEN.2: /between\b/i
NOT.2: /not\b/i
_DISTINCT.2: /distinct\b/i
NO_DISTINCT.2: /no[-_ ]distinct\b/i
WORD_OPERATOR.3: /(not\s+)?(like|begin_of|parent_of|sounds\s+like)\b/i | /sounds\s+not\s+like\b/i
COMPARISON.2: /n?(<=|>=|<>|!=|=|<|>)/i
JOINT: "||" | "&&"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
QUOTED: /'(?:''|[^'])*'/
NUMBER: /-?[0-9]+(?:\.[0-9]+)?/
%import common.WS
%ignore WS
"""

_COMPARISONS = {
    "=": "EQUAL",
    "<>": "NOT_EQUAL",
    "!=": "NOT_EQUAL",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_OR_EQUAL_TO",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL_TO",
    "n=": "NUMERIC_EQUAL",
    "n<": "NUMERIC_LESS_THAN",
    "n<=": "NUMERIC_LESS_THAN_OR_EQUAL_TO",
    "n>": "NUMERIC_GREATER_THAN",
    "n>=": "NUMERIC_GREATER_THAN_OR_EQUAL_TO",
    "like": "LIKE",
    "not like": "NOT_LIKE",
    "sounds like": "SOUNDS_LIKE",
    "sounds not like": "SOUNDS_NOT_LIKE",
}
_AS_WRITTEN = ("begin_of", "parent_of")
_TEXT_COLUMNS = ("_ATTR_VALUE", "_ATTR_UNITS", "_ATTR_NAME")
"""Columns in which numbers are kept as texts."""

ORDERS = {"ORDER": "ASC", "ORDER_ASC": "ASC", "ORDER_DESC": "DESC"}


class NoGenQuery1(ValueError):
    """A text is not what GenQuery1 can be asked."""


@dataclass(frozen=True)
class QueryText:
    """What a text asks for: `conditions` as (column, text of GenQuery1), `orders` as (column, ASC or DESC)."""

    selected: tuple[Selected, ...]
    conditions: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str], ...]
    distinct: bool

    @property
    def headings(self) -> list[str]:
        return [f"{each.aggregate}({each.name})" if each.aggregate else each.name for each in self.selected]


def parse(text: str) -> QueryText:
    """Raises `NoGenQuery1` with the place that is not understood, and why."""
    try:
        parsed: QueryText = _Reading().transform(_grammar().parse(text.strip()))
    except UnexpectedInput as error:
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        rest = "" if at_end else text.strip()[error.column - 1 :]
        told = f"does not understand {rest[:40]!r}" if rest else "takes no query that ends there"
        raise NoGenQuery1(f"GenQuery1 {told}") from error
    except LarkError as error:
        cause = error.__context__
        raise NoGenQuery1(str(cause) if isinstance(cause, ValueError) else str(error)) from error
    return parsed


@cache
def _grammar() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual")


@dataclass(frozen=True)
class _Value:
    text: str
    is_number: bool


class _Reading(Transformer[Token, QueryText]):
    """From the tree of a text to what it asks for."""

    def start(self, parts: list[Any]) -> QueryText:
        selected = [part for part in parts if isinstance(part, Selected)]
        orders = [(each.name, ORDERS[each.aggregate]) for each in selected if each.aggregate in ORDERS]
        plain = tuple(Selected(each.name) if each.aggregate in ORDERS else each for each in selected)
        conditions = tuple(part for part in parts if isinstance(part, tuple))
        return QueryText(plain, conditions, tuple(orders), distinct="distinct" not in parts)

    def distinct(self, _parts: list[Token]) -> str:
        return "distinct"

    def selected(self, names: list[Token]) -> Selected:
        *function, name = (str(each).upper() for each in names)
        if function and function[0] not in AGGREGATES | ORDERS:
            known = ", ".join(each.lower() for each in [*AGGREGATES, *ORDERS])
            raise NoGenQuery1(f"GenQuery1 has no function {function[0].lower()}: it has {known}")
        return Selected(name, function[0] if function else None)

    def condition(self, parts: list[Any]) -> tuple[str, str]:
        name, *tests = parts
        column = str(name).upper()
        return column, " ".join(test if isinstance(test, Token) else test(column) for test in tests)

    def value(self, parts: list[Token]) -> _Value:
        text = str(parts[0])
        if text.startswith("'"):
            return _Value(text[1:-1].replace("''", "'"), is_number=False)
        return _Value(text, is_number=True)

    def compared(self, parts: list[Any]) -> Any:
        operator, value = " ".join(str(parts[0]).lower().split()), parts[1]

        def written(column: str) -> str:
            if any(word in operator for word in _AS_WRITTEN):
                return f"{operator} '{value.text}'"
            as_number = value.is_number and column.endswith(_TEXT_COLUMNS) and f"n{operator}" in _COMPARISONS
            return condition(_COMPARISONS[f"n{operator}" if as_number else operator], [value.text])

        return written

    def listed(self, parts: list[Any]) -> Any:
        return _several("IN", parts)

    def between(self, parts: list[Any]) -> Any:
        return _several("BETWEEN", parts)

    def null(self, parts: list[Any]) -> Any:
        return lambda _column: "IS NOT NULL" if parts else "IS NULL"


def _several(operator: str, parts: Sequence[Any]) -> Any:
    negated = isinstance(parts[0], Token)
    values = [value.text for value in parts[negated:]]
    return lambda _column: condition(f"NOT_{operator}" if negated else operator, values)
