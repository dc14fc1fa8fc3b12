"""Renaming and moving entries: first the new name, then the new collection, then the files in the vault."""

from __future__ import annotations

import sqlite3

from irodsfs.sandbox.catalog.access_checks import Access, access_of
from irodsfs.sandbox.catalog.database import Catalog, now
from irodsfs.sandbox.catalog.entries_in_catalog import find_collection, find_replicas, touch_collection
from irodsfs.sandbox.catalog.logical_paths import as_prefix, is_below, split
from irodsfs.sandbox.catalog.visible_paths import visible_collection, visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.replicas import update_replica

DATA_OBJECT = 11
COLLECTION = 12


def rename(session: Session, source: str, target: str, kind: int) -> None:
    """Moves an entry to another path; ``kind`` is DATA_OBJECT, COLLECTION or 0 for either; raises IrodsError."""
    if source == target:
        raise IrodsError("SAME_SRC_DEST_PATHS_ERR")
    with session.catalog.transaction():
        replicas = visible_replicas(session, source) if kind != COLLECTION else []
        collection = visible_collection(session, source) if kind != DATA_OBJECT and not replicas else None
        if replicas:
            move_data_object(session, replicas[0], source, target)
        elif collection is not None:
            move_collection(session, collection, target)
        else:
            raise IrodsError("CAT_NO_ROWS_FOUND")
        for path in {split(source)[0], split(target)[0]}:
            parent = find_collection(session.catalog, path)
            if parent is not None:
                touch_collection(session.catalog, parent["coll_id"])


def move_data_object(session: Session, replica: sqlite3.Row, source: str, target: str) -> None:
    catalog = session.catalog
    (old_collection, old_name), (new_collection, new_name) = split(source), split(target)
    if old_name != new_name:
        require_own(session, replica["data_id"])
        require_free(catalog, old_collection, new_name)
        set_name(catalog, replica["data_id"], new_name)
    if old_collection != new_collection:
        destination = target_collection(session, new_collection)
        if destination is None:
            if old_name != new_name:
                catalog.leave_uncommitted(lambda: set_name(catalog, replica["data_id"], new_name))
            raise IrodsError("CAT_UNKNOWN_COLLECTION")
        require_own(session, replica["data_id"])
        require_free(catalog, new_collection, new_name)
        catalog.execute(
            "UPDATE R_DATA_MAIN SET coll_id = ?, modify_ts = ? WHERE data_id = ?",
            destination["coll_id"],
            now(),
            replica["data_id"],
        )
    move_files(catalog, find_replicas(catalog, target), target)


def set_name(catalog: Catalog, data_id: int, name: str) -> None:
    catalog.execute("UPDATE R_DATA_MAIN SET data_name = ? WHERE data_id = ?", name, data_id)


def move_collection(session: Session, collection: sqlite3.Row, target: str) -> None:
    catalog = session.catalog
    source = collection["coll_name"]
    (old_parent, old_name), (new_parent, new_name) = split(source), split(target)
    renamed = f"{old_parent.rstrip('/')}/{new_name}"
    if old_name != new_name:
        require_own(session, collection["coll_id"])
        require_free(catalog, old_parent, new_name)
        set_path(catalog, source, renamed)
    if old_parent != new_parent:
        destination = target_collection(session, new_parent)
        if destination is None:
            if old_name != new_name:
                catalog.leave_uncommitted(lambda: set_path(catalog, source, renamed))
            raise IrodsError("CAT_UNKNOWN_COLLECTION")
        require_own(session, collection["coll_id"])
        require_change(session, find_collection(catalog, old_parent))
        require_free(catalog, new_parent, new_name)
        if is_below(new_parent + "/", renamed):
            raise IrodsError("CAT_RECURSIVE_MOVE")
        set_path(catalog, renamed, target)
    for path, replicas in data_objects_below(catalog, target):
        move_files(catalog, replicas, path)


def set_path(catalog: Catalog, source: str, target: str) -> None:
    """Gives a collection and all below it the path they have after a move."""
    length = len(source)
    catalog.execute(
        "UPDATE R_COLL_MAIN SET coll_name = ?1 || substr(coll_name, ?2 + 1),"
        " parent_coll_name = ?1 || substr(parent_coll_name, ?2 + 1) WHERE coll_name LIKE ?3 ESCAPE '\\'",
        target,
        length,
        as_prefix(source),
    )
    catalog.execute(
        "UPDATE R_COLL_MAIN SET coll_name = ?, parent_coll_name = ?, modify_ts = ? WHERE coll_name = ?",
        target,
        split(target)[0],
        now(),
        source,
    )


def target_collection(session: Session, path: str) -> sqlite3.Row | None:
    row = visible_collection(session, path)
    if row is not None:
        require_change(session, row)
    return row


def require_own(session: Session, object_id: int) -> None:
    if access_of(session, object_id) < Access.OWN:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")


def require_change(session: Session, collection: sqlite3.Row | None) -> None:
    if collection is None or access_of(session, collection["coll_id"]) < Access.MODIFY_OBJECT:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")


def require_free(catalog: Catalog, collection: str, name: str) -> None:
    path = f"{collection.rstrip('/')}/{name}"
    if find_replicas(catalog, path):
        raise IrodsError("CAT_NAME_EXISTS_AS_DATAOBJ")
    if find_collection(catalog, path) is not None:
        raise IrodsError("CAT_NAME_EXISTS_AS_COLLECTION")


def data_objects_below(catalog: Catalog, collection: str) -> list[tuple[str, list[sqlite3.Row]]]:
    """The data objects in and below a collection, as paths with their replicas."""
    rows = catalog.rows(
        "SELECT c.coll_name || '/' || d.data_name AS path, d.*, r.resc_net FROM R_DATA_MAIN d"
        " LEFT JOIN R_RESC_MAIN r ON r.resc_id = d.resc_id"
        " JOIN R_COLL_MAIN c ON c.coll_id = d.coll_id"
        " WHERE c.coll_name = ? OR c.coll_name LIKE ? ESCAPE '\\'",
        collection,
        as_prefix(collection),
    )
    found: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        found.setdefault(row["path"], []).append(row)
    return list(found.items())


def move_files(catalog: Catalog, replicas: list[sqlite3.Row], path: str) -> None:
    """Moves the files of a data object's replicas to where its path says, those outside a vault excepted."""
    for replica in replicas:
        root = catalog.value("SELECT resc_def_path FROM R_RESC_MAIN WHERE resc_id = ?", replica["resc_id"])
        old = replica["data_path"]
        if not root or not is_below(old, root):
            continue
        new = vault.physical_path(root, path)
        if new != old:
            new = vault.move(catalog, old, new)
            update_replica(catalog, replica["data_id"], replica["data_repl_num"], data_path=new)
