"""Catalog entries set directly: files registered (630), data objects (622, 20001) and collections (680) modified."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.access_checks import Access, access_of, require
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.entries_in_catalog import (
    add_collection,
    add_data_object,
    add_replica,
    find_collection,
    find_replicas,
    parent_for_change,
    require_data_type,
)
from irodsfs.sandbox.catalog.logical_paths import checked, is_below, split
from irodsfs.sandbox.catalog.storage_resources import by_hierarchy, leaves, resource_for_create
from irodsfs.sandbox.catalog.visible_paths import is_admin_request
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.replica_checksums import register_checksum
from irodsfs.sandbox.storage.replicas import Status, update_replica

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
def register(session: Session, request: Request) -> Reply:
    """PHY_PATH_REG_AN: registers a file or a directory tree (``collection``) of the server, or a new replica."""
    path, keywords = checked(request.input.text("objPath")), request.input.keywords()
    source = keywords.get("filePath", "")
    if "collectionType" in keywords:
        make_special(session, path, keywords["collectionType"], source)
        return Reply()
    if not source:
        raise IrodsError("SYS_INVALID_FILE_PATH")
    if not session.user.is_admin:
        raise IrodsError("PATH_REG_NOT_ALLOWED")
    with session.catalog.transaction():
        if "collection" in keywords:
            register_tree(session, path, Path(source), keywords)
        else:
            register_file(session, path, Path(source), keywords)
    return Reply()


def make_special(session: Session, path: str, kind: str, source: str) -> None:
    """What `imcoll` asks for: a collection that stands for another one or for a directory, or no longer."""
    if kind not in ("linkPoint", "mountPoint", "unmount"):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    if kind == "mountPoint" and not session.user.is_admin:
        raise IrodsError("PATH_REG_NOT_ALLOWED")
    if kind == "mountPoint":
        session.zone.require_registrable(source)
    if kind == "linkPoint" and (path == source or is_below(path, source) or is_below(source, path)):
        raise IrodsError("SYS_COLL_LINK_PATH_ERR")
    with session.catalog.transaction():
        if kind != "unmount" and find_collection(session.catalog, path) is None:
            add_collection(session, path, parent_for_change(session, path))
        row = find_collection(session.catalog, path)
        if row is None:
            raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown")
        if (row["coll_type"] in SPECIAL_TYPES) != (kind == "unmount"):
            raise IrodsError("SYS_COLL_NOT_MOUNTED_ERR" if kind == "unmount" else "SYS_MOUNT_MOUNTED_COLL_ERR")
        require(session, row["coll_id"], Access.MODIFY_OBJECT)
        columns = ("", "") if kind == "unmount" else (kind, source)
        sql = "UPDATE R_COLL_MAIN SET coll_type = ?, coll_info1 = ? WHERE coll_id = ?"
        session.catalog.execute(sql, *columns, row["coll_id"])


def register_tree(session: Session, path: str, source: Path, keywords: dict[str, str]) -> None:
    session.zone.require_registrable(str(source))
    if find_collection(session.catalog, path) is None:
        add_collection(session, path, parent_for_change(session, path))
    for entry in entries(source):
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            register_tree(session, below, entry, keywords)
        else:
            register_file(session, below, entry, keywords)


def entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPENDIR_ERR", errno=error.errno or 0) from None


def register_file(session: Session, path: str, source: Path, keywords: dict[str, str]) -> None:
    session.zone.require_registrable(str(source))
    size = int(keywords["dataSize"]) if keywords.get("dataSize", "").isdigit() else vault.size(str(source))
    resource = resource_for_create(session.catalog, keywords, session.zone.servers.is_here)
    replicas = find_replicas(session.catalog, path)
    parent = parent_for_change(session, path)
    kind = keywords.get("dataType", "generic")
    if replicas and "regRepl" not in keywords:
        raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME")
    if replicas:
        data_id, number = replicas[0]["data_id"], max(row["data_repl_num"] for row in replicas) + 1
        collection_id = parent["coll_id"]
        add_replica(session, data_id, number, path, collection_id, resource, str(source), Status.GOOD, kind, 0)
    else:
        number = 0
        data_id = add_data_object(
            session, path, parent, resource, str(source), status=Status.GOOD, data_type=kind, mode=0
        )
    update_replica(session.catalog, data_id, number, data_size=size)
    record_checksum(session, data_id, number, keywords)


def record_checksum(session: Session, data_id: int, number: int, keywords: dict[str, str]) -> None:
    if "regChksum" in keywords or "verifyChksum" in keywords:
        expected = keywords.get("verifyChksum", "")
        found = register_checksum(session.catalog, data_id, number, expected)
        if expected and found != expected:
            raise IrodsError("USER_CHKSUM_MISMATCH")
    elif keywords.get("chksum"):
        update_replica(session.catalog, data_id, number, data_checksum=keywords["chksum"])


@handles(622)
def modify_data_object(session: Session, request: Request) -> Reply:
    """MOD_DATA_OBJ_META_AN: sets catalog columns of a data object; for administrators."""
    if not session.user.is_admin:
        raise IrodsError("SYS_NO_API_PRIV")
    modify(session, *information(request.input))
    return Reply()


@handles(20001)
def modify_data_object_info(session: Session, request: Request) -> Reply:
    """DATA_OBJECT_MODIFY_INFO_APN: sets those columns of a data object that are its users' own."""
    info, values = information(request.input)
    if values.keys() - FOR_USERS - OPTIONS:
        raise IrodsError("USER_BAD_KEYWORD_ERR")
    modify(session, info, values)
    return Reply()


