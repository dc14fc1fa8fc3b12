"""From the text of a rule to its tree."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from irodsfs.sandbox.rules.builder import Builder
from irodsfs.sandbox.rules.rule_syntax import Node, Rule

if TYPE_CHECKING:
    from lark import Lark, Token, Tree


class SyntaxFailure(Exception):
    """The text is no rule from this position on."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"syntax error at {position}")


@cache
def grammar() -> Lark:
    # lark is imported and its tables are made when the first rule comes, so that the zone starts without that cost
    from lark import Lark

    text = files(__package__).joinpath("grammar.lark").read_text()
    return Lark(text, parser="lalr", start=["ruleset", "term"], propagate_positions=True, maybe_placeholders=True)


def parse(text: str, start: str) -> Tree[Token]:
    from lark.exceptions import UnexpectedInput, UnexpectedToken

    try:
        return grammar().parse(text, start=start)
    except UnexpectedInput as error:
        if isinstance(error, UnexpectedToken) and error.token.type == "$END":
            raise SyntaxFailure(len(text)) from None
        raise SyntaxFailure(cast(int, error.pos_in_stream)) from None


def parse_rules(text: str) -> list[Rule]:
    """The rules of a text, in order; raises SyntaxFailure."""
    rules = Builder(text).rules(parse(text, "ruleset"))
    if not rules:
        raise SyntaxFailure(len(text))
    return rules


def parse_term(text: str) -> Node:
    """The one expression a text is; raises SyntaxFailure."""
    return Builder(text).node(parse(text, "term"))
