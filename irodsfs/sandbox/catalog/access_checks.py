"""Who may do what to which object: access levels as the catalog keeps them, through users, groups and tickets."""

from __future__ import annotations

from enum import IntEnum

from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


class Access(IntEnum):
    """The ten access levels of iRODS 5, by their token ids."""

    NULL = 1000
    READ_METADATA = 1040
    READ_OBJECT = 1050
    CREATE_METADATA = 1070
    MODIFY_METADATA = 1080
    DELETE_METADATA = 1090
    CREATE_OBJECT = 1110
    MODIFY_OBJECT = 1120
    DELETE_OBJECT = 1130
    OWN = 1200


def access_of(session: Session, object_id: int) -> int:
    """The highest level the session's user has on an object, through itself or its groups; 0 when none."""
    level = session.catalog.value(
        "SELECT max(a.access_type_id) FROM R_OBJT_ACCESS a JOIN R_USER_GROUP g ON a.user_id = g.group_user_id"
        " WHERE a.object_id = ? AND g.user_id = ?",
        object_id,
        session.user.id,
    )
    return int(level or 0)


def require(session: Session, object_id: int, level: Access, error: str = "CAT_NO_ACCESS_PERMISSION") -> None:
    """Raises the error unless the session's user has at least this level on the object."""
    if access_of(session, object_id) < level:
        raise IrodsError(error)


def grant(session: Session, object_id: int, user_id: int, level: int) -> None:
    """Makes a level a user's own one on an object; null takes away what is there."""
    session.catalog.execute("DELETE FROM R_OBJT_ACCESS WHERE object_id = ? AND user_id = ?", object_id, user_id)
    if level != Access.NULL:
        time = now()
        session.catalog.execute(
            "INSERT INTO R_OBJT_ACCESS (object_id, user_id, access_type_id, create_ts, modify_ts)"
            " VALUES (?, ?, ?, ?, ?)",
            object_id,
            user_id,
            level,
            time,
            time,
        )
