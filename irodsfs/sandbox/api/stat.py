"""What is at a path: OBJ_STAT_AN (633)."""

from __future__ import annotations

import sqlite3

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.entries_in_catalog import behind_links
from irodsfs.sandbox.catalog.logical_paths import checked, without_trailing_slash
from irodsfs.sandbox.catalog.visible_paths import visible_collection, visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

DATA_OBJECT = 1
COLLECTION = 2


@handles(633)
def object_stat(session: Session, request: Request) -> Reply:
    """Kind, size, times and owner of a data object (status 1) or collection (status 2)."""
    path = behind_links(session.catalog, without_trailing_slash(checked(request.input.text("objPath"))))
    wanted = request.input.keywords().get("selObjType")
    if wanted in (None, "dataObj") and (replicas := visible_replicas(session, path)):
        return Reply(DATA_OBJECT, data_object_stat(representative(replicas)))
    if wanted in (None, "collection") and (row := visible_collection(session, path)):
        return Reply(COLLECTION, collection_stat(row))
    raise IrodsError("USER_FILE_DOES_NOT_EXIST")


def representative(replicas: list[sqlite3.Row]) -> sqlite3.Row:
    good = [replica for replica in replicas if replica["data_is_dirty"] == 1]
    return (good or replicas)[0]


def data_object_stat(row: sqlite3.Row) -> Struct:
    return stat_struct(
        row["data_size"],
        DATA_OBJECT,
        int(row["data_mode"] or 0),
        row["data_id"],
        row["data_checksum"] or "",
        (row["data_owner_name"], row["data_owner_zone"]),
        (row["create_ts"], row["modify_ts"]),
    )


def collection_stat(row: sqlite3.Row) -> Struct:
    owner = (row["coll_owner_name"], row["coll_owner_zone"])
    return stat_struct(0, COLLECTION, 0, row["coll_id"], "", owner, (row["create_ts"], row["modify_ts"]))


def stat_struct(
    size: int, kind: int, mode: int, object_id: int, checksum: str, owner: tuple[str, str], times: tuple[str, str]
) -> Struct:
    return Struct(
        "RodsObjStat_PI",
        ("objSize", size),
        ("objType", kind),
        ("dataMode", mode),
        ("dataId", str(object_id)),
        ("chksum", checksum),
        ("ownerName", owner[0]),
        ("ownerZone", owner[1]),
        ("createTime", times[0]),
        ("modifyTime", times[1]),
    )
