"""Access control of collections and data objects: modify access control (707)."""

from __future__ import annotations

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import access_checks, entities, logical_paths
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

INHERITANCE = {"inherit": "1", "noinherit": "0"}
LEVELS = {level.name.lower(): level for level in Access} | {"read": Access.READ_OBJECT, "write": Access.MODIFY_OBJECT}


@handles(707)
def modify_access_control(session: Session, request: Request) -> Reply:
    """Gives a user or group a level on a path, recursively when asked, or sets a collection's inheritance."""
    path = request.input.text("path")
    zone = zone_of(path)
    if zone != session.zone.name:
        raise IrodsError("SYS_INVALID_ZONE_NAME" if zone else "SYS_INVALID_FILE_PATH")
    user = request.input.text("userName"), request.input.text("zone")
    with session.catalog.transaction():
        modify_path(
            session,
            request.input.text("accessLevel"),
            user,
            path,
            recursive=request.input.integer("recursiveFlag") != 0,
        )
    return Reply()


def zone_of(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def level_named(name: str) -> Access:
    """The level of that name, "read" and "write" included."""
    if name not in LEVELS:
        raise IrodsError("CAT_INVALID_ARGUMENT", f"access level '{name}' is invalid"[:99])
    return LEVELS[name]


def modify_path(session: Session, level: str, user: tuple[str, str], path: str, recursive: bool) -> None:
    admin = level.startswith("admin:")
    if admin and not session.user.is_admin:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION", "You must be the admin to use the -M admin mode")
    level = level.removeprefix("admin:")
    access = None if level in INHERITANCE else level_named(level)
    object_id, is_collection = owned(session, path, admin, inheritance=access is None)
    if access is None:
        set_inheritance(session, object_id, path, INHERITANCE[level], recursive)
        return
    user_id = receiver(session, *user)
    if not recursive:
        access_checks.grant(session, object_id, user_id, access)
    elif is_collection:
        grant_below(session, path, user_id, access)
    else:
        raise IrodsError(
            "CAT_INVALID_ARGUMENT", f"Input path is not a collection and recursion was requested: {path}"[:199]
        )


def owned(session: Session, path: str, admin: bool, inheritance: bool) -> tuple[int, bool]:
    """The id of the collection or data object the caller owns at a path, and whether it is a collection."""
    found = entities.find_collection(session, path)
    if found is not None and (admin or access_checks.access_of(session, found) >= Access.OWN):
        return found, True
    if inheritance:
        raise IrodsError(
            "CAT_NO_ACCESS_PERMISSION",
            "either the collection does not exist or you do not have sufficient access",
        )
    if found is not None:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")
    if entities.find_data_object(session, path) is None:
        raise IrodsError("CAT_INVALID_ARGUMENT", f"Input path is not a collection and not a dataObj: {path}"[:199])
    return entities.data_object(session, path, Access.OWN, admin), False


def receiver(session: Session, name: str, zone: str) -> int:
    found = entities.find_user(session, name, zone)
    if found is None:
        raise IrodsError("CAT_INVALID_USER")
    return found


def grant_below(session: Session, path: str, user_id: int, level: int) -> None:
    """Does the same on a collection and everything below it."""
    collections = "SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ? OR coll_name LIKE ? ESCAPE '\\'"
    for ids in (collections, f"SELECT DISTINCT data_id FROM R_DATA_MAIN WHERE coll_id IN ({collections})"):
        for (object_id,) in session.catalog.rows(ids, path, logical_paths.as_prefix(path)):
            access_checks.grant(session, object_id, user_id, level)


def set_inheritance(session: Session, collection_id: int, path: str, value: str, recursive: bool) -> None:
    condition = "coll_name = ? OR coll_name LIKE ? ESCAPE '\\'" if recursive else "coll_id = ?"
    which = (path, logical_paths.as_prefix(path)) if recursive else (collection_id,)
    session.catalog.execute(
        f"UPDATE R_COLL_MAIN SET coll_inheritance = ?, modify_ts = ? WHERE {condition}", value, now(), *which
    )
