"""Tickets: make, change and delete them, and present one for the session (ticket administration, 723)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import access_checks, entities
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

LIMITS = {"uses": "uses_limit", "write-file": "write_file_limit", "write-bytes": "write_byte_limit"}
RESTRICTIONS = {
    "host": ("R_TICKET_ALLOWED_HOSTS", "host"),
    "user": ("R_TICKET_ALLOWED_USERS", "user_name"),
    "group": ("R_TICKET_ALLOWED_GROUPS", "group_name"),
}
DATE = "%Y-%m-%d.%H:%M:%S"
MAX_INTEGER = 2**31 - 1


@handles(723)
def administer_ticket(session: Session, request: Request) -> Reply:
    """One operation (create, mod, delete, session) on a ticket."""
    operation, name, *arguments = [request.input.text(f"arg{position}") for position in range(1, 7)]
    admin = "irodsAdmin" in request.input.keywords()
    if operation == "session":
        session.ticket = name or None
        return Reply()
    if admin and not session.user.is_admin:
        raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
    with session.catalog.transaction():
        if operation == "create":
            create(session, name, *arguments[:2])
        else:
            change(session, operation, find(session, name, admin), arguments)
    return Reply()


def create(session: Session, name: str, kind: str, path: str) -> None:
    if re.fullmatch(r"[0-9]+", name):
        raise IrodsError("CAT_TICKET_INVALID")
    data_id = entities.find_data_object(session, path)
    if data_id is not None and access_checks.access_of(session, data_id) >= Access.OWN:
        object_id, object_type = data_id, "data"
    else:
        object_id, object_type = entities.collection(session, path, Access.OWN), "collection"
    time = now()
    session.catalog.execute(
        "INSERT INTO R_TICKET_MAIN (ticket_id, ticket_string, ticket_type, user_id, object_id, object_type,"
        " create_ts, modify_ts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        session.catalog.next_id(),
        name,
        "write" if kind.startswith("write") else "read",
        session.user.id,
        object_id,
        object_type,
        time,
        time,
    )


def find(session: Session, name: str, admin: bool) -> int:
    """The id of the caller's ticket of that name or id; an administrator's request reaches everyone's."""
    owner = None if admin else session.user.id
    ticket_id: int | None = session.catalog.value(
        "SELECT ticket_id FROM R_TICKET_MAIN WHERE (ticket_string = ?1 OR CAST(ticket_id AS TEXT) = ?1)"
        " AND (?2 IS NULL OR user_id = ?2)",
        name,
        owner,
    )
    if ticket_id is None:
        raise IrodsError("CAT_TICKET_INVALID")
    return ticket_id


def change(session: Session, operation: str, ticket_id: int, arguments: list[str]) -> None:
    what, value, restricted_to = arguments[:3]
    match operation, what:
        case "delete", _:
            delete(session, ticket_id)
        case "mod", "uses" | "write-file" | "write-bytes":
            update(session, ticket_id, LIMITS[what], limit(value))
        case "mod", "expire":
            update(session, ticket_id, "ticket_expiry_ts", expiry(value))
        case "mod", "add" | "remove" if value in RESTRICTIONS:
            restriction_changes[what](session, ticket_id, value, checked[value](session, restricted_to))
            touch(session, ticket_id)
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")


def delete(session: Session, ticket_id: int) -> None:
    for table in ("R_TICKET_MAIN", *(table for table, _ in RESTRICTIONS.values())):
        session.catalog.execute(f"DELETE FROM {table} WHERE ticket_id = ?", ticket_id)


def update(session: Session, ticket_id: int, column: str, value: str | int) -> None:
    session.catalog.execute(f"UPDATE R_TICKET_MAIN SET {column} = ? WHERE ticket_id = ?", value, ticket_id)
    touch(session, ticket_id)


def touch(session: Session, ticket_id: int) -> None:
    session.catalog.execute("UPDATE R_TICKET_MAIN SET modify_ts = ? WHERE ticket_id = ?", now(), ticket_id)


def limit(text: str) -> int:
    """A limit as the catalog's integer column takes it."""
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,10}\s*", text) or abs(int(text)) > MAX_INTEGER:
        raise IrodsError("CAT_SQL_ERR")
    return int(text)


def expiry(text: str) -> str:
    """An expiry time as catalog text, from seconds since 1970 or a date in UTC; "" is never."""
    if text in ("", "0"):
        return ""
    try:
        seconds = int(text) if re.fullmatch(r"-?[0-9]+", text) else int(parse_date(text).timestamp())
    except ValueError:
        raise IrodsError("SYS_INTERNAL_ERR") from None
    return f"{seconds:011d}"


def parse_date(text: str) -> datetime:
    """A time in UTC, or the beginning of a day."""
    complete = text if "." in text else f"{text}.00:00:00"
    return datetime.strptime(complete, DATE).replace(tzinfo=UTC)


def host_address(_: Session, name: str) -> str:
    try:
        return socket.gethostbyname(name)
    except OSError:
        raise IrodsError("CAT_HOSTNAME_INVALID") from None


def existing_user(session: Session, name: str) -> str:
    return existing(session, name, "user_type_name <> 'rodsgroup'", "CAT_INVALID_USER")


def existing_group(session: Session, name: str) -> str:
    return existing(session, name, "user_type_name = 'rodsgroup'", "CAT_INVALID_GROUP")


def existing(session: Session, name: str, condition: str, error: str) -> str:
    user, zone = entities.split_user_name(name)
    sql = f"SELECT 1 FROM R_USER_MAIN WHERE user_name = ? AND zone_name = ? AND {condition}"
    if session.catalog.row(sql, user, zone or session.zone.name) is None:
        raise IrodsError(error)
    return name


def add_restriction(session: Session, ticket_id: int, kind: str, name: str) -> None:
    table, column = RESTRICTIONS[kind]
    session.catalog.execute(f"INSERT INTO {table} (ticket_id, {column}) VALUES (?, ?)", ticket_id, name)


def remove_restriction(session: Session, ticket_id: int, kind: str, name: str) -> None:
    table, column = RESTRICTIONS[kind]
    if not session.catalog.execute(
        f"DELETE FROM {table} WHERE ticket_id = ? AND {column} = ?", ticket_id, name
    ).rowcount:
        raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")


checked: dict[str, Callable[[Session, str], str]] = {
    "host": host_address,
    "user": existing_user,
    "group": existing_group,
}
restriction_changes: dict[str, Callable[[Session, int, str, str], None]] = {
    "add": add_restriction,
    "remove": remove_restriction,
}
