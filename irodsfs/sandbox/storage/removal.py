"""Removing entries: to the user's trash, or for good with their files, metadata and permissions."""

from __future__ import annotations

import errno
import secrets
import sqlite3
from functools import partial

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.catalog.access_checks import Access, access_of
from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.catalog.entries_in_catalog import add_collection, find_collection, touch_collection
from irodsfs.sandbox.catalog.logical_paths import is_below, split
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.moves import rename

UNREGISTER = 26  # operation type of a removal that leaves the files
TAKEN = frozenset(map(code_of, ("CAT_NAME_EXISTS_AS_DATAOBJ", "CAT_NAME_EXISTS_AS_COLLECTION", "SYS_PHY_PATH_INUSE")))


def is_trash(session: Session, path: str) -> bool:
    return path.startswith(f"/{session.zone.name}/trash/")


def is_younger(row: sqlite3.Row, minutes: str) -> bool:
    """Whether an entry was modified fewer minutes ago than that, when any are given."""
    return minutes.isdecimal() and clock.seconds() - int(row["modify_ts"]) < int(minutes) * 60


def move_to_trash(session: Session, path: str, kind: int) -> None:
    """Moves an entry to the same place in the user's trash, with a number added when the name is taken there."""
    target = trash_path(session, path)
    with session.catalog.transaction():
        make_trash(session, split(target)[0])
        while True:
            try:
                with session.catalog.attempt():
                    return rename(session, path, target, kind)
            except IrodsError as error:
                if error.code not in TAKEN and -error.code % 1000 != errno.EISDIR:
                    raise
                target = f"{target}.{secrets.randbits(32)}"


def trash_path(session: Session, path: str) -> str:
    zone, _, rest = path[1:].partition("/")
    for own in (f"home/{session.user.name}/", f"home/{session.user.name}#"):
        if rest.startswith(own):
            rest = rest.split("/", 2)[2]
    owner = session.user.name if session.user.zone == zone else f"{session.user.name}#{session.user.zone}"
    return f"/{zone}/trash/home/{owner}/{rest}"


def make_trash(session: Session, path: str) -> None:
    if find_collection(session.catalog, path) is not None:
        return
    make_trash(session, split(path)[0])
    parent = find_collection(session.catalog, split(path)[0])
    if parent is None or access_of(session, parent["coll_id"]) < Access.MODIFY_OBJECT:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")
    add_collection(session, path, parent)


def unlink(session: Session, replicas: list[sqlite3.Row], *, unregister: bool = False) -> None:
    """Removes all replicas of a data object and what the catalog keeps about it; ``unregister`` leaves the files."""
    catalog = session.catalog
    data_id = replicas[0]["data_id"]
    files = files_to_delete(session, replicas, unregister=unregister)
    with catalog.transaction():
        catalog.execute("DELETE FROM R_DATA_MAIN WHERE data_id = ?", data_id)
        forget(catalog, data_id)
        touch_collection(catalog, replicas[0]["coll_id"])
        for path in files:
            catalog.when_committed(partial(vault.unlink, path))


def files_to_delete(session: Session, replicas: list[sqlite3.Row], *, unregister: bool) -> list[str]:
    """The files that go with replicas: those in the vaults of their resources.

    Raises IrodsError when someone other than an administrator would leave a file behind in a vault.
    """
    vaults = dict(map(tuple, session.catalog.rows("SELECT resc_id, resc_def_path FROM R_RESC_MAIN")))
    deleted: list[str] = []
    left: list[str] = []
    for replica in replicas:
        goes = not unregister and is_below(replica["data_path"], vaults[replica["resc_id"]])
        (deleted if goes else left).append(replica["data_path"])
    if not session.user.is_admin and any(is_below(path, root) for path in left for root in vaults.values() if root):
        raise IrodsError("CANT_UNREG_IN_VAULT_FILE")
    return deleted


def remove_empty_collection(session: Session, path: str, *, as_admin: bool = False) -> None:
    """Removes a collection that has no entries; raises IrodsError."""
    catalog = session.catalog
    with catalog.transaction():
        parent = collection_with(session, split(path)[0], Access.MODIFY_OBJECT, as_admin)
        collection = collection_with(session, path, Access.DELETE_OBJECT, as_admin)
        if has_entries(catalog, collection):
            raise IrodsError("CAT_COLLECTION_NOT_EMPTY")
        catalog.execute("DELETE FROM R_COLL_MAIN WHERE coll_id = ?", collection["coll_id"])
        forget(catalog, collection["coll_id"])
        touch_collection(catalog, parent["coll_id"])


def collection_with(session: Session, path: str, level: Access, as_admin: bool) -> sqlite3.Row:
    row = find_collection(session.catalog, path)
    if row is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{path}' is unknown"[:99])
    if not as_admin and access_of(session, row["coll_id"]) < level:
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")
    return row


def has_entries(catalog: Catalog, collection: sqlite3.Row) -> bool:
    return bool(
        catalog.value(
            "SELECT EXISTS (SELECT 1 FROM R_COLL_MAIN WHERE parent_coll_name = ? AND coll_id <> ?)"
            " OR EXISTS (SELECT 1 FROM R_DATA_MAIN WHERE coll_id = ?)",
            collection["coll_name"],
            collection["coll_id"],
            collection["coll_id"],
        )
    )


def forget(catalog: Catalog, object_id: int) -> None:
    """Drops permissions, AVUs and tickets of an object that is gone."""
    catalog.execute("DELETE FROM R_OBJT_ACCESS WHERE object_id = ?", object_id)
    catalog.execute("DELETE FROM R_OBJT_METAMAP WHERE object_id = ?", object_id)
