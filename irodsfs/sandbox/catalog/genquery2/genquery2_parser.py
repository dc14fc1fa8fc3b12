"""The grammar of GenQuery2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Column, Condition, Function, Select, Sort

ESCAPED = re.compile(rb"''|\\x([0-9A-Fa-f]{2})")


class InvalidSyntaxError(ValueError):
    """A text that is no GenQuery2."""


def parse(text: str) -> Select:
    """The query a text spells; raises InvalidSyntaxError when it is none."""
    try:
        select: Select = Builder().transform(grammar().parse(text))
    except (UnexpectedInput, RecursionError) as error:
        raise InvalidSyntaxError(str(error)) from None
    return select


@cache
def grammar() -> Lark:
    return Lark(files(__package__).joinpath("grammar.lark").read_text(), parser="lalr", maybe_placeholders=False)


def literal(quoted: str) -> str:
    """The text of a quoted literal: doubled quotes are one, ``\\xHH`` is a byte; nothing after a NUL counts."""

    def plain(match: re.Match[bytes]) -> bytes:
        return bytes.fromhex(match.group(1).decode()) if match.group(1) else b"'"

    data = ESCAPED.sub(plain, quoted[1:-1].encode("utf-8", "surrogateescape"))
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def word(token: Any, *kinds: str) -> bool:
    return isinstance(token, Token) and token.type in kinds


def of_kind(tokens: Sequence[Any], *kinds: str) -> list[str]:
    return [str(token) for token in tokens if word(token, *kinds)]


class Builder(Transformer[Token, Select]):
    """Makes the query from the parse tree."""

    def column(self, tokens: list[Token]) -> Column:
        return Column(str(tokens[0]))

    def cast(self, tokens: list[Token]) -> Column:
        name, kind = of_kind(tokens, "IDENTIFIER")
        length = of_kind(tokens, "POSITIVE_INTEGER")
        return Column(name, f"{kind}({length[0]})" if length else kind)

    def arguments(self, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(
            (literal(part) if part.type == "STRING" else str(part)) if isinstance(part, Token) else part
            for part in parts
        )

    def function(self, parts: list[Any]) -> Function:
        arguments = next(part for part in parts if isinstance(part, tuple))
        return Function(str(parts[0]), arguments, any(word(part, "DISTINCT") for part in parts))

    def projections(self, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(parts)

    def comparison(self, tokens: list[Token]) -> tuple[str, tuple[str, ...], bool]:
        literals = tuple(map(literal, of_kind(tokens, "STRING")))
        negated = bool(of_kind(tokens, "NOT"))
        if of_kind(tokens, "IS"):
            return ("is not null" if negated else "is null"), (), False
        operator = of_kind(tokens, "OPERATOR", "LIKE", "IN", "BETWEEN")[0].lower()
        return ("!=" if operator == "<>" else operator), literals, negated

    def condition(self, parts: list[Any]) -> Condition:
        subject, (operator, literals, negated) = parts
        return Condition(subject, operator, literals, negated)

    def conditions(self, parts: list[Any]) -> list[Condition | str]:
        return [str(part).lower() if isinstance(part, Token) else part for part in parts]

    def sort(self, parts: list[Any]) -> Sort:
        return Sort(parts[0], not of_kind(parts, "DESC"))

    def group_by(self, tokens: list[Token]) -> dict[str, Any]:
        return {"group_by": tuple(map(str, tokens))}

    def order_by(self, sorts: list[Sort]) -> dict[str, Any]:
        return {"order_by": tuple(sorts)}

    def offset(self, tokens: list[Token]) -> dict[str, Any]:
        return {"offset": str(tokens[0])}

    def limit(self, tokens: list[Token]) -> dict[str, Any]:
        return {"limit": str(tokens[0])}

    def range(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        return {key: value for part in parts for key, value in part.items()}

    def start(self, parts: list[Any]) -> Select:
        options: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                options |= part
            elif isinstance(part, list):
                options["conditions"] = tuple(part)
            elif isinstance(part, tuple):
                options["projections"] = part
            else:
                options["distinct"] = True
        return Select(**options)
