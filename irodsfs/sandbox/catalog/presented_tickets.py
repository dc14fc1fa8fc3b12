"""What a ticket of a session opens: which objects it covers, its limits and who may use it.

In a session with a ticket the ticket alone decides on data objects, not the user's own permissions.
"""

from __future__ import annotations

import sqlite3

from irodsfs.sandbox.catalog import logical_paths
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

MODIFYING = (Access.MODIFY_METADATA, Access.MODIFY_OBJECT)


def covers(session: Session, object_id: int) -> bool:
    """Whether queries show this data object or collection to a session with the session's ticket."""
    sql = (
        "SELECT 1 FROM R_TICKET_MAIN t WHERE t.ticket_string = ?1 AND (t.object_id = ?2 OR EXISTS"
        " (SELECT 1 FROM R_COLL_MAIN granted JOIN R_COLL_MAIN shown ON"
        " shown.coll_name LIKE granted.coll_name || '%' ESCAPE '\\'"
        " WHERE granted.coll_id = t.object_id AND"
        " (shown.coll_id = ?2 OR shown.coll_id IN (SELECT coll_id FROM R_DATA_MAIN WHERE data_id = ?2))))"
    )
    return session.catalog.row(sql, session.ticket, object_id) is not None


def use(session: Session, object_id: int, level: Access) -> None:
    """Takes up the session's ticket for an object or a collection; raises IrodsError when it does not allow that.

    Counts a use, and a written object at the levels that modify, unless the object is the one counted last.
    """
    modifying = level in MODIFYING
    with session.catalog.transaction():
        ticket = find(session, object_id, "write" if modifying else None)
        if has_expired(ticket["ticket_expiry_ts"]):
            raise IrodsError("CAT_TICKET_EXPIRED")
        check_restrictions(session, ticket["ticket_id"])
        if modifying:
            count_written_object(session, ticket, object_id)
        count_use(session, ticket, object_id)


def allows_creation(session: Session, collection_id: int) -> bool:
    """Whether the session's ticket is a write ticket of this very collection; takes it up then, as ``use`` does."""
    granted = session.catalog.row(
        "SELECT 1 FROM R_TICKET_MAIN WHERE ticket_string = ? AND ticket_type = 'write' AND object_id = ?",
        session.ticket,
        collection_id,
    )
    if granted is not None:
        use(session, collection_id, Access.MODIFY_OBJECT)
    return granted is not None


def count_bytes(session: Session, data_id: int, written: int) -> None:
    """Adds bytes written to a data object to those of the ticket, when it limits them.

    As in the server the ticket must be one of the object or of its collection; one of a collection further up fails.
    """
    if not written:
        return
    ticket = session.catalog.row(
        "SELECT ticket_id, write_byte_limit FROM R_TICKET_MAIN WHERE ticket_type = 'write' AND ticket_string = ?1"
        " AND (object_id = ?2 OR object_id IN (SELECT coll_id FROM R_DATA_MAIN WHERE data_id = ?2))",
        session.ticket,
        data_id,
    )
    if ticket is None:
        raise IrodsError("CAT_NO_ROWS_FOUND")
    if ticket["write_byte_limit"]:
        session.catalog.execute(
            "UPDATE R_TICKET_MAIN SET write_byte_count = write_byte_count + ? WHERE ticket_id = ?",
            written,
            ticket["ticket_id"],
        )


def status_of_write(session: Session, data_id: int, written: int) -> int:
    """Takes up the session's ticket, if any, for bytes written to a data object: 0, or the code of what forbids it.

    What was written stays written, as in the server, which asks only when the object is closed; the replica is stale.
    """
    if not session.ticket:
        return 0
    try:
        with session.catalog.transaction():
            count_bytes(session, data_id, written)
        use(session, data_id, Access.MODIFY_METADATA)
    except IrodsError as error:
        return error.code
    return 0


