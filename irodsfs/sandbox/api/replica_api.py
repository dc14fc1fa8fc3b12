"""Replicas of a data object: replicate (695), trim (632) and physical move (697)."""

from __future__ import annotations

import sqlite3
from functools import partial

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.api.transfers import transfer_status
from irodsfs.sandbox.catalog.access_checks import Access, require
from irodsfs.sandbox.catalog.logical_paths import checked
from irodsfs.sandbox.catalog.storage_resources import Resource, leaves, resource_for_create
from irodsfs.sandbox.catalog.visible_paths import is_admin_request, replicas_for
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.copies import add_copy, copy_file, update_copy
from irodsfs.sandbox.storage.removal import UNREGISTER, files_to_delete, unlink
from irodsfs.sandbox.storage.replica_checksums import register_checksum
from irodsfs.sandbox.storage.replicas import Status, choose, require_unlocked, update_replica

COPIES_KEPT = 2
Keywords = dict[str, str]


@handles(695)
def replicate(session: Session, request: Request) -> Reply:
    """DATA_OBJ_REPL_AN: makes or updates a replica on another resource, or updates all (``all``).

    What is good already stays as it is, which is no failure; then there is no transfer to tell of.
    """
    keywords = request.input.keywords()
    require_compatible(keywords)
    path, _, replicas = subject(session, request.input, Access.READ_OBJECT)
    if "irodsAdmin" not in keywords:
        require(session, replicas[0]["data_id"], Access.MODIFY_OBJECT, "SYS_USER_NO_PERMISSION")
    source = source_replica(replicas, keywords)
    targets = destinations(session, replicas, source, keywords)
    if not targets:
        return Reply()
    require_checksum(source, keywords)
    for location in {source["resc_net"], *(resource.location for _, resource in targets)}:
        session.other_servers.reach(location)
    with session.catalog.transaction():
        statuses = [make_like(session, path, replicas, source, *target, keywords) for target in targets]
    return Reply(min(statuses), transfer_status(source["data_size"]))


def require_compatible(keywords: Keywords) -> None:
    """Raises IrodsError for keywords that exclude each other."""
    pairs = ("destRescName", "all"), ("rescName", "replNum")
    checksum = keywords.keys() & {"verifyChksum", "regChksum", "noCompute"}
    if len(checksum) > 1 or any(set(pair) <= keywords.keys() for pair in pairs):
        raise IrodsError("USER_INCOMPATIBLE_PARAMS")


def subject(session: Session, request: Struct, level: Access) -> tuple[str, Keywords, list[sqlite3.Row]]:
    path, keywords = checked(request.text("objPath")), request.keywords()
    as_admin = is_admin_request(session, keywords)
    return path, keywords, replicas_for(session, path, level, "CAT_NO_ROWS_FOUND", as_admin=as_admin)


def source_replica(replicas: list[sqlite3.Row], keywords: Keywords) -> sqlite3.Row:
    """The replica to copy from: the one asked for, which must be at rest, else the one an open would read."""
    wanted = {key: value for key, value in keywords.items() if key in ("replNum", "rescName")}
    if "replNum" in wanted and all(str(row["data_repl_num"]) != wanted["replNum"] for row in replicas):
        raise IrodsError("SYS_REPLICA_INACCESSIBLE")
    return choose(replicas, wanted, has_token=False)


def destinations(
    session: Session, replicas: list[sqlite3.Row], source: sqlite3.Row, keywords: Keywords
) -> list[tuple[sqlite3.Row | None, Resource]]:
    """Where to replicate to, each with the replica that is there and not good; raises IrodsError for a bad source."""
    if "all" in keywords:
        others = [row for row in replicas if row["data_is_dirty"] == Status.STALE and row is not source]
        found: list[tuple[sqlite3.Row | None, Resource]] = [(row, leaf_of(session, row)) for row in others]
    else:
        by_resource = {row["resc_id"]: row for row in replicas}
        name = keywords.get("destRescName") or keywords.get("defRescName")
        leaf_resources = (
            leaves(session.catalog, name)
            if name
            else [resource_for_create(session.catalog, {}, session.zone.servers.is_here)]
        )
        found = [(by_resource.get(leaf.id), leaf) for leaf in leaf_resources]
    if not is_good(source) and ("all" in keywords or any(row is not None for row, _ in found)):
        raise IrodsError("SYS_NOT_ALLOWED")
    return [(row, leaf) for row, leaf in found if row is None or not is_good(row)]


def leaf_of(session: Session, replica: sqlite3.Row) -> Resource:
    return leaves(session.catalog, replica["resc_name"])[0]


def is_good(replica: sqlite3.Row) -> bool:
    return bool(replica["data_is_dirty"] == Status.GOOD)


def require_checksum(source: sqlite3.Row, keywords: Keywords) -> None:
    """Raises IrodsError when a checksum is to be verified that is not there, or made anew although there is one."""
    if "verifyChksum" in keywords and not source["data_checksum"]:
        raise IrodsError("CAT_NO_CHECKSUM_FOR_REPLICA")
    if "regChksum" in keywords and source["data_checksum"]:
        raise IrodsError("SYS_NOT_ALLOWED")


