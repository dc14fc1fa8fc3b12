"""AVUs one by one: modify AVU metadata (706) as the server of 5.0.2 does it, its shared R_META_MAIN rows included."""

from __future__ import annotations

import re
from collections.abc import Callable

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

CHANGES = {"n:": 0, "v:": 1, "u:": 2}


@handles(706)
def modify_avu_metadata(session: Session, request: Request) -> Reply:
    """One operation (add, set, rm, rmi, mod, cp) on the AVUs of an entity."""
    name, *arguments = [request.input.text(f"arg{position}") for position in range(10)]
    if name not in OPERATIONS:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    admin = "irodsAdmin" in request.input.keywords()
    if admin and not session.user.is_admin:
        raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
    with session.catalog.transaction():
        OPERATIONS[name](session, arguments, admin)
    return Reply()


def entity(session: Session, kind: str, name: str, level: Access, admin: bool) -> int:
    """The id of the entity whose AVUs the caller may handle at this level; ``kind`` is an icommand's option."""
    if not name:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    match kind.lower():
        case "-d":
            return entities.data_object(session, name, level, admin)
        case "-c":
            return collection(session, name, level, admin)
        case "-r" | "-u" if not session.user.is_admin:
            raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
        case "-r":
            return entities.resource(session, name)
        case "-u":
            return entities.user(session, name)
    raise IrodsError("CAT_INVALID_ARGUMENT")


def collection(session: Session, path: str, level: Access, admin: bool) -> int:
    if entities.find_collection(session, path) is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown"[:99])
    return entities.collection(session, path, level, admin)


def add(session: Session, arguments: list[str], admin: bool) -> None:
    kind, name, attribute, value, units = arguments[:5]
    if not (attribute and value):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    object_id = entity(session, kind, name, Access.CREATE_METADATA, admin)
    attach(session, object_id, avu(session, attribute, value, units))


def set_(session: Session, arguments: list[str], admin: bool) -> None:
    kind, name, attribute, value, units = arguments[:5]
    object_id = entity(session, kind, name, Access.CREATE_METADATA, admin)
    if not (attribute and value):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    users = session.catalog.rows(
        "SELECT meta_id FROM R_OBJT_METAMAP WHERE meta_id IN (SELECT meta_id FROM R_META_MAIN WHERE meta_attr_name = ?"
        " AND meta_id IN (SELECT meta_id FROM R_OBJT_METAMAP WHERE object_id = ?)) LIMIT 2",
        attribute,
        object_id,
    )
    if len(users) == 1:
        session.catalog.execute(
            "UPDATE R_META_MAIN SET meta_attr_value = ?, meta_attr_unit = ?, modify_ts = ? WHERE meta_id = ?",
            value,
            units,
            now(),
            users[0]["meta_id"],
        )
        return
    if users:
        remove_like(session, entity(session, kind, name, Access.DELETE_METADATA, admin), attribute)
    add(session, arguments, admin)


def remove(session: Session, arguments: list[str], admin: bool) -> None:
    kind, name, attribute, value, units = arguments[:5]
    if not (attribute and value):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    object_id = entity(session, kind, name, Access.DELETE_METADATA, admin)
    detach(
        session,
        "object_id = ? AND meta_id IN (SELECT meta_id FROM R_META_MAIN"
        " WHERE meta_attr_name = ? AND meta_attr_value = ? AND coalesce(meta_attr_unit, '') = ?)",
        object_id,
        attribute,
        value,
        units,
    )


def remove_by_id(session: Session, arguments: list[str], admin: bool) -> None:
    kind, name, meta_id = arguments[:3]
    object_id = entity(session, kind, name, Access.DELETE_METADATA, admin)
    if not re.fullmatch("[0-9]{1,18}", meta_id):
        raise IrodsError("CAT_SQL_ERR")
    detach(session, "object_id = ? AND meta_id = ?", object_id, int(meta_id))


def modify(session: Session, arguments: list[str], admin: bool) -> None:
    kind, name, attribute, value, units_or_change, *more = arguments[:8]
    units = "" if is_change(units_or_change) else units_or_change
    remove(session, [kind, name, attribute, value, units], admin)
    new: list[str | None] = [None, None, None]
    for change in filter(is_change, [units_or_change, *more]):
        position = CHANGES[change[:2]]
        if new[position] is not None:
            raise IrodsError("CAT_INVALID_ARGUMENT")
        new[position] = change[2:]
    if not new[0] and not new[1] and new[2] is None:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    new_units = units if new[2] is None else new[2]
    add(session, [kind, name, new[0] or attribute, new[1] or value, new_units], admin)


def is_change(argument: str) -> bool:
    return argument[:2] in CHANGES


def copy(session: Session, arguments: list[str], admin: bool) -> None:
    source_kind, target_kind, source_name, target_name = arguments[:4]
    source = entity(session, source_kind, source_name, Access.READ_METADATA, admin)
    target = entity(session, target_kind, target_name, Access.CREATE_METADATA, admin)
    time = now()
    copied = session.catalog.execute(
        "INSERT INTO R_OBJT_METAMAP (object_id, meta_id, create_ts, modify_ts)"
        " SELECT ?, meta_id, ?, ? FROM R_OBJT_METAMAP WHERE object_id = ?",
        target,
        time,
        time,
        source,
    )
    if not copied.rowcount:
        raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")


def avu(session: Session, attribute: str, value: str, units: str) -> int:
    """The id of the row all entities with this AVU share, made when there is none."""
    return find_avu(session, attribute, value, units) or insert_avu(session, attribute, value, units)


def find_avu(session: Session, attribute: str, value: str, units: str) -> int | None:
    found: int | None = session.catalog.value(
        "SELECT meta_id FROM R_META_MAIN"
        " WHERE meta_attr_name = ? AND meta_attr_value = ? AND coalesce(meta_attr_unit, '') = ?",
        attribute,
        value,
        units,
    )
    return found


def insert_avu(session: Session, attribute: str, value: str, units: str) -> int:
    meta_id, time = session.catalog.next_id(), now()
    session.catalog.execute(
        "INSERT INTO R_META_MAIN (meta_id, meta_attr_name, meta_attr_value, meta_attr_unit, create_ts, modify_ts)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        meta_id,
        attribute,
        value,
        units,
        time,
        time,
    )
    return meta_id


def attach(session: Session, object_id: int, meta_id: int) -> None:
    time = now()
    session.catalog.execute(
        "INSERT INTO R_OBJT_METAMAP (object_id, meta_id, create_ts, modify_ts) VALUES (?, ?, ?, ?)",
        object_id,
        meta_id,
        time,
        time,
    )


def detach(session: Session, condition: str, *values: object) -> None:
    if not session.catalog.execute(f"DELETE FROM R_OBJT_METAMAP WHERE {condition}", *values).rowcount:
        raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")


def remove_like(session: Session, object_id: int, attribute: str) -> None:
    """Takes away every AVU whose attribute is like this one: the server treats it as a pattern here."""
    detach(
        session,
        "object_id = ? AND meta_id IN (SELECT meta_id FROM R_META_MAIN WHERE meta_attr_name LIKE ? ESCAPE '\\')",
        object_id,
        attribute,
    )


OPERATIONS: dict[str, Callable[[Session, list[str], bool], None]] = {
    "add": add,
    "set": set_,
    "rm": remove,
    "rmi": remove_by_id,
    "mod": modify,
    "cp": copy,
}
