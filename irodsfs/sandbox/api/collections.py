"""Collections: create (681), remove (679) and modify (678)."""

from __future__ import annotations

import posixpath
import sqlite3
from typing import TYPE_CHECKING

from irodsfs.sandbox.api.registry import Reply, Request, handles
from irodsfs.sandbox.errors import IrodsError, named
from irodsfs.sandbox.namespace import add_collection, find_collection, find_replicas
from irodsfs.sandbox.paths import checked, split
from irodsfs.sandbox.permissions import Access, access_of

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent


@handles(681)
def collection_create(agent: Agent, request: Request) -> Reply:
    """COLL_CREATE_AN: makes a collection; with ``recursiveOpr`` also those above it, and an existing one is fine."""
    path = normalised(agent, checked(request.input.text("collName")))
    with agent.catalog.transaction():
        if "recursiveOpr" in request.input.keywords():
            make_all(agent, path)
        else:
            make_one(agent, path)
    return Reply()


def normalised(agent: Agent, path: str) -> str:
    """The path without ``.``, ``..`` and doubled slashes; raises IrodsError when it does not lie in this zone."""
    normal = posixpath.normpath(path)
    if not normal.startswith(f"/{agent.zone.name}/"):
        raise outside_zone(path)
    return "/" + normal.lstrip("/")


def outside_zone(path: str) -> IrodsError:
    return named(
        "SYS_INVALID_INPUT_PARAM",
        "SYS_INVALID_INPUT_PARAM]  errno [] -- message "
        f"[a valid zone name does not appear at the root of the object path [{path}]]\n",
    )


def make_all(agent: Agent, path: str) -> None:
    if find_collection(agent.catalog, path) is not None:
        return
    make_all(agent, split(path)[0])
    make_one(agent, path)


def make_one(agent: Agent, path: str) -> None:
    catalog = agent.catalog
    if find_collection(catalog, path) is not None:
        raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME")
    if find_replicas(catalog, path):
        raise IrodsError("CAT_NAME_EXISTS_AS_DATAOBJ")
    parent = find_collection(catalog, split(path)[0])
    if parent is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{split(path)[0]}' is unknown")
    require_change(agent, parent)
    add_collection(agent, path, parent)


def require_change(agent: Agent, collection: sqlite3.Row) -> None:
    if access_of(agent, collection["coll_id"]) < Access.MODIFY_OBJECT:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")
