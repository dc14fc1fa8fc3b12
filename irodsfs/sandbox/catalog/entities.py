"""What a request names by path or name: data objects, collections, resources and users, found for its caller."""

from __future__ import annotations

import re

from irodsfs.sandbox.catalog import access_checks, entries_in_catalog, visible_paths
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

USER_NAME = re.compile(r"([\w.@-]+)(?:#([^#]*))?", re.ASCII)
NAME_LENGTH = 64


def split_user_name(name: str) -> tuple[str, str]:
    """User and zone of ``user`` or ``user#zone`` (zone "" when not given)."""
    match = USER_NAME.fullmatch(name)
    if not match or match[1] in (".", "..") or len(match[1]) >= NAME_LENGTH or len(match[2] or "") >= NAME_LENGTH:
        raise IrodsError("USER_INVALID_USERNAME_FORMAT")
    return match[1], match[2] or ""


def find_data_object(session: Session, path: str) -> int | None:
    """The id of the data object at a path, None when there is none."""
    replicas = entries_in_catalog.find_replicas(session.catalog, path)
    return int(replicas[0]["data_id"]) if replicas else None


def find_collection(session: Session, path: str) -> int | None:
    """The id of the collection at a path, None when there is none."""
    row = entries_in_catalog.find_collection(session.catalog, path)
    return None if row is None else int(row["coll_id"])


def find_resource(session: Session, name: str) -> int | None:
    """The id of a resource, None when there is none."""
    found: int | None = session.catalog.value("SELECT resc_id FROM R_RESC_MAIN WHERE resc_name = ?", name)
    return found


def find_user(session: Session, name: str, zone: str = "") -> int | None:
    """The id of a user or group (of the local zone unless told), None when there is none."""
    found: int | None = session.catalog.value(
        "SELECT user_id FROM R_USER_MAIN WHERE user_name = ? AND zone_name = ?", name, zone or session.zone.name
    )
    return found


def data_object(session: Session, path: str, level: Access, admin: bool = False) -> int:
    """The id of the data object at a path, on which the caller must have this level (or be ``admin``)."""
    found = find_data_object(session, path)
    if found is None:
        raise IrodsError("CAT_UNKNOWN_FILE")
    if not admin:
        access_checks.require(session, found, level)
    return found


def collection(session: Session, path: str, level: Access, admin: bool = False) -> int:
    """The id of the collection at a path, on which the caller must have this level (or be ``admin``)."""
    found = find_collection(session, path)
    if found is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION")
    if not admin:
        access_checks.require(session, found, level)
    return found


def resource(session: Session, name: str, missing: str = "CAT_INVALID_RESOURCE") -> int:
    """The id of a resource; raises IrodsError ``missing``."""
    found = find_resource(session, name)
    if found is None:
        raise IrodsError(missing)
    return found


def user(session: Session, name: str, zone: str = "") -> int:
    """The id of the user or group called ``name`` or ``name#zone``."""
    plain_name, named_zone = split_user_name(name)
    found = find_user(session, plain_name, named_zone or zone)
    if found is None:
        raise IrodsError("CAT_INVALID_USER")
    return found


def visible(session: Session, path: str) -> int | None:
    """The id of the collection or data object at a path when a query of the caller would show it."""
    return visible_collection(session, path) or visible_data_object(session, path)


def visible_collection(session: Session, path: str) -> int | None:
    """The id of a collection when a query of the caller would show it."""
    row = visible_paths.visible_collection(session, path)
    return None if row is None else int(row["coll_id"])


def visible_data_object(session: Session, path: str) -> int | None:
    """The id of a data object when a query by its collection and name would show it to the caller."""
    replicas = visible_paths.visible_replicas(session, path)
    return int(replicas[0]["data_id"]) if replicas else None
