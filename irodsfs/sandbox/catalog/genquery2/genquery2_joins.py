"""The joins of a GenQuery2: those between the tables of its columns, and those the server adds of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

JOINS = {
    ("R_COLL_MAIN", "R_DATA_MAIN"): "{}.coll_id = {}.coll_id",
    ("R_COLL_MAIN", "R_OBJT_ACCESS"): "{}.coll_id = {}.object_id",
    ("R_COLL_MAIN", "R_OBJT_METAMAP"): "{}.coll_id = {}.object_id",
    ("R_COLL_MAIN", "R_TICKET_MAIN"): "{}.coll_id = {}.object_id",
    ("R_DATA_MAIN", "R_OBJT_ACCESS"): "{}.data_id = {}.object_id",
    ("R_DATA_MAIN", "R_OBJT_METAMAP"): "{}.data_id = {}.object_id",
    ("R_DATA_MAIN", "R_RESC_MAIN"): "{}.resc_id = {}.resc_id",
    ("R_DATA_MAIN", "R_TICKET_MAIN"): "{}.data_id = {}.object_id",
    ("R_META_MAIN", "R_OBJT_METAMAP"): "{}.meta_id = {}.meta_id",
    ("R_OBJT_ACCESS", "R_TOKN_MAIN"): "{}.access_type_id = {}.token_id",
    ("R_OBJT_METAMAP", "R_RESC_MAIN"): "{}.object_id = {}.resc_id",
    ("R_OBJT_METAMAP", "R_USER_MAIN"): "{}.object_id = {}.user_id",
    ("R_TICKET_MAIN", "R_USER_MAIN"): "{}.user_id = {}.user_id",
    ("R_TICKET_MAIN", "R_TICKET_ALLOWED_HOSTS"): "{}.ticket_id = {}.ticket_id",
    ("R_TICKET_MAIN", "R_TICKET_ALLOWED_USERS"): "{}.ticket_id = {}.ticket_id",
    ("R_TICKET_MAIN", "R_TICKET_ALLOWED_GROUPS"): "{}.ticket_id = {}.ticket_id",
    ("R_USER_MAIN", "R_USER_AUTH"): "{}.user_id = {}.user_id",
    ("R_USER_MAIN", "R_USER_GROUP"): "{}.user_id = {}.group_user_id",
    ("R_USER_MAIN", "R_USER_PASSWORD"): "{}.user_id = {}.user_id",
    ("R_USER_MAIN", "R_USER_SESSION_KEY"): "{}.user_id = {}.user_id",
}
PERMISSIONS = {"R_DATA_MAIN": ("pd", "data_id"), "R_COLL_MAIN": ("pc", "coll_id")}
METADATA = {
    "R_DATA_MAIN": ("d", "data_id"),
    "R_COLL_MAIN": ("c", "coll_id"),
    "R_RESC_MAIN": ("r", "resc_id"),
    "R_USER_MAIN": ("u", "user_id"),
}
READ_OBJECT = 1050


class UnjoinableError(ValueError):
    """Tables that no direct join connects."""


def between_tables(aliases: Mapping[str, str]) -> str:
    """Inner joins of all tables (name to alias, in order of use) to the first one; each must touch one before it."""
    first, *remaining = aliases
    joined = [first]
    joins: list[str] = []
    for _ in range(len(remaining)):
        near = joined[-1]
        for table in [table for table in remaining if condition(near, table, aliases)]:
            joins.append(f" inner join {table} {aliases[table]} on {condition(near, table, aliases)}")
            joined.append(table)
            remaining.remove(table)
    if remaining:
        raise UnjoinableError(", ".join(remaining))
    return "".join(joins)


def condition(first: str, second: str, aliases: Mapping[str, str]) -> str:
    """What joins two tables, empty when nothing does."""
    for left, right in ((first, second), (second, first)):
        if (left, right) in JOINS:
            return JOINS[left, right].format(aliases[left], aliases[right])
    return ""


def permissions(aliases: Mapping[str, str], admin: bool) -> str:
    """Joins to who may access the objects; an administrator's keep objects nobody may access."""
    kind = "left" if admin else "inner"
    return "".join(
        f" {kind} join R_OBJT_ACCESS {name}oa on {aliases[table]}.{key} = {name}oa.object_id"
        f" {kind} join R_TOKN_MAIN {name}t on {name}oa.access_type_id = {name}t.token_id"
        f" {kind} join R_USER_GROUP {name}ug on {name}oa.user_id = {name}ug.group_user_id"
        f" {kind} join R_USER_MAIN {name}u on {name}ug.user_id = {name}u.user_id"
        for table, (name, key) in PERMISSIONS.items()
        if table in aliases
    )


def permission_conditions(aliases: Mapping[str, str], zone: str) -> list[str]:
    """What limits a user to objects it may read; each holds one placeholder, for the user's name."""
    return [
        f"{name}u.user_name = ? and {name}u.zone_name = '{zone}' and {name}u.user_type_name != 'rodsgroup'"
        f" and {name}oa.access_type_id >= {READ_OBJECT}"
        for table, (name, _) in PERMISSIONS.items()
        if table in aliases
    ]


def metadata(aliases: Mapping[str, str], owners: Sequence[str]) -> str:
    """Joins to the AVUs of these tables' objects."""
    return "".join(
        f" left join R_OBJT_METAMAP omm{letter} on {aliases[table]}.{key} = omm{letter}.object_id"
        f" left join R_META_MAIN mm{letter} on omm{letter}.meta_id = mm{letter}.meta_id"
        for table, (letter, key) in METADATA.items()
        if table in owners
    )
