"""GenQuery1 as text, the way iquest and microservices take it: ``select A, count(B) where C = 'x' and D like 'y'``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from irodsfs.sandbox.catalog.genquery1.genquery1_columns import NUMBERS
from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.rule_queries import OPTIONS
from irodsfs.sandbox.rules.values import QueryInput

MALFORMED = code_of("INPUT_ARG_NOT_WELL_FORMED_ERR")
UNKNOWN_COLUMN = code_of("NO_COLUMN_NAME_FOUND")
UNKNOWN_FUNCTION = -183000

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z][A-Za-z0-9_]*)|(\|\||&&|!=|<>|<=|>=|[=<>,()])|(\S))")
HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")
COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
WORDS = ("like", "begin_of", "parent_of")


def parse(text: str) -> QueryInput:
    """The query a text asks for; raises RuleError."""
    return Reader(text).query()


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "name" else self.text


class Reader:
    """Reads one query, token after token."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        for literal, name, sign, stray in TOKEN.findall(text):
            if stray:
                raise RuleError(MALFORMED)
            kind = "literal" if literal else "name" if name else "sign"
            self.tokens.append(Token(kind, unquoted(literal) if literal else name or sign))
        self.position = 0

    def query(self) -> QueryInput:
        query = QueryInput()
        self.expect("select")
        query.selections.append(self.selection())
        while self.accept(","):
            query.selections.append(self.selection())
        if self.accept("where"):
            query.conditions.append(self.condition())
            while self.accept("and"):
                query.conditions.append(self.condition())
        if self.position != len(self.tokens):
            raise RuleError(MALFORMED)
        return query

    def selection(self) -> tuple[int, int]:
        name = self.take("name")
        if not self.accept("("):
            return column(name), OPTIONS[""]
        number = column(self.take("name"))
        self.expect(")")
        if name.lower() not in OPTIONS:
            raise RuleError(UNKNOWN_FUNCTION)
        return number, OPTIONS[name.lower()]

    def condition(self) -> tuple[int, str]:
        name = self.take("name")
        text = self.test()
        while (junction := self.peek()) in ("||", "&&"):
            self.position += 1
            text = f"{text} {junction} {self.test()}"
        return column(name), text

    def test(self) -> str:
        word = self.peek()
        self.position += 1
        if word in COMPARISONS:
            return f"{COMPARISONS[word]} '{self.take('literal')}'"
        if word in WORDS:
            return f"{word} '{self.take('literal')}'"
        if word == "not":
            self.expect("like")
            return f"not like '{self.take('literal')}'"
        if word == "between":
            return f"between '{self.take('literal')}' '{self.take('literal')}'"
        if word == "in":
            return self.membership()
        raise RuleError(MALFORMED)

    def membership(self) -> str:
        enclosed = self.accept("(")
        values = [self.take("literal")]
        while self.accept(","):
            values.append(self.take("literal"))
        listed = ", ".join(f"'{value}'" for value in values)
        if not enclosed:
            return f"in {listed}"
        self.expect(")")
        return f"in ({listed})"

    def peek(self) -> str:
        if self.position == len(self.tokens) or self.tokens[self.position].kind == "literal":
            return ""
        return self.tokens[self.position].word

    def accept(self, word: str) -> bool:
        if self.peek() != word:
            return False
        self.position += 1
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise RuleError(MALFORMED)

    def take(self, kind: str) -> str:
        if self.position == len(self.tokens) or self.tokens[self.position].kind != kind:
            raise RuleError(MALFORMED)
        self.position += 1
        return self.tokens[self.position - 1].text


def unquoted(literal: str) -> str:
    return HEX.sub(lambda match: chr(int(match[1], 16)), literal[1:-1].replace("''", "'"))


def column(name: str) -> int:
    if name not in NUMBERS:
        raise RuleError(UNKNOWN_COLUMN)
    return NUMBERS[name]
