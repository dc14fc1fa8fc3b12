"""Catalog entries set directly: files registered (630), data objects (622, 20001) and collections (680) modified."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from irodsfs.sandbox import vault
from irodsfs.sandbox.access_checks import Access, access_of, require
from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.database import now
from irodsfs.sandbox.entries_in_catalog import (
    add_collection,
    add_data_object,
    add_replica,
    find_collection,
    find_replicas,
    parent_for_change,
    require_data_type,
)
from irodsfs.sandbox.error_numbers import IrodsError
from irodsfs.sandbox.logical_paths import checked, is_below, split
from irodsfs.sandbox.replica_checksums import register_checksum
from irodsfs.sandbox.replicas import Status, update_replica
from irodsfs.sandbox.storage_resources import by_hierarchy, leaves, resource_for_create
from irodsfs.sandbox.visible_paths import is_admin_request
from irodsfs.sandbox.wire import Struct

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

TIMES = {
    "dataExpiry": "data_expiry_ts",
    "dataModify": "modify_ts",
    "dataCreate": "create_ts",
    "dataAccessTime": "access_ts",
}
COLUMNS = TIMES | {
    "collId": "coll_id",
    "chksum": "data_checksum",
    "replStatus": "data_is_dirty",
    "dataMode": "data_mode",
    "data_name": "data_name",
    "dataOwner": "data_owner_name",
    "dataOwnerZone": "data_owner_zone",
    "filePath": "data_path",
    "replNum": "data_repl_num",
    "dataSize": "data_size",
    "statusString": "data_status",
    "dataType": "data_type_name",
    "version": "data_version",
    "dataComments": "r_comment",
    "resc_hier": "resc_hier",
    "rescId": "resc_id",
}
SPECIAL_TYPES = ("linkPoint", "mountPoint")
FOR_USERS = frozenset({"dataComments", "dataExpiry", "dataModify", "dataType", "dataAccessTime"})
OPTIONS = frozenset({"all", "irodsAdmin", "openType", "allReplStatus"})


@handles(630)
def register(agent: Agent, request: Request) -> Reply:
    """PHY_PATH_REG_AN: registers a file or a directory tree (``collection``) of the server, or a new replica."""
    path, keywords = checked(request.input.text("objPath")), request.input.keywords()
    source = keywords.get("filePath", "")
    if "collectionType" in keywords:
        make_special(agent, path, keywords["collectionType"], source)
        return Reply()
    if not source:
        raise IrodsError("SYS_INVALID_FILE_PATH")
    if not agent.user.is_admin:
        raise IrodsError("PATH_REG_NOT_ALLOWED")
    with agent.catalog.transaction():
        if "collection" in keywords:
            register_tree(agent, path, Path(source), keywords)
        else:
            register_file(agent, path, Path(source), keywords)
    return Reply()


def make_special(agent: Agent, path: str, kind: str, source: str) -> None:
    """What `imcoll` asks for: a collection that stands for another one or for a directory, or no longer."""
    if kind not in ("linkPoint", "mountPoint", "unmount"):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    if kind == "mountPoint" and not agent.user.is_admin:
        raise IrodsError("PATH_REG_NOT_ALLOWED")
    if kind == "mountPoint":
        agent.zone.require_registrable(source)
    if kind == "linkPoint" and (path == source or is_below(path, source) or is_below(source, path)):
        raise IrodsError("SYS_COLL_LINK_PATH_ERR")
    with agent.catalog.transaction():
        if kind != "unmount" and find_collection(agent.catalog, path) is None:
            add_collection(agent, path, parent_for_change(agent, path))
        row = find_collection(agent.catalog, path)
        if row is None:
            raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown")
        if (row["coll_type"] in SPECIAL_TYPES) != (kind == "unmount"):
            raise IrodsError("SYS_COLL_NOT_MOUNTED_ERR" if kind == "unmount" else "SYS_MOUNT_MOUNTED_COLL_ERR")
        require(agent, row["coll_id"], Access.MODIFY_OBJECT)
        columns = ("", "") if kind == "unmount" else (kind, source)
        sql = "UPDATE R_COLL_MAIN SET coll_type = ?, coll_info1 = ? WHERE coll_id = ?"
        agent.catalog.execute(sql, *columns, row["coll_id"])


def register_tree(agent: Agent, path: str, source: Path, keywords: dict[str, str]) -> None:
    agent.zone.require_registrable(str(source))
    if find_collection(agent.catalog, path) is None:
        add_collection(agent, path, parent_for_change(agent, path))
    for entry in entries(source):
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            register_tree(agent, below, entry, keywords)
        else:
            register_file(agent, below, entry, keywords)


def entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPENDIR_ERR", errno=error.errno or 0) from None


def register_file(agent: Agent, path: str, source: Path, keywords: dict[str, str]) -> None:
    agent.zone.require_registrable(str(source))
    size = int(keywords["dataSize"]) if keywords.get("dataSize", "").isdigit() else vault.size(str(source))
    resource = resource_for_create(agent.catalog, keywords, agent.zone.servers.is_here)
    replicas = find_replicas(agent.catalog, path)
    parent = parent_for_change(agent, path)
    kind = keywords.get("dataType", "generic")
    if replicas and "regRepl" not in keywords:
        raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME")
    if replicas:
        data_id, number = replicas[0]["data_id"], max(row["data_repl_num"] for row in replicas) + 1
        collection_id = parent["coll_id"]
        add_replica(agent, data_id, number, path, collection_id, resource, str(source), Status.GOOD, kind, 0)
    else:
        number = 0
        data_id = add_data_object(
            agent, path, parent, resource, str(source), status=Status.GOOD, data_type=kind, mode=0
        )
    update_replica(agent.catalog, data_id, number, data_size=size)
    record_checksum(agent, data_id, number, keywords)


def record_checksum(agent: Agent, data_id: int, number: int, keywords: dict[str, str]) -> None:
    if "regChksum" in keywords or "verifyChksum" in keywords:
        expected = keywords.get("verifyChksum", "")
        found = register_checksum(agent.catalog, data_id, number, expected)
        if expected and found != expected:
            raise IrodsError("USER_CHKSUM_MISMATCH")
    elif keywords.get("chksum"):
        update_replica(agent.catalog, data_id, number, data_checksum=keywords["chksum"])


@handles(622)
def modify_data_object(agent: Agent, request: Request) -> Reply:
    """MOD_DATA_OBJ_META_AN: sets catalog columns of a data object; for administrators."""
    if not agent.user.is_admin:
        raise IrodsError("SYS_NO_API_PRIV")
    modify(agent, *information(request.input))
    return Reply()


@handles(20001)
def modify_data_object_info(agent: Agent, request: Request) -> Reply:
    """DATA_OBJECT_MODIFY_INFO_APN: sets those columns of a data object that are its users' own."""
    info, values = information(request.input)
    if values.keys() - FOR_USERS - OPTIONS:
        raise IrodsError("USER_BAD_KEYWORD_ERR")
    modify(agent, info, values)
    return Reply()


