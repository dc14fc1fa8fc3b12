"""Copies of a replica on other resources: those a client asks for, and those a replication resource keeps."""

from __future__ import annotations

import shutil
import sqlite3

from irodsfs.sandbox.catalog.database import Catalog, now
from irodsfs.sandbox.catalog.entries_in_catalog import add_replica, find_replica
from irodsfs.sandbox.catalog.storage_resources import Resource, leaves
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.replicas import update_replica


def keep_copies(session: Session, data_id: int, number: int) -> None:
    """After a write: the siblings of a replica that a replication resource holds become like it."""
    catalog = session.catalog
    source = find_replica(catalog, data_id, number)
    for resource in replication_targets(catalog, source["resc_hier"]):
        replicas = catalog.rows("SELECT * FROM R_DATA_MAIN WHERE data_id = ?", data_id)
        there = [replica for replica in replicas if replica["resc_id"] == resource.id]
        if there:
            update_copy(session, there[0], source)
        else:
            add_copy(session, logical_path(catalog, source), replicas, source, resource)


def logical_path(catalog: Catalog, replica: sqlite3.Row) -> str:
    collection = catalog.value("SELECT coll_name FROM R_COLL_MAIN WHERE coll_id = ?", replica["coll_id"])
    return f"{collection}/{replica['data_name']}"


def replication_targets(catalog: Catalog, hierarchy: str) -> list[Resource]:
    for name in hierarchy.split(";")[:-1]:
        if catalog.value("SELECT resc_type_name FROM R_RESC_MAIN WHERE resc_name = ?", name) == "replication":
            return [leaf for leaf in leaves(catalog, name) if leaf.hierarchy != hierarchy]
    return []


def add_copy(session: Session, path: str, replicas: list[sqlite3.Row], source: sqlite3.Row, resource: Resource) -> int:
    """Makes a replica on a resource that has none, like another one; answers its number."""
    number: int = max(replica["data_repl_num"] for replica in replicas) + 1
    physical = vault.free_path(session.catalog, vault.physical_path(resource.vault, path))
    copy_file(source["data_path"], physical)
    add_replica(
        session,
        source["data_id"],
        number,
        path,
        source["coll_id"],
        resource,
        physical,
        source["data_is_dirty"],
        source["data_type_name"],
        int(source["data_mode"] or 0),
    )
    update_replica(
        session.catalog,
        source["data_id"],
        number,
        data_size=source["data_size"],
        data_checksum=source["data_checksum"],
        data_owner_name=source["data_owner_name"],
        data_owner_zone=source["data_owner_zone"],
        create_ts=source["create_ts"],
    )
    return number


def update_copy(session: Session, replica: sqlite3.Row, source: sqlite3.Row) -> None:
    copy_file(source["data_path"], replica["data_path"])
    update_replica(
        session.catalog,
        replica["data_id"],
        replica["data_repl_num"],
        data_size=source["data_size"],
        data_checksum=source["data_checksum"],
        data_is_dirty=source["data_is_dirty"],
        modify_ts=now(),
    )


def copy_file(source: str, target: str) -> None:
    vault.make_parents(target)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPEN_ERR", errno=error.errno or 0) from None
