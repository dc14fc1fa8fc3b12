"""Resources: made, changed, removed, and put together to hierarchies."""

from __future__ import annotations

import re
import time

from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.storage_resources import NO_VAULT, descend, hierarchy_above, leaves
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.copies import keep_copies

NAME = re.compile(r"(?=.{1,63}$)\w+(-\w+)*")
NO_HOST = "EMPTY_RESC_HOST"
BUNDLE = "bundleResc"
COLUMNS = {
    "comment": "r_comment",
    "info": "resc_info",
    "host": "resc_net",
    "type": "resc_type_name",
    "path": "resc_def_path",
    "status": "resc_status",
    "name": "resc_name",
    "context": "resc_context",
}


def create(session: Session, name: str, kind: str, place: str = "", context: str = "", zone: str = "") -> str | None:
    """Makes a resource; ``place`` is "host:/vault/path", or "" for one that only coordinates others."""
    check_name(name)
    if not kind:
        raise IrodsError("CAT_INVALID_RESOURCE_TYPE", "resource type is empty")
    if not NAME.fullmatch(name):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    if zone and zone != session.zone.name:
        raise IrodsError("CAT_INVALID_ZONE", "Currently, resources must be in the local zone")
    host, path = split_place(place)
    check_vault(path)
    session.catalog.execute(
        "INSERT INTO R_RESC_MAIN (resc_id, resc_name, zone_name, resc_type_name, resc_class_name, resc_net,"
        " resc_def_path, create_ts, modify_ts, modify_ts_millis, resc_children, resc_context, resc_parent)"
        " VALUES (?, ?, ?, ?, 'cache', ?, ?, ?, ?, ?, '', ?, '')",
        session.catalog.next_id(),
        name,
        session.zone.name,
        kind,
        host,
        path,
        now(),
        now(),
        milliseconds(),
        context,
    )
    take_vault(session, path)
    return host_warning(host)


def split_place(place: str) -> tuple[str, str]:
    if not place:
        return NO_HOST, NO_VAULT
    host, separator, path = place.partition(":")
    return (host, path) if separator else ("", place)


def check_name(name: str) -> None:
    if not name:
        raise IrodsError("CAT_INVALID_RESOURCE_NAME", "resource name is empty")
    if re.search(r"\s", name):
        raise IrodsError("CAT_INVALID_RESOURCE_NAME")


def check_vault(path: str) -> None:
    if path == "/":
        raise IrodsError("CAT_INVALID_RESOURCE_VAULT_PATH", "root directory cannot be used as vault path.")


def take_vault(session: Session, path: str) -> None:
    if path not in ("", NO_VAULT) and not session.zone.take_vault(path):
        reason = "name a new directory in that for temporary files, or one below --allow-registration."
        raise IrodsError("CAT_INVALID_RESOURCE_VAULT_PATH", reason)


def host_warning(host: str) -> str | None:
    if host != "localhost":
        return None
    return (
        "Warning, resource host address 'localhost' will not work properly"
        " as it maps to the local host from each client."
    )


def milliseconds() -> str:
    return f"{time.time_ns() // 1_000_000 % 1000:03d}"


def remove(session: Session, name: str, option: str = "") -> None:
    """Removes an empty resource that stands alone; "--dryrun" only says whether that would work."""
    check_name(name)
    check_not_bundle(name)
    resource_id = entities.resource(session, name, "SYS_RESC_DOES_NOT_EXIST")
    if session.catalog.row("SELECT 1 FROM R_DATA_MAIN WHERE resc_id = ?", resource_id) is not None:
        message = f"resource '{name}' contains one or more dataObjects"[:99]
        raise IrodsError("CAT_RESOURCE_NOT_EMPTY", message)
    relatives = "SELECT 1 FROM R_RESC_MAIN WHERE resc_parent = CAST(?1 AS TEXT) OR (resc_id = ?1 AND resc_parent <> '')"
    if session.catalog.row(relatives, resource_id) is not None:
        raise IrodsError("CHILD_EXISTS", f"resource '{name}' has a parent or child"[:99])
    if option != "--dryrun":
        session.catalog.execute("DELETE FROM R_RESC_MAIN WHERE resc_id = ?", resource_id)
        session.catalog.execute("DELETE FROM R_OBJT_METAMAP WHERE object_id = ?", resource_id)


def check_not_bundle(name: str) -> None:
    if name.startswith(BUNDLE):
        message = f"{BUNDLE} is a built-in resource needed for bundle operations."
        raise IrodsError("CAT_PSEUDO_RESC_MODIFY_DISALLOWED", message)


