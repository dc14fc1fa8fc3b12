"""Two databases: PostgreSQL, whose text the server shows, and SQLite, which answers here.

The SQLite dialect refuses what PostgreSQL would: functions it lacks, literals and operators that do not fit a type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from irodsfs.sandbox.catalog import postgres
from irodsfs.sandbox.catalog.genquery2.genquery2_columns import ColumnSource
from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Condition, Function

AGGREGATES = frozenset({"avg", "count", "max", "min", "sum"})


@dataclass(frozen=True)
class Value:
    """An expression's SQL and its type: ``integer``, ``numeric``, ``text`` or ``unknown`` (a bare literal)."""

    sql: str
    kind: str = "text"


class RefusedError(ValueError):
    """A query the database would not take."""


class Dialect(Protocol):
    """How a database writes the parts of a query."""

    def column(self, alias: str, source: ColumnSource, cast: str) -> Value: ...
    def text(self, literal: str) -> Value: ...
    def function(self, function: Function, arguments: Sequence[Value]) -> Value: ...
    def comparison(self, subject: Value, condition: Condition) -> str: ...
    def literals(self, subject: Value, operator: str, literals: Sequence[str]) -> Sequence[Any]: ...
    def limit(self, limit: str, offset: str) -> str: ...


class PostgreSQL:
    """The SQL the server shows."""

    like = "like ?"

    def column(self, alias: str, source: ColumnSource, cast: str) -> Value:
        sql = f"{alias}.{source.column}"
        return Value(f"cast({sql} as {cast})" if cast else sql, "integer" if source.is_integer else "text")

    def text(self, literal: str) -> Value:
        return Value(f"'{literal}'", "unknown")

    def function(self, function: Function, arguments: Sequence[Value]) -> Value:
        listed = ", ".join(argument.sql for argument in arguments)
        return Value(f"{function.name}({'distinct ' if function.distinct else ''}{listed})")

    def comparison(self, subject: Value, condition: Condition) -> str:
        right = {
            "like": self.like,
            "in": f"in ({', '.join('?' * len(condition.literals))})",
            "between": "between ? and ?",
            "is null": "is null",
            "is not null": "is not null",
        }.get(condition.operator, f"{condition.operator} ?")
        return f"{subject.sql} {'not ' if condition.negated else ''}{right}"

    def literals(self, subject: Value, operator: str, literals: Sequence[str]) -> Sequence[Any]:
        return literals

    def limit(self, limit: str, offset: str) -> str:
        return f" fetch first {limit} rows only" + (f" offset {offset}" if offset else "")


CASTS = {
    **dict.fromkeys(("int", "int2", "int4", "int8", "integer", "bigint", "smallint"), "integer"),
    **dict.fromkeys(("decimal", "numeric"), "numeric"),
    **dict.fromkeys(("text", "varchar", "char"), "text"),
}


@dataclass(frozen=True)
class Signature:
    """A function of both databases: the least and most arguments, their type, the result's, SQLite's name."""

    least: int
    most: int
    takes: str
    gives: str
    name: str = ""


FUNCTIONS = {
    "count": Signature(1, 1, "any", "integer"),
    "min": Signature(1, 1, "any", "same"),
    "max": Signature(1, 1, "any", "same"),
    "sum": Signature(1, 1, "number", "numeric"),
    "avg": Signature(1, 1, "number", "numeric"),
    "upper": Signature(1, 1, "text", "text"),
    "lower": Signature(1, 1, "text", "text"),
    "length": Signature(1, 1, "text", "integer"),
    "char_length": Signature(1, 1, "text", "integer", "length"),
    "character_length": Signature(1, 1, "text", "integer", "length"),
    "trim": Signature(1, 1, "text", "text"),
    "btrim": Signature(1, 2, "text", "text", "trim"),
    "ltrim": Signature(1, 2, "text", "text"),
    "rtrim": Signature(1, 2, "text", "text"),
    "replace": Signature(3, 3, "text", "text"),
    "abs": Signature(1, 1, "number", "same"),
    "coalesce": Signature(1, 100, "any", "same"),
    "concat": Signature(1, 100, "any", "text"),
}


class SQLite(PostgreSQL):
    """The SQL that is run."""

    like = "like ? escape '\\'"

    def column(self, alias: str, source: ColumnSource, cast: str) -> Value:
        value = super().column(alias, source, "")
        return self.cast(value, cast.lower()) if cast else value

    def cast(self, value: Value, cast: str) -> Value:
        name, _, length = cast.partition("(")
        kind = CASTS.get(name)
        if kind is None or (length and kind == "integer"):
            raise RefusedError(f"type {cast}")
        if kind == "text":
            text = f"cast({value.sql} as text)"
            width = length.rstrip(")") or ("1" if name == "char" else "")
            return Value(f"substr({text}, 1, {width})" if width else text)
        return Value(value.sql if value.kind == "integer" else f"number({value.sql})", kind)

    def text(self, literal: str) -> Value:
        if "'" in literal:
            raise RefusedError("a quote in a function's argument")
        return super().text(literal)

    def function(self, function: Function, arguments: Sequence[Value]) -> Value:
        name = function.name.lower()
        signature = FUNCTIONS.get(name)
        if signature is None or not signature.least <= len(arguments) <= signature.most:
            raise RefusedError(f"function {function.name} of {len(arguments)} arguments")
        if function.distinct and name not in AGGREGATES:
            raise RefusedError(f"distinct in {function.name}")
        for argument in arguments:
            self.check_argument(argument, signature.takes)
        call = Function(signature.name or name, function.arguments, function.distinct)
        kind = arguments[0].kind if signature.gives == "same" else signature.gives
        return Value(super().function(call, arguments).sql, kind)

    def check_argument(self, argument: Value, takes: str) -> None:
        fits = {
            "any": True,
            "text": argument.kind in ("text", "unknown"),
            "number": argument.kind in ("integer", "numeric"),
        }[takes]
        if not fits:
            raise RefusedError(f"{argument.kind} argument")

    def literals(self, subject: Value, operator: str, literals: Sequence[str]) -> Sequence[Any]:
        if subject.kind not in ("integer", "numeric"):
            return literals
        if operator == "like":
            raise RefusedError("like on a number")
        read = postgres.integer if subject.kind == "integer" else postgres.numeric
        return [read(literal) for literal in literals]

    def limit(self, limit: str, offset: str) -> str:
        return f" limit {limit}" + (f" offset {offset}" if offset else "")
