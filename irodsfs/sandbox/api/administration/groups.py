"""Groups: who is a member, and who may say so."""

from __future__ import annotations

from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


def find(session: Session, name: str) -> int:
    """The id of a group of the local zone."""
    found: int | None = session.catalog.value(
        "SELECT user_id FROM R_USER_MAIN WHERE user_name = ? AND zone_name = ? AND user_type_name = 'rodsgroup'",
        name,
        session.zone.name,
    )
    if found is None:
        raise IrodsError("CAT_INVALID_GROUP")
    return found


def change(session: Session, group: str, option: str, user: str, zone: str = "") -> None:
    """Makes a user a member of a group ("add") or none ("remove")."""
    if not (group and option and user):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if not may_change(session, group, option):
        raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
    user_id = member_to_be(session, user, zone)
    group_id = find(session, group)
    match option:
        case "add":
            time = now()
            session.catalog.execute("INSERT INTO R_USER_GROUP VALUES (?, ?, ?, ?)", group_id, user_id, time, time)
        case "remove":
            sql = "DELETE FROM R_USER_GROUP WHERE group_user_id = ? AND user_id = ?"
            if not session.catalog.execute(sql, group_id, user_id).rowcount:
                raise IrodsError("USER_NOT_IN_GROUP")
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")


def member_to_be(session: Session, name: str, zone: str) -> int:
    user_id = entities.user(session, name, zone)
    sql = "SELECT 1 FROM R_USER_MAIN WHERE user_id = ? AND user_type_name <> 'rodsgroup'"
    if session.catalog.row(sql, user_id) is None:
        raise IrodsError("CAT_INVALID_USER")
    return user_id


def may_change(session: Session, group: str, option: str) -> bool:
    """Administrators may; group administrators their own groups, and fill empty ones."""
    if session.user.is_admin:
        return True
    if session.user.type != "groupadmin":
        return False
    members = session.catalog.rows(
        "SELECT m.user_id FROM R_USER_GROUP m JOIN R_USER_MAIN g ON g.user_id = m.group_user_id"
        " WHERE g.user_type_name = 'rodsgroup' AND g.user_name = ? AND m.user_id <> g.user_id",
        group,
    )
    return session.user.id in [row["user_id"] for row in members] or (option == "add" and not members)


def require_group_administrator(session: Session) -> None:
    """Raises IrodsError unless the caller administers the zone or groups."""
    if session.user.type not in ("rodsadmin", "groupadmin"):
        raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