def find(session: Session, object_id: int, kind: str | None) -> sqlite3.Row:
    """The session's ticket when it is for this object or a collection above it."""
    for granted in (object_id, *collections_above(session, object_id)):
        ticket = session.catalog.row(
            "SELECT * FROM R_TICKET_MAIN WHERE ticket_string = ?1 AND object_id = ?2"
            " AND (?3 IS NULL OR ticket_type = ?3)",
            session.ticket,
            granted,
            kind,
        )
        if ticket is not None:
            return ticket
    raise IrodsError("CAT_TICKET_INVALID")


def collections_above(session: Session, object_id: int) -> list[int]:
    """The ids of an object's collection (a collection's own) and of those above it, the zone's root left out."""
    path = session.catalog.value(
        "SELECT coll_name FROM R_COLL_MAIN"
        " WHERE coll_id = ?1 OR coll_id IN (SELECT coll_id FROM R_DATA_MAIN WHERE data_id = ?1)",
        object_id,
    )
    found: list[int] = []
    while path not in (None, "/", f"/{session.zone.name}"):
        collection_id = session.catalog.value("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", path)
        found += [] if collection_id is None else [collection_id]
        path = logical_paths.split(path)[0]
    return found


def has_expired(expiry: str | None) -> bool:
    return bool(expiry) and 0 < int(expiry or 0) < int(now())


def check_restrictions(session: Session, ticket_id: int) -> None:
    """Raises IrodsError when the ticket is for other hosts, users or groups than the session's."""
    hosts = names(session, "SELECT host FROM R_TICKET_ALLOWED_HOSTS WHERE ticket_id = ?", ticket_id)
    if hosts and session.address not in hosts:
        raise IrodsError("CAT_TICKET_HOST_EXCLUDED")
    users = names(session, "SELECT user_name FROM R_TICKET_ALLOWED_USERS WHERE ticket_id = ?", ticket_id)
    if users and not users & {session.user.name, f"{session.user.name}#{session.user.zone}"}:
        raise IrodsError("CAT_TICKET_USER_EXCLUDED")
    groups = names(session, "SELECT group_name FROM R_TICKET_ALLOWED_GROUPS WHERE ticket_id = ?", ticket_id)
    if groups and not groups & groups_of(session):
        raise IrodsError("CAT_TICKET_GROUP_EXCLUDED")


def groups_of(session: Session) -> set[str]:
    return names(
        session,
        "SELECT u.user_name FROM R_USER_GROUP g JOIN R_USER_MAIN u ON u.user_id = g.group_user_id"
        " WHERE u.user_type_name = 'rodsgroup' AND g.user_id = ?",
        session.user.id,
    )


def names(session: Session, sql: str, key: int) -> set[str]:
    return {name for (name,) in session.catalog.rows(sql, key)}


def count_written_object(session: Session, ticket: sqlite3.Row, object_id: int) -> None:
    if 0 < ticket["write_byte_limit"] < ticket["write_byte_count"]:
        raise IrodsError("CAT_TICKET_WRITE_BYTES_EXCEEDED")
    if not ticket["write_file_limit"]:
        return
    if ticket["write_file_count"] > ticket["write_file_limit"]:
        raise IrodsError("CAT_TICKET_WRITE_USES_EXCEEDED")
    if session.ticket_counts.written != object_id:
        increment(session, "write_file_count", ticket["ticket_id"])
    session.ticket_counts.written = object_id


def count_use(session: Session, ticket: sqlite3.Row, object_id: int) -> None:
    if not ticket["uses_limit"]:
        return
    if session.ticket_counts.used != object_id:
        if ticket["uses_count"] >= ticket["uses_limit"]:
            raise IrodsError("CAT_TICKET_USES_EXCEEDED")
        increment(session, "uses_count", ticket["ticket_id"])
    session.ticket_counts.used = object_id


def increment(session: Session, counter: str, ticket_id: int) -> None:
    session.catalog.execute(f"UPDATE R_TICKET_MAIN SET {counter} = {counter} + 1 WHERE ticket_id = ?", ticket_id)
