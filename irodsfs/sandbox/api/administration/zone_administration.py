"""Remote zones as the catalog knows them."""

from __future__ import annotations

import re

from irodsfs.sandbox.api.administration import home_collections
from irodsfs.sandbox.catalog.access_checks import Access, grant
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

NAME = re.compile(r"[A-Za-z0-9_.]+")
COLUMNS = {"comment": "r_comment", "conn": "zone_conn_string", "name": "zone_name"}


def add(session: Session, name: str, kind: str, connection: str = "", comment: str = "") -> None:
    """Registers a remote zone and makes the collection at its root."""
    if not kind.startswith("remote"):
        raise IrodsError("CAT_INVALID_ARGUMENT", "Currently, only zones of type 'remote' are allowed")
    check_name(name)
    session.catalog.execute(
        "INSERT INTO R_ZONE_MAIN VALUES (?, ?, 'remote', ?, ?, ?, ?)",
        session.catalog.next_id(),
        name,
        connection,
        comment,
        now(),
        now(),
    )
    root = home_collections.insert(session, f"/{name}", (session.proxy.name, session.proxy.zone))
    grant(session, root, session.proxy.id, Access.OWN)


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")


def kind_of(session: Session, name: str) -> str:
    kind: str | None = session.catalog.value("SELECT zone_type_name FROM R_ZONE_MAIN WHERE zone_name = ?", name)
    if kind is None:
        raise IrodsError("CAT_INVALID_ZONE")
    return kind


def modify(session: Session, name: str, option: str, value: str) -> None:
    """Changes the comment, the connection ("host:port") or the name of a zone."""
    if not (name and option and value):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    kind = kind_of(session, name)
    if option not in COLUMNS:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if option == "name":
        rename(session, name, value, kind)
    sql = f"UPDATE R_ZONE_MAIN SET {COLUMNS[option]} = ?, modify_ts = ? WHERE zone_name = ?"
    session.catalog.execute(sql, value, now(), name)


def rename(session: Session, name: str, new_name: str, kind: str) -> None:
    if kind != "remote":
        raise IrodsError(
            "CAT_INVALID_ARGUMENT",
            "It is not valid to rename the local zone via chlModZone; iadmin should use acRenameLocalZone",
        )
    check_name(new_name)
    session.catalog.execute("UPDATE R_COLL_MAIN SET coll_name = ? WHERE coll_name = ?", f"/{new_name}", f"/{name}")


def remove(session: Session, name: str) -> None:
    """Forgets a remote zone, with the collection at its root."""
    if kind_of(session, name) != "remote":
        raise IrodsError("CAT_INVALID_ARGUMENT", "It is not permitted to remove the local zone")
    session.catalog.execute("DELETE FROM R_ZONE_MAIN WHERE zone_name = ?", name)
    root = session.catalog.value("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", f"/{name}")
    home_collections.remove_empty(session, f"/{name}", root)