def information(request: Struct) -> tuple[Struct, dict[str, str]]:
    """The DataObjInfo_PI and the keywords of a ModDataObjMeta_PI."""
    return request.struct("DataObjInfo_PI"), request.keywords()


def modify(session: Session, info: Struct, values: dict[str, str]) -> None:
    path = checked(info.text("objPath"))
    columns = {COLUMNS[key]: formatted(key, value) for key, value in values.items() if key in COLUMNS}
    with session.catalog.transaction():
        replicas = find_replicas(session.catalog, path)
        if not replicas:
            raise missing(session, path)
        level = Access.DELETE_OBJECT if "dataExpiry" in values else Access.MODIFY_METADATA
        if not is_admin_request(session, values):
            require(session, replicas[0]["data_id"], level)
        if "filePath" in values:
            session.zone.require_registrable(values["filePath"])
        if "dataType" in values:
            require_data_type(session.catalog, values["dataType"])
        if "resc_hier" in columns:
            resource = by_hierarchy(session.catalog, str(columns["resc_hier"]))
            columns |= {"resc_id": str(resource.id), "resc_name": resource.name}
        wanted = wanted_replicas(session, replicas, info, values)
        if not wanted:
            raise IrodsError("CAT_SUCCESS_BUT_WITH_NO_INFO")
        if "allReplStatus" in values:
            columns["data_is_dirty"] = str(int(Status.GOOD))
            make_stale(session, [replica for replica in replicas if replica not in wanted])
        for replica in wanted:
            update_replica(session.catalog, replica["data_id"], replica["data_repl_num"], **columns)


def make_stale(session: Session, replicas: list[sqlite3.Row]) -> None:
    for replica in replicas:
        if replica["data_is_dirty"] != Status.INTERMEDIATE:
            key = replica["data_id"], replica["data_repl_num"]
            update_replica(session.catalog, *key, data_is_dirty=int(Status.STALE))


def formatted(keyword: str, value: str) -> str:
    return value.zfill(11) if keyword in TIMES and value.isdigit() else value


def missing(session: Session, path: str) -> IrodsError:
    if find_collection(session.catalog, split(path)[0]) is None:
        return IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{split(path)[0]}' is unknown"[:99])
    return IrodsError("CAT_UNKNOWN_FILE")


def wanted_replicas(
    session: Session, replicas: list[sqlite3.Row], info: Struct, values: dict[str, str]
) -> list[sqlite3.Row]:
    if "all" in values:
        return replicas
    if info.text("rescHier"):
        return [replica for replica in replicas if replica["resc_hier"] == info.text("rescHier")]
    if info.text("rescName"):
        names = {leaf.name for leaf in leaves(session.catalog, info.text("rescName"))}
        return [replica for replica in replicas if replica["resc_name"] in names]
    return [replica for replica in replicas if replica["data_repl_num"] == info.integer("replNum")]


@handles(680)
def modify_collection(session: Session, request: Request) -> Reply:
    """MOD_COLL_AN: sets a collection's modify time, type or type information."""
    path, keywords = checked(request.input.text("collName")), request.input.keywords()
    row = find_collection(session.catalog, path)
    if row is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown")
    if not session.user.is_admin and access_of(session, row["coll_id"]) < Access.MODIFY_OBJECT:
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
    session.catalog.execute(
        f"UPDATE R_COLL_MAIN SET {assignments} WHERE coll_id = ?", *columns.values(), row["coll_id"]
    )
    return Reply()