def modify(session: Session, name: str, option: str, value: str) -> str | None:
    """Changes one property of a resource."""
    check_name(name)
    if not option:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if option == "rebalance":
        rebalance(session, name)
        return None
    check_not_bundle(name)
    resource_id = entities.resource(session, name)
    if not value and option != "comment":
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if option in ("freespace", "free_space"):
        set_free_space(session, resource_id, value)
        return None
    if option not in COLUMNS:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if option == "name":
        check_name(value)
    if option == "path":
        check_vault(value)
        take_vault(session, value)
    previous = session.catalog.value("SELECT resc_def_path FROM R_RESC_MAIN WHERE resc_id = ?", resource_id)
    update(session, resource_id, f"{COLUMNS[option]} = ?", value)
    renew_hierarchies(session, resource_id)
    return told_about_change(option, value, previous)


def told_about_change(option: str, value: str, previous_path: str) -> str | None:
    match option:
        case "path":
            return f"Previous resource path: {previous_path}"
        case "host":
            return host_warning(value)
    return None


def update(session: Session, resource_id: int, assignments: str, *values: str) -> None:
    session.catalog.execute(
        f"UPDATE R_RESC_MAIN SET {assignments}, modify_ts = ?, modify_ts_millis = ? WHERE resc_id = ?",
        *values,
        now(),
        milliseconds(),
        resource_id,
    )


def renew_hierarchies(session: Session, resource_id: int) -> None:
    """Names the resources above replicas as they are called now, for everything at and below a resource."""
    [row] = session.catalog.rows("SELECT * FROM R_RESC_MAIN WHERE resc_id = ?", resource_id)
    for leaf in descend(session.catalog, row, hierarchy_above(session.catalog, row)):
        session.catalog.execute(
            "UPDATE R_DATA_MAIN SET resc_name = ?, resc_hier = ? WHERE resc_id = ?", leaf.name, leaf.hierarchy, leaf.id
        )


def rebalance(session: Session, name: str) -> None:
    """Makes the copies that replication resources at and below a resource lack."""
    for leaf in leaves(session.catalog, name):
        good = session.catalog.rows(
            "SELECT data_id, data_repl_num FROM R_DATA_MAIN WHERE resc_id = ? AND data_is_dirty = 1", leaf.id
        )
        for data_id, number in good:
            keep_copies(session, data_id, number)


def set_free_space(session: Session, resource_id: int, value: str) -> None:
    """Sets free space in bytes, or adds to it ("+") or takes from it ("-")."""
    if value[0] not in "+-":
        update(session, resource_id, "free_space = ?, free_space_ts = ?", value, now())
        return
    if not re.fullmatch("[0-9]{1,18}", value[1:]):
        raise IrodsError("CAT_SQL_ERR")
    changed = "CAST(CAST(free_space AS INTEGER) + ? AS TEXT)"
    update(session, resource_id, f"free_space = {changed}, free_space_ts = ?", str(int(value)), now())


def add_child(session: Session, parent: str, child: str, context: str = "") -> None:
    """Puts a resource below another one."""
    check_relatives(parent, child)
    if parent == child:
        raise hierarchy_error(f"Cannot add resource [{child}] as child to itself.")
    child_id = entities.resource(session, child, "CHILD_NOT_FOUND")
    parent_id = entities.resource(session, parent)
    if child_id in ancestors(session, parent_id):
        raise hierarchy_error(f"Cannot add ancestor resource [{child}] as child to descendant resource [{parent}].")
    if re.search("[;{}]", context):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    update(session, child_id, "resc_parent = ?, resc_parent_context = ?", str(parent_id), context)
    renew_hierarchies(session, child_id)


def remove_child(session: Session, parent: str, child: str) -> None:
    """Makes a child of a resource stand alone again."""
    check_relatives(parent, child)
    parent_id = entities.resource(session, parent, "SYS_RESC_DOES_NOT_EXIST")
    child_id = entities.resource(session, child, "SYS_RESC_DOES_NOT_EXIST")
    if session.catalog.value("SELECT resc_parent FROM R_RESC_MAIN WHERE resc_id = ?", child_id) != str(parent_id):
        raise IrodsError("CAT_INVALID_CHILD")
    update(session, child_id, "resc_parent = ?, resc_parent_context = ?", "", "")
    renew_hierarchies(session, child_id)


def check_relatives(parent: str, child: str) -> None:
    for name in (parent, child):
        if len(name) >= 64:
            raise IrodsError("CAT_RESOURCE_NAME_LENGTH_EXCEEDED")
        check_name(name)


def hierarchy_error(message: str) -> IrodsError:
    code = code_of("HIERARCHY_ERROR")
    return IrodsError(code, stack=((code, message),))


def ancestors(session: Session, resource_id: int) -> set[int]:
    """The ids of a resource and all above it."""
    rows = session.catalog.rows(
        "WITH RECURSIVE above(id, parent) AS (SELECT resc_id, resc_parent FROM R_RESC_MAIN WHERE resc_id = ?"
        " UNION SELECT resc_id, resc_parent FROM R_RESC_MAIN JOIN above ON CAST(resc_id AS TEXT) = above.parent)"
        " SELECT id FROM above",
        resource_id,
    )
    return {row["id"] for row in rows}