def information(request: Struct) -> tuple[Struct, dict[str, str]]:
    """The DataObjInfo_PI and the keywords of a ModDataObjMeta_PI."""
    return request.struct("DataObjInfo_PI"), request.keywords()


def modify(agent: Agent, info: Struct, values: dict[str, str]) -> None:
    path = checked(info.text("objPath"))
    columns = {COLUMNS[key]: formatted(key, value) for key, value in values.items() if key in COLUMNS}
    with agent.catalog.transaction():
        replicas = find_replicas(agent.catalog, path)
        if not replicas:
            raise missing(agent, path)
        level = Access.DELETE_OBJECT if "dataExpiry" in values else Access.MODIFY_METADATA
        if not is_admin_request(agent, values):
            require(agent, replicas[0]["data_id"], level)
        if "filePath" in values:
            agent.zone.require_registrable(values["filePath"])
        if "dataType" in values:
            require_data_type(agent.catalog, values["dataType"])
        if "resc_hier" in columns:
            resource = by_hierarchy(agent.catalog, str(columns["resc_hier"]))
            columns |= {"resc_id": str(resource.id), "resc_name": resource.name}
        wanted = wanted_replicas(agent, replicas, info, values)
        if not wanted:
            raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")
        if "allReplStatus" in values:
            columns["data_is_dirty"] = str(int(Status.GOOD))
            make_stale(agent, [replica for replica in replicas if replica not in wanted])
        for replica in wanted:
            update_replica(agent.catalog, replica["data_id"], replica["data_repl_num"], **columns)


def make_stale(agent: Agent, replicas: list[sqlite3.Row]) -> None:
    for replica in replicas:
        if replica["data_is_dirty"] != Status.INTERMEDIATE:
            key = replica["data_id"], replica["data_repl_num"]
            update_replica(agent.catalog, *key, data_is_dirty=int(Status.STALE))


def formatted(keyword: str, value: str) -> str:
    return value.zfill(11) if keyword in TIMES and value.isdigit() else value


def missing(agent: Agent, path: str) -> IrodsError:
    if find_collection(agent.catalog, split(path)[0]) is None:
        return IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{split(path)[0]}' is unknown"[:99])
    return IrodsError("CAT_UNKNOWN_FILE")


def wanted_replicas(
    agent: Agent, replicas: list[sqlite3.Row], info: Struct, values: dict[str, str]
) -> list[sqlite3.Row]:
    if "all" in values:
        return replicas
    if info.text("rescHier"):
        return [replica for replica in replicas if replica["resc_hier"] == info.text("rescHier")]
    if info.text("rescName"):
        names = {leaf.name for leaf in leaves(agent.catalog, info.text("rescName"))}
        return [replica for replica in replicas if replica["resc_name"] in names]
    return [replica for replica in replicas if replica["data_repl_num"] == info.integer("replNum")]


@handles(680)
def modify_collection(agent: Agent, request: Request) -> Reply:
    """MOD_COLL_AN: sets a collection's modify time, type or type information."""
    path, keywords = checked(request.input.text("collName")), request.input.keywords()
    row = find_collection(agent.catalog, path)
    if row is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown")
    if not agent.user.is_admin and access_of(agent, row["coll_id"]) < Access.MODIFY_OBJECT:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION", f"no permission to update collection '{path}'")
    names = {"collectionType": "coll_type", "collectionInfo1": "coll_info1", "collectionInfo2": "coll_info2"}
    columns = {
        column: "" if keywords[key] == "NULL_SPECIAL_VALUE" else keywords[key]
        for key, column in names.items()
        if keywords.get(key)
    }
    time = keywords.get("collectionMtime", "")
    if not columns and not time:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    columns["modify_ts"] = time or now()
    assignments = ", ".join(f"{column} = ?" for column in columns)
    agent.catalog.execute(f"UPDATE R_COLL_MAIN SET {assignments} WHERE coll_id = ?", *columns.values(), row["coll_id"])
    return Reply()
