"""Replicas of a data object: replicate (695), trim (632) and physical move (631)."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from irodsfs.sandbox import clock, vault
from irodsfs.sandbox.access import is_admin_request, replicas_for
from irodsfs.sandbox.api.registry import Reply, Request, handles
from irodsfs.sandbox.api.transfers import transfer_status
from irodsfs.sandbox.catalog import now
from irodsfs.sandbox.copies import add_copy, copy_file, update_copy
from irodsfs.sandbox.errors import IrodsError
from irodsfs.sandbox.paths import checked
from irodsfs.sandbox.permissions import Access
from irodsfs.sandbox.removal import UNREGISTER, unlink
from irodsfs.sandbox.replicas import Status, choose, require_unlocked, update_replica
from irodsfs.sandbox.resources import Resource, leaves, resource_for_create
from irodsfs.sandbox.wire import Struct

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

COPIES_KEPT = 2
Keywords = dict[str, str]


@handles(695)
def replicate(agent: Agent, request: Request) -> Reply:
    """DATA_OBJ_REPL_AN: makes or updates a replica on another resource (``destRescName``)."""
    path, keywords, replicas = subject(agent, request.input, Access.READ_OBJECT)
    with agent.catalog.transaction():
        require_unlocked(replicas)
        source = source_replica(replicas, keywords)
        for replica, resource in destinations(agent, replicas, keywords):
            if replica is None:
                add_copy(agent, path, replicas, source, resource)
            else:
                update_copy(agent, replica, source)
    return Reply(0, transfer_status(source["data_size"]))


def subject(agent: Agent, request: Struct, level: Access) -> tuple[str, Keywords, list[sqlite3.Row]]:
    path, keywords = checked(request.text("objPath")), request.keywords()
    as_admin = is_admin_request(agent, keywords)
    return path, keywords, replicas_for(agent, path, level, "CAT_NO_ROWS_FOUND", as_admin=as_admin)


def source_replica(replicas: list[sqlite3.Row], keywords: Keywords) -> sqlite3.Row:
    source = choose(replicas, {key: keywords[key] for key in ("replNum", "rescName") if key in keywords}, False)
    if source["data_is_dirty"] != Status.GOOD and not keywords.keys() & {"replNum", "rescName"}:
        raise IrodsError("SYS_NO_GOOD_REPLICA")
    return source


def destinations(
    agent: Agent, replicas: list[sqlite3.Row], keywords: Keywords
) -> list[tuple[sqlite3.Row | None, Resource]]:
    """Where to replicate to, each with the stale replica that is there; raises IrodsError for a good one."""
    by_resource = {replica["resc_id"]: replica for replica in replicas}
    if "updateRepl" in keywords or "all" in keywords:
        stale = [replica for replica in replicas if replica["data_is_dirty"] == Status.STALE]
        return [(replica, leaves(agent.catalog, replica["resc_name"])[0]) for replica in stale]
    name = keywords.get("destRescName") or keywords.get("defRescName")
    targets = leaves(agent.catalog, name) if name else [resource_for_create(agent.catalog, {})]
    found = [(by_resource.get(target.id), target) for target in targets]
    wanted = [(replica, target) for replica, target in found if replica is None or not is_good(replica)]
    if not wanted:
        raise IrodsError("SYS_NOT_ALLOWED")
    return wanted


def is_good(replica: sqlite3.Row) -> bool:
    return bool(replica["data_is_dirty"] == Status.GOOD)


@handles(632)
def trim(agent: Agent, request: Request) -> Reply:
    """DATA_OBJ_TRIM_AN: removes surplus replicas; status is 1 when there were any."""
    _, keywords, replicas = subject(agent, request.input, Access.DELETE_OBJECT)
    if {"rescName", "replNum"} <= keywords.keys():
        raise IrodsError("USER_INCOMPATIBLE_PARAMS")
    with agent.catalog.transaction():
        surplus = replicas_to_trim(replicas, keywords)
        for replica in surplus if "dryrun" not in keywords else []:
            remove_replica(agent, replica, delete_file=request.input.integer("oprType") != UNREGISTER)
    return Reply(1 if surplus else 0)


def replicas_to_trim(replicas: list[sqlite3.Row], keywords: Keywords) -> list[sqlite3.Row]:
    kept = positive(keywords.get("copies", str(COPIES_KEPT)))
    good = sum(map(is_good, replicas))
    if len(replicas) <= kept:
        return []
    require_unlocked(replicas)
    if "replNum" in keywords:
        replica = numbered(replicas, keywords["replNum"])
        if good <= 1 and is_good(replica):
            raise IrodsError("USER_INCOMPATIBLE_PARAMS")
        return [replica]
    candidates = [replica for replica in replicas if is_trimmable(replica, keywords)]
    stale = [replica for replica in candidates if not is_good(replica)]
    spare = [replica for replica in candidates if is_good(replica)][: max(good - 1, 0)]
    return (stale + spare)[: len(replicas) - kept]


def is_trimmable(replica: sqlite3.Row, keywords: Keywords) -> bool:
    age = int(clock.seconds()) - int(replica["modify_ts"])
    if "age" in keywords and age < positive(keywords["age"]) * 60:
        return False
    return keywords.get("rescName") in (None, replica["resc_hier"].split(";")[0])


def positive(text: str) -> int:
    if not text.isdigit() or int(text) <= 0:
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    return int(text)


def numbered(replicas: list[sqlite3.Row], number: str) -> sqlite3.Row:
    if not number.isdigit():
        raise IrodsError("USER_INVALID_REPLICA_INPUT")
    for replica in replicas:
        if replica["data_repl_num"] == int(number):
            return replica
    raise IrodsError("SYS_REPLICA_DOES_NOT_EXIST")


def remove_replica(agent: Agent, replica: sqlite3.Row, *, delete_file: bool) -> None:
    """Removes one replica; the last one takes the data object with it."""
    catalog = agent.catalog
    if catalog.value("SELECT count(*) FROM R_DATA_MAIN WHERE data_id = ?", replica["data_id"]) == 1:
        unlink(agent, [replica], delete_files=delete_file)
        return
    catalog.execute(
        "DELETE FROM R_DATA_MAIN WHERE data_id = ? AND data_repl_num = ?", replica["data_id"], replica["data_repl_num"]
    )
    if delete_file:
        catalog.when_committed(partial(vault.unlink, replica["data_path"]))


@handles(631)
def physical_move(agent: Agent, request: Request) -> Reply:
    """DATA_OBJ_PHYMV_AN: moves a replica's file to another resource."""
    path, keywords, replicas = subject(agent, request.input, Access.DELETE_OBJECT)
    if not keywords.keys() & {"rescName", "replNum"}:
        raise IrodsError("USER__NULL_INPUT_ERR")
    with agent.catalog.transaction():
        require_unlocked(replicas)
        source = choose(replicas, keywords, has_token=False)
        resource = resource_for_create(agent.catalog, {"destRescName": keywords.get("destRescName", "")})
        if any(replica["resc_id"] == resource.id for replica in replicas):
            raise IrodsError("HIERARCHY_ERROR")
        physical = vault.free_path(agent.catalog, vault.physical_path(resource.vault, path))
        copy_file(source["data_path"], physical)
        agent.catalog.when_committed(partial(vault.unlink, source["data_path"]))
        update_replica(
            agent.catalog,
            source["data_id"],
            source["data_repl_num"],
            data_path=physical,
            resc_id=resource.id,
            resc_name=resource.name,
            resc_hier=resource.hierarchy,
            modify_ts=now(),
        )
    return Reply(0, transfer_status(source["data_size"]))
