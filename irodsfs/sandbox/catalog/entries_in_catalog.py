"""Collections and data objects in the catalog: finding, making and dating them."""

from __future__ import annotations

import sqlite3

from irodsfs.sandbox.catalog import presented_tickets
from irodsfs.sandbox.catalog.access_checks import Access, access_of
from irodsfs.sandbox.catalog.database import Catalog, now
from irodsfs.sandbox.catalog.logical_paths import split
from irodsfs.sandbox.catalog.storage_resources import Resource
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

MOST_LINKS = 20


def find_collection(catalog: Catalog, path: str) -> sqlite3.Row | None:
    """The R_COLL_MAIN row of a path, None when there is none."""
    return catalog.row("SELECT * FROM R_COLL_MAIN WHERE coll_name = ?", path)


def behind_links(catalog: Catalog, path: str) -> str:
    """The path that the server goes to for another one: soft links (`imcoll`) among the collections are followed.

    Queries do not do that: for them a soft link is a collection without content.
    """
    for _ in range(MOST_LINKS):
        link = catalog.row(
            "SELECT coll_name, coll_info1 FROM R_COLL_MAIN WHERE coll_type = 'linkPoint'"
            " AND (coll_name = ?1 OR substr(?1, 1, length(coll_name) + 1) = coll_name || '/')"
            " ORDER BY length(coll_name) LIMIT 1",
            path,
        )
        if link is None:
            return path
        path = link["coll_info1"] + path[len(link["coll_name"]) :]
    raise IrodsError("SYS_LINK_CNT_EXCEEDED_ERR")


def find_replicas(catalog: Catalog, path: str) -> list[sqlite3.Row]:
    """The R_DATA_MAIN rows of a path with status and location of their resources, by number.

    None when it is no data object.
    """
    collection, name = split(path)
    return catalog.rows(
        "SELECT d.*, r.resc_status, r.resc_net FROM R_DATA_MAIN d JOIN R_COLL_MAIN c ON c.coll_id = d.coll_id"
        " LEFT JOIN R_RESC_MAIN r ON r.resc_id = d.resc_id"
        " WHERE c.coll_name = ? AND d.data_name = ? ORDER BY d.data_repl_num",
        collection,
        name,
    )


def find_replica(catalog: Catalog, data_id: int, number: int) -> sqlite3.Row:
    """The R_DATA_MAIN row of one replica; raises IrodsError when it is gone."""
    row = catalog.row("SELECT * FROM R_DATA_MAIN WHERE data_id = ? AND data_repl_num = ?", data_id, number)
    if row is None:
        raise IrodsError("CAT_NO_ROWS_FOUND")
    return row


def parent_for_change(session: Session, path: str) -> sqlite3.Row:
    """The collection a new or changed entry lies in; raises IrodsError when it is missing or may not be changed."""
    parent = find_collection(session.catalog, split(path)[0])
    if parent is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{split(path)[0]}' is unknown")
    if not may_change(session, parent["coll_id"]):
        raise IrodsError("CAT_NO_ACCESS_PERMISSION", f"no permission to update collection '{parent['coll_name']}'")
    return parent


def may_change(session: Session, collection_id: int) -> bool:
    """Whether entries of a collection may be made or changed; raises IrodsError when a ticket is used up."""
    if session.ticket:
        return presented_tickets.allows_creation(session, collection_id)
    return access_of(session, collection_id) >= Access.MODIFY_OBJECT


def touch_collection(catalog: Catalog, collection_id: int) -> None:
    """Sets a collection's modify time to now, as every change of its entries does."""
    catalog.execute("UPDATE R_COLL_MAIN SET modify_ts = ? WHERE coll_id = ?", now(), collection_id)


def grant_on_new(session: Session, object_id: int, parent: sqlite3.Row) -> None:
    """Gives a new object its permissions: the parent's where that passes them on, else own to its maker."""
    sql, key = (
        ("SELECT ?, user_id, access_type_id, ?, ? FROM R_OBJT_ACCESS WHERE object_id = ?", parent["coll_id"])
        if parent["coll_inheritance"] == "1"
        else (f"SELECT ?, user_id, {Access.OWN:d}, ?, ? FROM R_USER_MAIN WHERE user_id = ?", session.user.id)
    )
    session.catalog.execute(f"INSERT INTO R_OBJT_ACCESS {sql}", object_id, now(), now(), key)


def add_collection(session: Session, path: str, parent: sqlite3.Row) -> int:
    """Makes a collection and answers its id."""
    catalog = session.catalog
    collection = catalog.next_id()
    catalog.execute(
        "INSERT INTO R_COLL_MAIN VALUES (?, ?, ?, ?, ?, 0, ?, '', '', '', '', '', ?, ?)",
        collection,
        parent["coll_name"],
        path,
        session.user.name,
        session.user.zone,
        "1" if parent["coll_inheritance"] == "1" else "",
        now(),
        now(),
    )
    grant_on_new(session, collection, parent)
    touch_collection(catalog, parent["coll_id"])
    return collection


def add_data_object(
    session: Session,
    path: str,
    parent: sqlite3.Row,
    resource: Resource,
    physical_path: str,
    *,
    status: int,
    data_type: str = "generic",
    mode: int = 0,
) -> int:
    """Registers a data object with one replica and answers its id; raises IrodsError when the name is taken.

    ``data_type`` must be one the zone has.
    """
    require_data_type(session.catalog, data_type)
    data_id = session.catalog.next_id()
    add_replica(session, data_id, 0, path, parent["coll_id"], resource, physical_path, status, data_type, mode)
    grant_on_new(session, data_id, parent)
    return data_id


def require_data_type(catalog: Catalog, name: str) -> None:
    """Raises IrodsError unless the zone has a data type of that name."""
    sql = "SELECT 1 FROM R_TOKN_MAIN WHERE token_namespace = 'data_type' AND token_name = ?"
    if catalog.value(sql, name) is None:
        raise IrodsError("CAT_INVALID_DATA_TYPE")


NEW_REPLICA: dict[str, object] = {
    "data_size": 0,
    "data_version": "",
    "data_status": "",
    "data_checksum": "",
    "data_expiry_ts": "00000000000",
    "data_map_id": 0,
    "r_comment": "",
    "resc_group_name": "",
}
"""What is the same in every new replica."""


def add_replica(
    session: Session,
    data_id: int,
    number: int,
    path: str,
    collection_id: int,
    resource: Resource,
    physical_path: str,
    status: int,
    data_type: str,
    mode: int,
) -> None:
    """Registers a replica of size 0."""
    columns = {
        "data_id": data_id,
        "coll_id": collection_id,
        "data_name": split(path)[1],
        "data_repl_num": number,
        "data_type_name": data_type,
        "data_path": physical_path,
        "data_owner_name": session.user.name,
        "data_owner_zone": session.user.zone,
        "data_is_dirty": int(status),
        "data_mode": str(mode),
        "resc_name": resource.name,
        "resc_hier": resource.hierarchy,
        "resc_id": resource.id,
        **dict.fromkeys(("create_ts", "modify_ts", "access_ts"), now()),
    }
    insert_replica(session.catalog, columns | NEW_REPLICA)


def insert_replica(catalog: Catalog, columns: dict[str, object]) -> None:
    try:
        catalog.execute(
            f"INSERT INTO R_DATA_MAIN ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
    except sqlite3.IntegrityError as error:
        if "UNIQUE" in str(error):
            raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME") from None
        raise
