"""Users: made with their home and trash collections, changed, removed."""

from __future__ import annotations

from irodsfs.sandbox.api.administration import groups, home_collections, password_administration
from irodsfs.sandbox.catalog import entities
from irodsfs.sandbox.catalog.accounts import ANONYMOUS
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.session import Session

TYPES = ("rodsadmin", "rodsuser", "groupadmin", "rodsgroup")
TEXTS = {"info": "user_info", "user_info": "user_info", "comment": "r_comment", "r_comment": "r_comment"}
RULE_FAILED = (-1220000, "DEBUG: \n")
SYS_NOT_ALLOWED = code_of("SYS_NOT_ALLOWED")


def not_allowed(message: str) -> IrodsError:
    return IrodsError(SYS_NOT_ALLOWED, stack=((SYS_NOT_ALLOWED, message),))


def create(session: Session, name: str, kind: str, zone: str = "", authentication: str = "") -> None:
    """Makes a user or, with type rodsgroup, a group."""
    if kind not in TYPES:
        raise IrodsError("CAT_INVALID_USER_TYPE")
    user, named_zone = entities.split_user_name(name)
    if zone and named_zone and zone != named_zone:
        raise IrodsError("CAT_INVALID_ZONE")
    home_zone = named_zone or zone or session.zone.name
    if kind == "rodsgroup" and home_zone != session.zone.name:
        raise not_allowed("groups cannot be made for a remote zone")
    groups.require_group_administrator(session)
    if session.catalog.row("SELECT 1 FROM R_ZONE_MAIN WHERE zone_name = ?", home_zone) is None:
        raise IrodsError("CAT_INVALID_ZONE", f"zone '{home_zone}' does not exist"[:99], stack=(RULE_FAILED,))
    user_id = insert(session, user, kind, home_zone)
    if authentication:
        add_authentication(session, user_id, authentication)
    if user != ANONYMOUS:
        full_name = user if home_zone == session.zone.name else f"{user}#{home_zone}"
        home_collections.create(session, full_name, user_id, (user, home_zone))
        if kind != "rodsgroup":
            groups.change(session, "public", "add", user, home_zone)


def insert(session: Session, name: str, kind: str, zone: str) -> int:
    user_id, time = session.catalog.next_id(), now()
    try:
        session.catalog.execute(
            "INSERT INTO R_USER_MAIN (user_id, user_name, user_type_name, zone_name, create_ts, modify_ts)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            user_id,
            name,
            kind,
            zone,
            time,
            time,
        )
    except IrodsError as error:
        message = f"Error {error.code} CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME"
        raise IrodsError(error.code, message, stack=(RULE_FAILED,)) from None
    session.catalog.execute("INSERT INTO R_USER_GROUP VALUES (?, ?, ?, ?)", user_id, user_id, time, time)
    return user_id


def remove(session: Session, name: str, zone: str = "") -> None:
    """Removes a user whose home and trash are empty, with all that refers to it."""
    user, named_zone = entities.split_user_name(name)
    if zone and named_zone and zone != named_zone:
        raise IrodsError("CAT_INVALID_ZONE")
    home_zone = named_zone or zone or session.zone.name
    user_id = entities.find_user(session, user, home_zone)
    if user_id is None:
        raise IrodsError("CAT_INVALID_USER")
    if user_id in (session.user.id, session.proxy.id):
        raise not_allowed("cannot remove currently authenticated client or proxy user")
    home_collections.remove(session, user if home_zone == session.zone.name else f"{user}#{home_zone}")
    forget(session, user_id)


def forget(session: Session, user_id: int) -> None:
    for table in ("R_USER_MAIN", "R_USER_PASSWORD", "R_USER_AUTH", "R_OBJT_ACCESS"):
        session.catalog.execute(f"DELETE FROM {table} WHERE user_id = ?", user_id)
    session.catalog.execute("DELETE FROM R_USER_GROUP WHERE user_id = ?1 OR group_user_id = ?1", user_id)
    session.catalog.execute("DELETE FROM R_OBJT_METAMAP WHERE object_id = ?", user_id)


def modify(session: Session, name: str, option: str, value: str) -> None:
    """Changes one property of a user, as an administrator."""
    user_id = entities.user(session, name)
    kind = session.catalog.value("SELECT user_type_name FROM R_USER_MAIN WHERE user_id = ?", user_id)
    if kind == "rodsgroup":
        raise not_allowed("Error: Using 'modify' with 'user' and type 'rodsgroup' is not allowed.")
    if option == "type":
        check_new_type(session, name, value)
    change(session, user_id, option, value)


def check_new_type(session: Session, name: str, kind: str) -> None:
    if name == ADMINISTRATOR and kind != "rodsadmin":
        raise not_allowed(
            f"Cannot downgrade another rodsadmin [{name}] running another server [{session.zone.host}] in this zone."
        )
    if kind not in TYPES:
        raise IrodsError("CAT_INVALID_USER_TYPE")
    if kind == "rodsgroup":
        raise not_allowed("a user cannot be changed to a group")


def change(session: Session, user_id: int, option: str, value: str) -> None:
    if not value and option in ("type", "zone", "addAuth", "rmAuth"):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    match option:
        case "type" | "user_type_name" if value not in TYPES:
            raise IrodsError("CAT_INVALID_USER_TYPE", f"user_type '{value}' is not valid"[:99])
        case "type" | "user_type_name":
            update(session, user_id, "user_type_name", value)
        case "info" | "user_info" | "comment" | "r_comment":
            update(session, user_id, TEXTS[option], value)
        case "password":
            password_administration.change(session, user_id, value)
        case "addAuth":
            add_authentication(session, user_id, value)
        case "rmAuth":
            remove_authentication(session, user_id, value)
        case _:
            raise IrodsError("CAT_INVALID_ARGUMENT")


def update(session: Session, user_id: int, column: str, value: str) -> None:
    session.catalog.execute(
        f"UPDATE R_USER_MAIN SET {column} = ?, modify_ts = ? WHERE user_id = ?", value, now(), user_id
    )


def add_authentication(session: Session, user_id: int, name: str) -> None:
    """Adds a name (such as a distinguished name) that authenticates a user."""
    condition = "SELECT 1 FROM R_USER_AUTH WHERE user_id = ? AND user_auth_name = ?"
    if session.catalog.row(condition, user_id, name) is None:
        session.catalog.execute("INSERT INTO R_USER_AUTH VALUES (?, ?, ?)", user_id, name, now())


def remove_authentication(session: Session, user_id: int, name: str) -> None:
    sql = "DELETE FROM R_USER_AUTH WHERE user_id = ? AND user_auth_name = ?"
    if not session.catalog.execute(sql, user_id, name).rowcount:
        raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")


def change_own_password(session: Session, name: str, option: str, value: str) -> None:
    """What users may change of themselves, and group administrators set once for others: the password."""
    user_id = entities.user(session, name)
    if not session.user.is_admin:
        if option != "password":
            raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
        if user_id != session.user.id:
            groups.require_group_administrator(session)
            if session.catalog.row("SELECT 1 FROM R_USER_PASSWORD WHERE user_id = ?", user_id) is not None:
                raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
    change(session, user_id, option, value)
