"""The access check a request can ask for itself: with a user's name, zone and an access type among its keywords."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

USER, ZONE, ACCESS = "userNameClient", "rodsZoneClient", "accessPermission"
HIGHEST = """SELECT max(OA.access_type_id) FROM R_OBJT_ACCESS OA, R_USER_GROUP UG, R_USER_MAIN UM
    WHERE OA.object_id = ? AND OA.user_id = UG.group_user_id AND UG.user_id = UM.user_id
    AND UM.user_name = ? AND UM.zone_name = ?"""
LEVEL = "SELECT token_id FROM R_TOKN_MAIN WHERE token_namespace = 'access_type' AND token_name = ?"


def check(session: Session, keywords: Mapping[str, str], names: Sequence[str], rows: Sequence[sqlite3.Row]) -> None:
    """Raises IrodsError when keywords are no access check at all, or the named user lacks access to a row's object."""
    if not keywords or "irodsAdmin" in keywords or set(keywords) == {"zone"}:
        return
    if not {USER, ZONE, ACCESS} <= set(keywords):
        if "disable_strict_acls" in keywords:
            return
        raise IrodsError("CAT_INVALID_ARGUMENT")
    index = next((names.index(name) for name in ("data_id", "coll_id") if name in names), None)
    if index is None:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    needed = session.catalog.value(LEVEL, keywords[ACCESS])
    for object_id in {row[index] for row in rows}:
        level = session.catalog.value(HIGHEST, object_id, keywords[USER], keywords[ZONE] or session.zone.name)
        if needed is None or (level or 0) < needed:
            raise IrodsError("CAT_NO_ACCESS_PERMISSION")
