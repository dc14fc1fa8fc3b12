"""The statements that a connection has open: rows found by a query, of which some were given out."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from irodsfs.sandbox.protocol.error_numbers import IrodsError

MAX_STATEMENTS = 50


@dataclass
class Answer:
    """All rows of a statement, the numbers and names of its columns, and how many rows were given out."""

    rows: list[sqlite3.Row]
    numbers: Sequence[int]
    names: Sequence[str]
    position: int = 0

    def take(self, count: int) -> list[sqlite3.Row]:
        rows = self.rows[self.position : self.position + count]
        self.position += len(rows)
        return rows


class Statements:
    """The statements a connection has open, numbered from 1; the lowest free number is taken first."""

    def __init__(self) -> None:
        self.answers: dict[int, Answer] = {}

    def start(self, answer: Answer) -> int:
        """The number of a new statement; raises IrodsError CAT_NO_ROWS_FOUND when it has no rows."""
        if not answer.rows:
            raise IrodsError("CAT_NO_ROWS_FOUND")
        for number in range(1, MAX_STATEMENTS + 1):
            if number not in self.answers:
                self.answers[number] = answer
                return number
        raise IrodsError("CAT_STATEMENT_TABLE_FULL")

    def close(self, number: int) -> None:
        """Forgets a statement; one that is not open is fine."""
        self.answers.pop(number, None)
