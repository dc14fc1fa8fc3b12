"""Who may do what with a collection or data object, and changing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from irods.api_number import api_number
from irods.message import ModAclRequest
from irods.models import Collection, CollectionAccess, DataAccess, User

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import Query, data_object_at, equal, one_of
from irodsfs.grid.requests import json_change
from irodsfs.grid.zone import Zone

LEVELS = {
    1000: "null",
    1010: "execute",
    1020: "read_annotation",
    1030: "read_system_metadata",
    1040: "read_metadata",
    1050: "read_object",
    1060: "write_annotation",
    1070: "create_metadata",
    1080: "modify_metadata",
    1090: "delete_metadata",
    1100: "administer_object",
    1110: "create_object",
    1120: "modify_object",
    1130: "delete_object",
    1140: "create_token",
    1150: "delete_token",
    1160: "curate",
    1200: "own",
}
"""Access levels of iRODS with the names that the server takes."""

SHORT_NAMES = {"read": "read_object", "write": "modify_object"}
NULL = 1000
ATOMIC_APPLY_ACL_OPERATIONS = 20005


@dataclass(frozen=True)
class Permission:
    """What one user or group may do: the number and the type of the user, and the access level."""

    user: str
    zone: str
    user_id: str
    user_type: str
    level: int


async def read_permissions(zone: Zone, path: str, *, is_collection: bool) -> list[Permission]:
    """All permissions, by user. At most two flights: entries name their users by number only."""
    (entries,) = await zone.query(levels_query(path, is_collection=is_collection))
    users = await read_users(zone, path, {user_id for user_id, _ in entries})
    # The catalog may keep entries of users that were removed.
    permissions = [Permission(*users[id_], int(level)) for id_, level in entries if id_ in users]
    return sorted(permissions, key=lambda permission: (permission.user, permission.zone))


def levels_query(path: str, *, is_collection: bool) -> Query:
    """Asks for user ids and access levels."""
    if is_collection:
        return Query((CollectionAccess.user_id, CollectionAccess.type), ((Collection.name, equal(path)),))
    return Query((DataAccess.user_id, DataAccess.type), data_object_at(path))


async def named(zone: Zone, path: str, levels: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """The access levels of user ids by the names of users (name, zone), without those that were removed.

    The ids are those that users have in the zone of the path.
    """
    users = await read_users(zone, path, levels)
    return {users[id_][:2]: level for id_, level in levels.items() if id_ in users}


async def read_users(zone: Zone, path: str, ids: Iterable[str]) -> dict[str, tuple[str, str, str, str]]:
    """Name, zone, id and type of users and groups by their ids in the zone of a path."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    columns = (User.name, User.zone, User.id, User.type)
    (users,) = await zone.query(Query(columns, ((User.id, one_of(wanted)),), options=await zone.hint(path)))
    return {id_: (name, zone_name, id_, kind) for name, zone_name, id_, kind in users}


def grant(path: str, user: str, zone: str, level: int, *, recursive: bool = False, admin: bool = False) -> Request:
    """Set the access level of a user or group (707); `NULL` takes it away. `admin`: as one, without owning it."""
    return _change(path, _name(level), user, zone, recursive, admin)


def inherit(path: str, *, enabled: bool, recursive: bool = False, admin: bool = False) -> Request:
    """Set whether what is made in a collection gets its permissions (707)."""
    return _change(path, "inherit" if enabled else "noinherit", "", "", recursive, admin)


def grant_all(zone: Zone, path: str, levels: Mapping[tuple[str, str], int]) -> list[Request]:
    """A flight that sets the access levels of users and groups (name, zone).

    Of several it is all or nothing (20005), but in another zone: there the atomic API would change what has the same
    number in the catalog of our own.
    """
    if len(levels) == 1 or not zone.holds(path):
        return [grant(path, *who, level) for who, level in levels.items()]
    operations = [{"entity_name": user, "zone": own, "acl": _name(level)} for (user, own), level in levels.items()]
    value = {"logical_path": path, "operations": operations}
    return [json_change(ATOMIC_APPLY_ACL_OPERATIONS, value)] if operations else []


def level_name(level: int) -> str:
    """The name of an access level; its number, should a server have one more."""
    return LEVELS.get(level, str(level))


def level_of(name: str) -> int:
    """The access level of a name, as servers of any version tell it. Raises ValueError."""
    plain = name.strip().replace(" ", "_")
    plain = SHORT_NAMES.get(plain, plain)
    for level, known in LEVELS.items():
        if known == plain:
            return level
    raise ValueError(f"{name!r} is no access level: {', '.join(LEVELS.values())} are")


def _name(level: int) -> str:
    # The short names are the only ones that servers before 4.3 take.
    return next((short for short, name in SHORT_NAMES.items() if name == LEVELS[level]), LEVELS[level])


def _change(path: str, level: str, user: str, zone: str, recursive: bool, admin: bool) -> Request:
    level = f"admin:{level}" if admin else level
    message = ModAclRequest(recursiveFlag=int(recursive), accessLevel=level, userName=user, zone=zone, path=path)
    return Request(api_number["MOD_ACCESS_CONTROL_AN"], message, by_path=True, slow=recursive)
