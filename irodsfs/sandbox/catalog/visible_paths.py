"""What a user finds at a path: entries without permission are as good as missing, as in the server's own queries."""

from __future__ import annotations

import sqlite3

from irodsfs.sandbox.catalog import presented_tickets
from irodsfs.sandbox.catalog.access_checks import Access, access_of, require
from irodsfs.sandbox.catalog.entries_in_catalog import find_collection, find_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


def is_visible(session: Session, object_id: int) -> bool:
    """Whether the server's queries show an object to the user (or the session's ticket); rodsadmins see everything."""
    if session.user.is_admin:
        return True
    return (
        presented_tickets.covers(session, object_id)
        if session.ticket
        else access_of(session, object_id) >= Access.READ_OBJECT
    )


def visible_collection(session: Session, path: str) -> sqlite3.Row | None:
    """The collection at a path, None when it is missing or hidden."""
    row = find_collection(session.catalog, path)
    return row if row is not None and is_visible(session, row["coll_id"]) else None


def visible_replicas(session: Session, path: str) -> list[sqlite3.Row]:
    """The replicas at a path; none when the data object or its collection is missing or hidden."""
    replicas = find_replicas(session.catalog, path)
    if not replicas or not is_visible(session, replicas[0]["data_id"]):
        return []
    return replicas if session.ticket or is_visible(session, replicas[0]["coll_id"]) else []


def replicas_for(
    session: Session, path: str, level: Access, missing: str, *, as_admin: bool = False
) -> list[sqlite3.Row]:
    """The replicas at a path with at least this access; raises IrodsError ``missing`` or for lack of permission."""
    replicas = visible_replicas(session, path)
    if not replicas:
        raise IrodsError(missing)
    if not as_admin:
        require_on_object = require if level >= Access.DELETE_OBJECT else require_for_contents
        require_on_object(session, replicas[0]["data_id"], level)
    return replicas


def require_for_contents(session: Session, data_id: int, level: Access) -> None:
    """Raises IrodsError unless the user, or in a session with a ticket that ticket, opens a data object's contents.

    To delete an object needs permission of the user's own; no ticket gives it.
    """
    if session.ticket:
        presented_tickets.use(session, data_id, level)
    else:
        require(session, data_id, level)


def is_admin_request(session: Session, keywords: dict[str, str]) -> bool:
    """Whether an administrator asks to pass over permissions; raises IrodsError when someone else asks."""
    if "irodsAdmin" not in keywords:
        return False
    if not session.user.is_admin:
        raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
    return True