def make_like(
    session: Session,
    path: str,
    replicas: list[sqlite3.Row],
    source: sqlite3.Row,
    replica: sqlite3.Row | None,
    resource: Resource,
    keywords: Keywords,
) -> int:
    """Makes or updates a replica from another one; 0, or the code of what leaves it stale."""
    if replica is None:
        number = add_copy(session, path, replicas, source, resource)
    else:
        number = replica["data_repl_num"]
        update_copy(session, replica, source)
    expected = source["data_checksum"] or ""
    if "noCompute" in keywords or not (expected or "regChksum" in keywords):
        update_replica(session.catalog, source["data_id"], number, data_checksum="")
        return 0
    found = register_checksum(session.catalog, source["data_id"], number, expected)
    if not expected or found == expected or source["data_is_dirty"] == Status.STALE:
        return 0
    update_replica(session.catalog, source["data_id"], number, data_is_dirty=int(Status.STALE))
    return code_of("USER_CHKSUM_MISMATCH")


@handles(632)
def trim(session: Session, request: Request) -> Reply:
    """DATA_OBJ_TRIM_AN: removes surplus replicas; status is 1 when there were any."""
    if {"rescName", "replNum"} <= request.input.keywords().keys():
        raise IrodsError("USER_INCOMPATIBLE_PARAMS")
    _, keywords, replicas = subject(session, request.input, Access.READ_OBJECT)
    for replica in replicas_to_trim(replicas, keywords):
        session.other_servers.reach(replica["resc_net"])
    with session.catalog.transaction():
        surplus = replicas_to_trim(replicas, keywords)
        if surplus and "dryrun" not in keywords:
            if "irodsAdmin" not in keywords:
                require(session, replicas[0]["data_id"], Access.DELETE_OBJECT)
            for replica in surplus:
                remove_replica(session, replica, unregister=request.input.integer("oprType") == UNREGISTER)
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
    root = keywords.get("rescName")
    candidates = [replica for replica in replicas if root in (None, replica["resc_hier"].split(";")[0])]
    stale = [replica for replica in candidates if not is_good(replica)]
    spare = [replica for replica in candidates if is_good(replica)][: max(good - 1, 0)]
    return (stale + spare)[: len(replicas) - kept]


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


def remove_replica(session: Session, replica: sqlite3.Row, *, unregister: bool) -> None:
    """Removes one replica; the last one takes the data object with it."""
    catalog = session.catalog
    if catalog.value("SELECT count(*) FROM R_DATA_MAIN WHERE data_id = ?", replica["data_id"]) == 1:
        unlink(session, [replica], unregister=unregister)
        return
    files = files_to_delete(session, [replica], unregister=unregister)
    forget_replica(session, replica)
    for path in files:
        catalog.when_committed(partial(vault.unlink, path))


def forget_replica(session: Session, replica: sqlite3.Row) -> None:
    session.catalog.execute(
        "DELETE FROM R_DATA_MAIN WHERE data_id = ? AND data_repl_num = ?", replica["data_id"], replica["data_repl_num"]
    )


@handles(697)
def physical_move(session: Session, request: Request) -> Reply:
    """DATA_OBJ_PHYMV_AN: moves a replica to another resource; it keeps its number and times."""
    if {"rescName", "replNum"} <= request.input.keywords().keys():
        raise IrodsError("USER_INCOMPATIBLE_PARAMS")
    path, keywords, replicas = subject(session, request.input, Access.DELETE_OBJECT)
    source = replica_to_move(session, replicas, keywords)
    if not keywords.get("destRescName"):
        raise IrodsError("USER__NULL_INPUT_ERR")
    resource = storage_resource(session, keywords["destRescName"])
    there = next((replica for replica in replicas if replica["resc_id"] == resource.id), None)
    if there is not None and not (is_good(source) and there["data_is_dirty"] == Status.STALE):
        raise IrodsError("SYS_NOT_ALLOWED")
    source = choose(replicas, {"resc_hier": source["resc_hier"]}, has_token=False)
    for location in (source["resc_net"], resource.location):
        session.other_servers.reach(location)
    with session.catalog.transaction():
        if there is not None:
            forget_replica(session, there)
        move(session, path, source, resource)
    return Reply(0, transfer_status(source["data_size"]))


def replica_to_move(session: Session, replicas: list[sqlite3.Row], keywords: Keywords) -> sqlite3.Row:
    if "resc_hier" in keywords:
        found = [replica for replica in replicas if replica["resc_hier"] == keywords["resc_hier"]]
    elif "replNum" in keywords:
        found = [replica for replica in replicas if str(replica["data_repl_num"]) == keywords["replNum"]]
    elif "rescName" in keywords:
        resource = storage_resource(session, keywords["rescName"])
        found = [replica for replica in replicas if replica["resc_id"] == resource.id]
    else:
        raise IrodsError("USER__NULL_INPUT_ERR")
    if not found:
        raise IrodsError("SYS_REPLICA_DOES_NOT_EXIST")
    return found[0]


def storage_resource(session: Session, name: str) -> Resource:
    """The storage resource of that name, or at the end of that hierarchy; raises IrodsError for one with children."""
    leaf = name.rpartition(";")[2]
    found = leaves(session.catalog, leaf)
    if found[0].name != leaf:
        raise IrodsError("USER_INVALID_RESC_INPUT")
    return found[0]


def move(session: Session, path: str, replica: sqlite3.Row, resource: Resource) -> None:
    physical = vault.free_path(session.catalog, vault.physical_path(resource.vault, path))
    copy_file(replica["data_path"], physical)
    session.catalog.when_committed(partial(vault.unlink, replica["data_path"]))
    update_replica(
        session.catalog,
        replica["data_id"],
        replica["data_repl_num"],
        data_path=physical,
        resc_id=resource.id,
        resc_name=resource.name,
        resc_hier=resource.hierarchy,
    )
