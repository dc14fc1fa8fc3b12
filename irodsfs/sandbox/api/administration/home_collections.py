"""The collections a user or group gets when it is made: a home and a place in the trash."""

from __future__ import annotations

from irodsfs.sandbox.catalog import logical_paths
from irodsfs.sandbox.catalog.access_checks import Access, grant
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session


def places(session: Session, name: str) -> tuple[str, str]:
    return f"/{session.zone.name}/home/{name}", f"/{session.zone.name}/trash/home/{name}"


def create(session: Session, name: str, user_id: int, owner: tuple[str, str]) -> None:
    """Makes both collections; they are the user's own."""
    for path in places(session, name):
        grant(session, insert(session, path, owner), user_id, Access.OWN)


def insert(session: Session, path: str, owner: tuple[str, str]) -> int:
    collection_id, time = session.catalog.next_id(), now()
    session.catalog.execute(
        "INSERT INTO R_COLL_MAIN (coll_id, parent_coll_name, coll_name, coll_owner_name, coll_owner_zone, coll_type,"
        " coll_info1, coll_info2, create_ts, modify_ts) VALUES (?, ?, ?, ?, ?, '', '', '', ?, ?)",
        collection_id,
        logical_paths.split(path)[0],
        path,
        *owner,
        time,
        time,
    )
    return collection_id


def remove(session: Session, name: str) -> None:
    """Removes both collections where they are there; raises IrodsError when one is not empty."""
    for path in places(session, name):
        collection_id = session.catalog.value("SELECT coll_id FROM R_COLL_MAIN WHERE coll_name = ?", path)
        if collection_id is not None:
            remove_empty(session, path, collection_id)


def remove_empty(session: Session, path: str, collection_id: int) -> None:
    inside = "SELECT 1 FROM R_COLL_MAIN WHERE parent_coll_name = ?1 UNION SELECT 1 FROM R_DATA_MAIN WHERE coll_id = ?2"
    if session.catalog.row(inside, path, collection_id) is not None:
        raise IrodsError("CAT_COLLECTION_NOT_EMPTY", f"collection '{path}' is not empty"[:99])
    for table, column in (("R_OBJT_ACCESS", "object_id"), ("R_OBJT_METAMAP", "object_id"), ("R_COLL_MAIN", "coll_id")):
        session.catalog.execute(f"DELETE FROM {table} WHERE {column} = ?", collection_id)
