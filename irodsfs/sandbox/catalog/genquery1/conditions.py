"""Conditions of GenQuery1: ``= 'x'``, ``in ('a', 'b')``, ``like 'x%' || = 'y'`` and so on, into SQL.

The server does not parse them by a grammar; it looks for words and quotes at certain places, so it takes some odd
conditions and refuses some sound ones (``not in``). This does the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from irodsfs.sandbox.catalog import postgres
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import Column
from irodsfs.sandbox.protocol.error_numbers import IrodsError

QUOTED = re.compile(r"'([^']*)'")
MAX_OPERATOR = 10
MAX_SQL = 16_000  # bytes of a WHERE clause, and of a condition's value
MAX_MEMBERS = 2 * MAX_SQL  # bytes of all values of an IN
MAX_COMPOUND = 2176  # bytes of a condition with && or ||
OPERATOR_WORDS = ("begin_of", "parent_of", "not", "NOT", "between", "BETWEEN", "like", "LIKE", "in", "IN")
COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
PATTERNS = frozenset({"like", "not like"})


@dataclass(frozen=True)
class Fragment:
    """A piece of SQL and the values of its placeholders."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Operand:
    """What a condition is about: a column, bare or wrapped, and how its literals are read."""

    sql: str
    kind: str
    bare: bool = True

    def literal(self, text: str) -> Any:
        """A literal as the database compares it with this operand."""
        if self.kind == "integer":
            return postgres.integer(text)
        return postgres.numeric(text) if self.kind == "decimal" else text


def condition(column: Column, text: str, upper: bool) -> Fragment:
    """The SQL of one condition on a column; raises IrodsError for a condition the server refuses."""
    stripped = text.lstrip(" ")
    as_number = stripped[:2] in ("n<", "n>", "n=")
    operand = operand_of(column, upper, as_number)
    if as_number:
        text = text.replace("n", " ", 1)
    parts = list(split(text))
    if len(parts) == 1:
        return predicate(operand, text)
    limit(text, MAX_COMPOUND)
    sql: list[str] = []
    values: list[Any] = []
    for connector, part in parts:
        fragment = predicate(operand, part)
        sql += [connector, fragment.sql]
        values += fragment.values
    return Fragment(f"({' '.join(sql)} )", tuple(values))


def operand_of(column: Column, upper: bool, as_number: bool) -> Operand:
    if as_number:
        sql = column.sql if column.is_integer else f"number({column.sql})"
        return Operand(sql, "decimal", bare=False)
    if upper:
        if column.is_integer:
            raise IrodsError("CAT_SQL_ERR")
        return Operand(f"upper({column.sql})", "text", bare=False)
    return Operand(column.sql, "integer" if column.is_integer else "text")


def split(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a condition between ``&&`` and ``||`` outside quotes, each with the connector before it."""
    connector, start, quoted = "", 0, False
    for index, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted and index >= start and text[index : index + 2] in ("&&", "||"):
            yield connector, text[start:index]
            connector, start = ("AND" if character == "&" else "OR"), index + 2
    yield connector, text[start:]


def predicate(operand: Operand, text: str) -> Fragment:
    """One comparison; its operator is what stands before the first quote, its value reaches to the last one."""
    if opens_with(text, "in"):
        return membership(operand, QUOTED.findall(text))
    if opens_with(text, "between"):
        return interval(operand, QUOTED.findall(text))
    if text in ("IS NULL", "IS NOT NULL"):
        return Fragment(f"{operand.sql} {text}")
    first, last = text.find("'"), text.rfind("'")
    if first == last or not 0 < first <= MAX_OPERATOR:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    operator, value = text[:first], text[first + 1 : last]
    if size(value) > MAX_SQL:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    check(operator)
    if "begin_of" in operator:
        return beginning(operand, value)
    if "parent_of" in operator:
        return membership(operand, ancestors(value))
    return comparison(operand, " ".join(operator.split()).lower(), value)


def opens_with(text: str, word: str) -> bool:
    """Whether a condition opens with a word; the capital form counts only where the small one occurs nowhere."""
    start = len(text) - len(text.lstrip(" "))
    position = text.find(word)
    return (position if position >= 0 else text.find(word.upper())) == start


def check(operator: str) -> None:
    rest = re.sub("[<>=!]", " ", operator)
    for word in OPERATOR_WORDS:
        rest = rest.replace(word, " ", 1)
    if rest.strip(" "):
        raise IrodsError("CAT_INVALID_ARGUMENT")


def comparison(operand: Operand, operator: str, value: str) -> Fragment:
    if operator in COMPARISONS:
        return Fragment(f"{operand.sql} {operator} ?", (operand.literal(value),))
    if operator in PATTERNS and operand.kind == "text":
        return Fragment(f"{operand.sql} {operator} ? ESCAPE '\\'", (value,))
    raise IrodsError("CAT_SQL_ERR")


def membership(operand: Operand, values: list[str]) -> Fragment:
    if not values:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    limit("\0".join(values), MAX_MEMBERS)
    return Fragment(
        f"{operand.sql} IN ({', '.join('?' * len(values))})", tuple(operand.literal(value) for value in values)
    )


def interval(operand: Operand, values: list[str]) -> Fragment:
    if len(values) != 2:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    return Fragment(f"{operand.sql} BETWEEN ? AND ?", tuple(operand.literal(value) for value in values))


def beginning(operand: Operand, value: str) -> Fragment:
    """Rows whose value is what the given text begins with."""
    if operand.kind != "text" or not operand.bare:
        raise IrodsError("CAT_SQL_ERR")
    return Fragment(f"{operand.sql} = substr(?, 1, length({operand.sql})) AND length({operand.sql}) > 0", (value,))


def ancestors(path: str) -> list[str]:
    """A path and everything above it: ``/a/b`` gives ``/``, ``/a`` and ``/a/b``."""
    names = re.split("/+", path)
    return ["/".join(names[: count + 1]) or "/" for count in range(len(names))]


def size(text: str) -> int:
    """Bytes of a text on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def limit(text: str, most: int) -> None:
    """Raises IrodsError USER_STRLEN_TOOLONG for a text the server has no room for."""
    if size(text) >= most:
        raise IrodsError("USER_STRLEN_TOOLONG")
