"""Data objects by path: unlink (615), rename (627), truncate (652, 802)."""

from __future__ import annotations

import json
import sqlite3

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.api.transfers import source_and_target
from irodsfs.sandbox.catalog.access_checks import Access, require
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.entries_in_catalog import behind_links
from irodsfs.sandbox.catalog.logical_paths import checked, zone_of
from irodsfs.sandbox.catalog.visible_paths import is_admin_request, replicas_for, visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.moves import COLLECTION, DATA_OBJECT, data_objects_below, rename
from irodsfs.sandbox.storage.removal import UNREGISTER, is_trash, is_younger, move_to_trash, unlink
from irodsfs.sandbox.storage.replicas import Status, choose, lock_for_write, require_unlocked, unlock, update_replica


@handles(615)
def data_object_unlink(session: Session, request: Request) -> Reply:
    """DATA_OBJ_UNLINK_AN: moves a data object to the trash, or removes it with ``forceFlag``."""
    path = behind_links(session.catalog, checked(request.input.text("objPath")))
    keywords = request.input.keywords()
    as_admin = is_admin_request(session, keywords)
    empties_trash = keywords.keys() & {"irodsRmTrash", "irodsAdminRmTrash"}
    if empties_trash and not is_trash(session, path):
        raise IrodsError("SYS_INVALID_FILE_PATH")
    as_admin = as_admin or ("irodsAdminRmTrash" in keywords and session.user.is_admin)
    unregisters = request.input.integer("oprType") == UNREGISTER
    refused = refusals(session, visible_replicas(session, path))
    with session.catalog.transaction():
        replicas = replicas_for(session, path, Access.DELETE_OBJECT, "CAT_NO_ROWS_FOUND", as_admin=as_admin)
        if empties_trash and is_younger(replicas[0], keywords.get("age", "")):
            return Reply()
        require_unlocked(replicas)
        if "forceFlag" in keywords or empties_trash or unregisters:
            unlink(session, replicas, unregister=unregisters)
        else:
            move_to_trash(session, path, DATA_OBJECT)
            require_first(refused)
    return Reply(min(refused, default=0))


def refusals(session: Session, replicas: list[sqlite3.Row]) -> list[int]:
    """Of each replica 0, or why its server can't be reached. Asked before the catalog is changed, told after that."""
    reasons = {location: session.other_servers.why_not(location) for location in {row["resc_net"] for row in replicas}}
    return [reasons[row["resc_net"]] for row in replicas]


def require_first(refused: list[int]) -> None:
    """Raises IrodsError when the first file can't be moved: servers commit a rename with the first one that is."""
    if refused and refused[0]:
        raise IrodsError(refused[0])


@handles(627)
def data_object_rename(session: Session, request: Request) -> Reply:
    """DATA_OBJ_RENAME_AN: moves a data object (``oprType`` 11), a collection (12) or either (0) to another path.

    Only without a kind does the server refuse a data object that is being written, and replace another one by force.
    """
    source, target = source_and_target(request.input)
    source_path, target_path = checked(source.text("objPath")), checked(target.text("objPath"))
    require_same_zone(source_path, target_path)
    kind = source.integer("oprType")
    if kind not in (DATA_OBJECT, COLLECTION) and (replicas := visible_replicas(session, source_path)):
        require_unlocked(replicas)
        if "forceFlag" in source.keywords() | target.keywords() and visible_replicas(session, target_path):
            remove(session, target_path)
    refused = refusals(session, replicas_at_or_below(session, source_path))
    with session.catalog.transaction():
        rename(session, source_path, target_path, kind)
        require_first(refused)
    return Reply(min(refused, default=0))


def replicas_at_or_below(session: Session, path: str) -> list[sqlite3.Row]:
    replicas = visible_replicas(session, path)
    below = [] if replicas else data_objects_below(session.catalog, path)
    return replicas + [row for _, rows in below for row in rows]


def require_same_zone(source: str, target: str) -> None:
    if source != target and zone_of(source) != zone_of(target):
        raise IrodsError("SYS_CROSS_ZONE_MV_NOT_SUPPORTED")


def remove(session: Session, path: str) -> None:
    with session.catalog.transaction():
        replicas = replicas_for(session, path, Access.DELETE_OBJECT, "CAT_NO_ROWS_FOUND")
        require_unlocked(replicas)
        unlink(session, replicas)


@handles(652)
def data_object_truncate(session: Session, request: Request) -> Reply:
    """DATA_OBJ_TRUNCATE_AN (deprecated by the server, which says so): sets the size of a good replica."""
    deprecation = (code_of("DEPRECATED_API"), "rxDataObjTruncate has been deprecated. Use rx_replica_truncate instead.")
    reply = replica_truncate(session, request)
    return Reply(reply.status, errors=(deprecation, *reply.errors))


@handles(802)
def replica_truncate(session: Session, request: Request) -> Reply:
    """REPLICA_TRUNCATE_AN: sets the size of a replica to ``dataSize`` bytes; the answer is JSON."""
    path, size = checked(request.input.text("objPath")), request.input.integer("dataSize")
    try:
        replica = replica_to_truncate(session, path, request.input.keywords())
    except IrodsError as error:
        reason = "Error occurred resolving hierarchy or getting information for"
        return truncation(f"{reason} [{path}]: {error.code}", error)
    if size == replica["data_size"]:
        return truncation(f"Replica of [{path}] on [{replica['resc_hier']}] already has size [{size}].", None, replica)
    where = f"[{path}] on [{replica['resc_hier']}]"
    try:
        vault.truncate(replica["data_path"], size)
    except IrodsError as error:
        return truncation(f"Error occurred while truncating replica of {where}: {error.code}", error, replica)
    try:
        record_size(session, replica, size)
    except IrodsError as error:  # the file is shorter by now all the same, as in the server
        text = f"Error occurred while updating system metadata for replica of {where}: {error.code}"
        return truncation(text, error, replica)
    return truncation("", None, replica)


def truncation(message: str, error: IrodsError | None, replica: sqlite3.Row | None = None) -> Reply:
    outcome = {
        "message": f"rs_replica_truncate: {message}" if message else "",
        "replica_number": replica["data_repl_num"] if replica else None,
        "resource_hierarchy": replica["resc_hier"] if replica else None,
    }
    text = json.dumps(outcome, separators=(",", ":"), ensure_ascii=False)
    return Reply(error.code if error else 0, Struct("STR_PI", ("myStr", text)))


def replica_to_truncate(session: Session, path: str, keywords: dict[str, str]) -> sqlite3.Row:
    as_admin = is_admin_request(session, keywords)
    replicas = replicas_for(session, path, Access.READ_OBJECT, "OBJ_PATH_DOES_NOT_EXIST", as_admin=as_admin)
    replica = choose(replicas, keywords, has_token=False, is_here=session.zone.servers.is_here)
    require_unlocked(replicas)
    session.other_servers.reach(replica["resc_net"])
    return replica


def record_size(session: Session, replica: sqlite3.Row, size: int) -> None:
    require(session, replica["data_id"], Access.MODIFY_METADATA)
    key = replica["data_id"], replica["data_repl_num"]
    with session.catalog.transaction():
        lock_for_write(session.catalog, *key)
        update_replica(session.catalog, *key, data_size=size, data_checksum="", modify_ts=now())
        unlock(session.catalog, *key, Status.GOOD, Status.STALE)
