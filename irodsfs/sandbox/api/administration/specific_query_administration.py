"""Specific queries: SQL statements an administrator lets everyone run, by text or alias."""

from __future__ import annotations

from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

SHORTEST = 5


def add(session: Session, sql: str, alias: str = "") -> None:
    """Keeps a statement, under an alias when one is given."""
    if len(sql) < SHORTEST:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if alias and session.catalog.row("SELECT 1 FROM R_SPECIFIC_QUERY WHERE alias = ?", alias) is not None:
        raise IrodsError("CAT_INVALID_ARGUMENT", "Alias is not unique")
    session.catalog.execute(
        "INSERT INTO R_SPECIFIC_QUERY (sqlStr, alias, create_ts) VALUES (?, ?, ?)", sql, alias or None, now()
    )


def remove(session: Session, sql_or_alias: str) -> None:
    """Removes a statement by its text, or else by its alias."""
    for column in ("sqlStr", "alias"):
        if session.catalog.execute(f"DELETE FROM R_SPECIFIC_QUERY WHERE {column} = ?", sql_or_alias).rowcount:
            return
    raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")
