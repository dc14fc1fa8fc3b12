"""Tokens: the catalog's lists of known names, such as data types."""

from __future__ import annotations

from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


def exists(session: Session, namespace: str, name: str) -> bool:
    sql = "SELECT 1 FROM R_TOKN_MAIN WHERE token_namespace = ? AND token_name = ?"
    return session.catalog.row(sql, namespace, name) is not None


def check(namespace: str, name: str) -> None:
    if not (namespace and name):
        raise IrodsError("CAT_INVALID_ARGUMENT")


def add(session: Session, namespace: str, name: str, *values_and_comment: str) -> None:
    """Adds a name to a namespace, with up to three values and a comment."""
    check(namespace, name)
    if not exists(session, "token_namespace", namespace):
        raise IrodsError("CAT_INVALID_ARGUMENT", f"Token namespace '{namespace}' does not exist"[:199])
    if exists(session, namespace, name):
        message = f"Token '{name}' already exists in namespace '{namespace}'"[:199]
        raise IrodsError("CAT_INVALID_ARGUMENT", message)
    values = (*values_and_comment, "", "", "", "")[:4]
    session.catalog.execute(
        "INSERT INTO R_TOKN_MAIN VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        namespace,
        session.catalog.next_id(),
        name,
        *values,
        now(),
        now(),
    )


def remove(session: Session, namespace: str, name: str) -> None:
    """Removes a name from a namespace."""
    check(namespace, name)
    if not exists(session, namespace, name):
        message = f"Token '{name}' does not exist in namespace '{namespace}'"[:199]
        raise IrodsError("CAT_INVALID_ARGUMENT", message)
    session.catalog.execute("DELETE FROM R_TOKN_MAIN WHERE token_namespace = ? AND token_name = ?", namespace, name)
