"""Remote zones as the catalog knows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from irodsfs.sandbox.access_checks import Access, grant
from irodsfs.sandbox.administration import home_collections
from irodsfs.sandbox.database import now
from irodsfs.sandbox.error_numbers import IrodsError

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

NAME = re.compile(r"[A-Za-z0-9_.]+")
COLUMNS = {"comment": "r_comment", "conn": "zone_conn_string", "name": "zone_name"}


def add(agent: Agent, name: str, kind: str, connection: str = "", comment: str = "") -> None:
    """Registers a remote zone and makes the collection at its root."""
    if not kind.startswith("remote"):
        raise IrodsError("CAT_INVALID_ARGUMENT", "Currently, only zones of type 'remote' are allowed")
    check_name(name)
    agent.catalog.execute(
        "INSERT INTO R_ZONE_MAIN VALUES (?, ?, 'remote', ?, ?, ?, ?)",
        agent.catalog.next_id(),
        name,
        connection,
        comment,
        now(),
        now(),
    )
    root = home_collections.insert(agent, f"/{name}", (agent.proxy.name, agent.proxy.zone))
    grant(agent, root, agent.proxy.id, Access.OWN)


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")


def kind_of(agent: Agent, name: str) -> str:
    kind: str | None = agent.catalog.value("SELECT zone_type_name FROM R_ZONE_MAIN WHERE zone_name = ?", name)
    if kind is None:
        raise IrodsError("CAT_INVALID_ZONE")
    return kind


def modify(agent: Agent, name: str, option: str, value: str) -> None:
    """Changes the comment, the connection ("host:port") or the name of a zone."""
    if not (name and option and value):
        raise IrodsError("CAT_INVALID_ARGUMENT")
    kind = kind_of(agent, name)
    if option not in COLUMNS:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if option == "name":
        rename(agent, name, value, kind)
    sql = f"UPDATE R_ZONE_MAIN SET {COLUMNS[option]} = ?, modify_ts = ? WHERE zone_name = ?"
    agent.catalog.execute(sql, value, now(), name)


def rename(agent: Agent, name: str, new_name: str, kind: str) -> None:
    if kind != "remote":
        raise IrodsError(
            "CAT_INVALID_ARGUMENT",
            "It is not valid to rename the local zone via chlModZone; iadmin should use acRenameLocalZone",
        )
    check_name(new_name)
    agent.catalog.execute("UPDATE R_COLL_MAIN SET coll_name = ? WHERE coll_name = ?", f"/{new_name}", f"/{name}")


def remove(agent: Agent, name: str) -> None:
    """Forgets a remote zone, with the collection at its root."""
    if kind_of(agent, name) != "remote":
        raise IrodsError("CAT_INVALID_ARGUMENT", "It is not permitted to remove the local zone")
    agent.catalog.execute("DELETE FROM R_ZONE_MAIN WHERE zone_name = ?", name)
    root = agent.catalog.value("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", f"/{name}")
    home_collections.remove_empty(agent, f"/{name}", root)
