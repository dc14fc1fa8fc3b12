"""The collections a user or group gets when it is made: a home and a place in the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irodsfs.sandbox import logical_paths
from irodsfs.sandbox.access_checks import Access, grant
from irodsfs.sandbox.database import now
from irodsfs.sandbox.error_numbers import IrodsError

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent


def places(agent: Agent, name: str) -> tuple[str, str]:
    return f"/{agent.zone.name}/home/{name}", f"/{agent.zone.name}/trash/home/{name}"


def create(agent: Agent, name: str, user_id: int, owner: tuple[str, str]) -> None:
    """Makes both collections; they are the user's own."""
    for path in places(agent, name):
        grant(agent, insert(agent, path, owner), user_id, Access.OWN)


def insert(agent: Agent, path: str, owner: tuple[str, str]) -> int:
    collection_id, time = agent.catalog.next_id(), now()
    agent.catalog.execute(
        "INSERT INTO R_COLL_MAIN (coll_id, parent_coll_name, coll_name, coll_owner_name, coll_owner_zone, coll_type,"
        " coll_info1, coll_info2, create_ts, modify_ts) VALUES (?, ?, ?, ?, ?, '', '', '', ?, ?)",
        collection_id,
        logical_paths.split(path)[0],
        path,
        *owner,
        time,
        time,
    )
    return collection_id


def remove(agent: Agent, name: str) -> None:
    """Removes both collections where they are there; raises IrodsError when one is not empty."""
    for path in places(agent, name):
        collection_id = agent.catalog.value("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", path)
        if collection_id is not None:
            remove_empty(agent, path, collection_id)


def remove_empty(agent: Agent, path: str, collection_id: int) -> None:
    inside = "SELECT 1 FROM R_COLL_MAIN WHERE parent_coll_name = ?1 UNION SELECT 1 FROM R_DATA_MAIN WHERE coll_id = ?2"
    if agent.catalog.row(inside, path, collection_id) is not None:
        raise IrodsError("CAT_COLLECTION_NOT_EMPTY", f"collection '{path}' is not empty"[:99])
    for table, column in (("R_OBJT_ACCESS", "object_id"), ("R_OBJT_METAMAP", "object_id"), ("R_COLL_MAIN", "coll_id")):
        agent.catalog.execute(f"DELETE FROM {table} WHERE {column} = ?", collection_id)
