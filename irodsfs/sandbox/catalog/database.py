"""The catalog: a SQLite database with the tables of a real zone's, one connection for each agent."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from irodsfs.sandbox.catalog import clock, postgres
from irodsfs.sandbox.protocol.error_numbers import IrodsError

Action = Callable[[], object]


def now() -> str:
    """The time as the catalog keeps it: seconds since 1970 as eleven digits."""
    return f"{int(clock.seconds()):011d}"


class Catalog:
    """A connection to the catalog of one zone."""

    def __init__(self, path: Path, writing: AbstractContextManager[object] | None = None) -> None:
        """`writing` is shared by all connections to a zone: the files in the vault change under it, too."""
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("PRAGMA case_sensitive_like=ON")
        postgres.install(self.connection)
        self._writing: AbstractContextManager[object] = writing or threading.RLock()
        self._uncommitted: list[Action] = []
        self._when_committed: list[Action] = []

    def create_tables(self) -> None:
        """Makes the tables, with the tokens and specific queries every zone has."""
        self.connection.executescript(files(__package__).joinpath("schema.sql").read_text())

    def rows(self, sql: str, *args: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self.connection.execute(sql, args).fetchall()

    def row(self, sql: str, *args: Any) -> sqlite3.Row | None:
        """The first row of a query, None when there is none."""
        row: sqlite3.Row | None = self.connection.execute(sql, args).fetchone()
        return row

    def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        row = self.row(sql, *args)
        return None if row is None else row[0]

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Executes a statement; ``rowcount`` of the cursor says how many rows it changed.

        Raises IrodsError when a row of that name exists.
        """
        try:
            return self.connection.execute(sql, args)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME") from None
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside happen or none; one writer at a time. One inside another joins it.

        What is due when it is committed is done before the next writer's turn: a file that another one made meanwhile
        where one is to be removed would be lost.
        """
        if self.connection.in_transaction:
            yield
            return
        with self._writing:
            yield from self._transaction()

    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        for change in self._uncommitted:
            change()
        unchanged = self.connection.total_changes
        left_before = len(self._uncommitted)
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self._when_committed.clear()
            if self.connection.total_changes != unchanged and len(self._uncommitted) == left_before:
                self._uncommitted.clear()
            raise
        self.connection.execute("COMMIT")
        self._uncommitted.clear()
        actions, self._when_committed = self._when_committed, []
        for action in actions:
            action()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Inside a transaction: when the block fails, what it changed is taken back, and the transaction goes on."""
        due = len(self._when_committed)
        self.connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO attempt")
            del self._when_committed[due:]
            raise
        finally:
            self.connection.execute("RELEASE attempt")

    def when_committed(self, action: Action) -> None:
        """Does something once the present transaction is committed; nothing when it is rolled back."""
        self._when_committed.append(action)

    def leave_uncommitted(self, change: Action) -> None:
        """Leaves a change to this connection's next commit, as the server does when it fails half-way.

        A later transaction that fails after changes of its own takes it back.
        """
        self._uncommitted.append(change)

    def commit_what_was_left(self) -> None:
        """Commits what was left uncommitted."""
        with self.transaction():
            pass

    def forget_what_was_left(self) -> None:
        """Takes back what was left uncommitted."""
        self._uncommitted.clear()

    def next_id(self) -> int:
        """A fresh object id."""
        return int(self.value("UPDATE R_OBJECTID SET next_id = next_id + 1 RETURNING next_id - 1"))

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()
