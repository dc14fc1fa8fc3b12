"""Replicas: choosing one, locking a data object while one is written, and finalising it."""

from __future__ import annotations

import json
import sqlite3
from enum import IntEnum
from pathlib import Path

from irodsfs.sandbox.catalog import Catalog
from irodsfs.sandbox.errors import IrodsError


class Status(IntEnum):
    """Replica statuses as the catalog keeps them (R_DATA_MAIN.data_is_dirty)."""

    STALE = 0
    GOOD = 1
    INTERMEDIATE = 2
    READ_LOCKED = 3
    WRITE_LOCKED = 4


def choose(replicas: list[sqlite3.Row], keywords: dict[str, str], has_token: bool) -> sqlite3.Row:
    """The replica an open uses: the one asked for, else one on the resource preferred, a good one, or a stale one.

    Raises IrodsError when there is none, or none at rest.
    """
    wanted = [replica for replica in replicas if is_wanted(replica, keywords)]
    if not wanted:
        by_number_or_place = keywords.keys() & {"replNum", "resc_hier"}
        raise IrodsError("SYS_REPLICA_DOES_NOT_EXIST" if by_number_or_place else "SYS_REPLICA_INACCESSIBLE")
    at_rest = [replica for replica in wanted if replica["data_is_dirty"] in (Status.GOOD, Status.STALE)]
    preferred = keywords.get("destRescName", "")
    candidates = sorted(at_rest, key=lambda row: (not lies_on(row, preferred), -int(row["data_is_dirty"])))
    if has_token:
        candidates = [replica for replica in wanted if replica["data_is_dirty"] == Status.INTERMEDIATE] + candidates
    if not candidates:
        raise locked(wanted[0], by_place="resc_hier" in keywords)
    return candidates[0]


def locked(replica: sqlite3.Row, *, by_place: bool) -> IrodsError:
    """What keeps a client from a replica that is not at rest: without a hierarchy the server finds none to use."""
    if not by_place:
        return IrodsError("HIERARCHY_ERROR")
    is_written = replica["data_is_dirty"] == Status.INTERMEDIATE
    return IrodsError("INTERMEDIATE_REPLICA_ACCESS" if is_written else "LOCKED_DATA_OBJECT_ACCESS")


def is_wanted(replica: sqlite3.Row, keywords: dict[str, str]) -> bool:
    if "replNum" in keywords:
        return str(replica["data_repl_num"]) == keywords["replNum"]
    if "resc_hier" in keywords:
        return bool(replica["resc_hier"] == keywords["resc_hier"])
    if "rescName" in keywords:
        return lies_on(replica, keywords["rescName"])
    return True


def lies_on(replica: sqlite3.Row, resource: str) -> bool:
    return resource in replica["resc_hier"].split(";")


def require_unlocked(replicas: list[sqlite3.Row]) -> None:
    """Raises IrodsError when a replica is being written."""
    if any(replica["data_is_dirty"] not in (Status.GOOD, Status.STALE) for replica in replicas):
        raise IrodsError("LOCKED_DATA_OBJECT_ACCESS")


def lock_for_write(catalog: Catalog, data_id: int, replica_number: int) -> None:
    """Makes a replica intermediate and its siblings write-locked; their statuses are kept in ``data_status``."""
    for row in catalog.rows("SELECT data_repl_num, data_is_dirty FROM R_DATA_MAIN WHERE data_id = ?", data_id):
        status = Status.INTERMEDIATE if row["data_repl_num"] == replica_number else Status.WRITE_LOCKED
        catalog.execute(
            "UPDATE R_DATA_MAIN SET data_is_dirty = ?, data_status = ? WHERE data_id = ? AND data_repl_num = ?",
            int(status),
            json.dumps({"original_status": str(row["data_is_dirty"])}, separators=(",", ":")),
            data_id,
            row["data_repl_num"],
        )


def unlock(catalog: Catalog, data_id: int, replica_number: int, status: int | None, siblings: int | None) -> None:
    """Ends a lock: sets the written replica's and its siblings' status, None restoring what they had before."""
    for row in catalog.rows("SELECT * FROM R_DATA_MAIN WHERE data_id = ?", data_id):
        wanted = status if row["data_repl_num"] == replica_number else siblings
        catalog.execute(
            "UPDATE R_DATA_MAIN SET data_is_dirty = ?, data_status = '' WHERE data_id = ? AND data_repl_num = ?",
            int(original_status(row) if wanted is None else wanted),
            data_id,
            row["data_repl_num"],
        )


def original_status(replica: sqlite3.Row) -> int:
    kept = replica["data_status"]
    return int(json.loads(kept)["original_status"] if kept else replica["data_is_dirty"])


def update_replica(catalog: Catalog, data_id: int, replica_number: int, **columns: object) -> None:
    """Sets columns of one replica."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    catalog.execute(
        f"UPDATE R_DATA_MAIN SET {assignments} WHERE data_id = ? AND data_repl_num = ?",
        *columns.values(),
        data_id,
        replica_number,
    )


def recover(catalog: Catalog) -> None:
    """After a crash: replicas that were being written become stale, with the size their file has; locks end."""
    with catalog.transaction():
        for row in catalog.rows("SELECT * FROM R_DATA_MAIN WHERE data_is_dirty = ?", int(Status.INTERMEDIATE)):
            file = Path(row["data_path"])
            size = file.stat().st_size if file.exists() else 0
            update_replica(catalog, row["data_id"], row["data_repl_num"], data_size=size)
            unlock(catalog, row["data_id"], row["data_repl_num"], Status.STALE, None)
