"""Replicas: choosing one, locking a data object while one is written, and finalising it."""

from __future__ import annotations

import json
import sqlite3
from enum import IntEnum
from pathlib import Path

from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.catalog.storage_resources import IsHere
from irodsfs.sandbox.protocol.error_numbers import IrodsError


class Status(IntEnum):
    """Replica statuses as the catalog keeps them (R_DATA_MAIN.data_is_dirty)."""

    STALE = 0
    GOOD = 1
    INTERMEDIATE = 2
    READ_LOCKED = 3
    WRITE_LOCKED = 4


def choose(
    replicas: list[sqlite3.Row], keywords: dict[str, str], has_token: bool, is_here: IsHere = lambda _: True
) -> sqlite3.Row:
    """The replica an open uses: the one asked for, else one on the resource preferred, a good one, or a stale one.

    Of several, one that the server has which is asked.
    Raises IrodsError when it is not there, is being written, or its resource is down.
    """
    if "resc_hier" in keywords:
        return at_place(replicas, keywords["resc_hier"], has_token)
    usable = [replica for replica in replicas if is_usable(replica, has_token)]
    if not usable:
        raise IrodsError("HIERARCHY_ERROR")
    if "replNum" in keywords:
        return numbered(replicas, usable, keywords["replNum"])
    resource = keywords.get("rescName")
    if resource is not None and not any(lies_on(replica, resource) for replica in replicas):
        raise IrodsError("SYS_REPLICA_INACCESSIBLE")
    preferred = keywords.get("destRescName") or resource or ""

    def rank(row: sqlite3.Row) -> tuple[bool, bool, int, bool]:
        return (
            not is_written(row),
            not lies_on(row, preferred),
            -int(row["data_is_dirty"]),
            not is_here(row["resc_net"]),
        )

    return min(usable, key=rank)


def is_usable(replica: sqlite3.Row, has_token: bool) -> bool:
    """Whether a replica can be opened: it is at rest, or its writers' token is there, and its resource is up."""
    return is_up(replica) and (is_at_rest(replica) or (has_token and is_written(replica)))


def is_up(replica: sqlite3.Row) -> bool:
    return "down" not in (replica["resc_status"] or "")


def is_at_rest(replica: sqlite3.Row) -> bool:
    return replica["data_is_dirty"] in (Status.GOOD, Status.STALE)


def is_written(replica: sqlite3.Row) -> bool:
    return bool(replica["data_is_dirty"] == Status.INTERMEDIATE)


def at_place(replicas: list[sqlite3.Row], hierarchy: str, has_token: bool) -> sqlite3.Row:
    """The replica at a place the client knows; whether its resource is up is not asked then."""
    for replica in replicas:
        if replica["resc_hier"] == hierarchy:
            if is_at_rest(replica) or (has_token and is_written(replica)):
                return replica
            raise IrodsError("INTERMEDIATE_REPLICA_ACCESS" if is_written(replica) else "LOCKED_DATA_OBJECT_ACCESS")
    raise IrodsError("SYS_REPLICA_DOES_NOT_EXIST")


def numbered(replicas: list[sqlite3.Row], usable: list[sqlite3.Row], number: str) -> sqlite3.Row:
    for replica in replicas:
        if str(replica["data_repl_num"]) == number:
            if replica not in usable:
                raise IrodsError("SYS_REPLICA_INACCESSIBLE")
            return replica
    raise IrodsError("SYS_REPLICA_DOES_NOT_EXIST")


def lies_on(replica: sqlite3.Row, resource: str) -> bool:
    return resource in replica["resc_hier"].split(";")


def require_unlocked(replicas: list[sqlite3.Row]) -> None:
    """Raises IrodsError when a replica is being written."""
    if not all(map(is_at_rest, replicas)):
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
