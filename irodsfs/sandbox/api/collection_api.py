"""Collections: create (681) and remove (679)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.entries_in_catalog import (
    add_collection,
    behind_links,
    find_collection,
    find_replicas,
    may_change,
)
from irodsfs.sandbox.catalog.logical_paths import checked, holds_operators, split
from irodsfs.sandbox.catalog.visible_paths import (
    is_admin_request,
    is_visible,
    replicas_for,
    visible_collection,
    visible_replicas,
)
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of, named
from irodsfs.sandbox.protocol.replies import reply_message
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.moves import COLLECTION
from irodsfs.sandbox.storage.removal import (
    UNREGISTER,
    has_entries,
    is_trash,
    is_younger,
    move_to_trash,
    remove_empty_collection,
    unlink,
)
from irodsfs.sandbox.storage.replicas import require_unlocked

COLLECTION_STATUS = 99999996
FILES_PER_STATUS = 10


@handles(681)
def collection_create(session: Session, request: Request) -> Reply:
    """COLL_CREATE_AN: makes a collection; with ``recursiveOpr`` also those above it, and an existing one is fine."""
    path = request.input.text("collName")
    if holds_operators(path, is_collection=True):
        raise IrodsError("CAT_SQL_ERR")
    path = behind_links(session.catalog, normalised(session, checked(path)))
    with session.catalog.transaction():
        if "recursiveOpr" in request.input.keywords():
            make_all(session, path)
        else:
            make_one(session, path)
    return Reply()


def normalised(session: Session, path: str) -> str:
    """The path without ``.``, ``..`` and doubled slashes; raises IrodsError when it does not lie in this zone."""
    normal = posixpath.normpath(path)
    if not normal.startswith(f"/{session.zone.name}/"):
        raise outside_zone(path)
    return "/" + normal.lstrip("/")


def outside_zone(path: str) -> IrodsError:
    return named(
        "SYS_INVALID_INPUT_PARAM",
        "SYS_INVALID_INPUT_PARAM]  errno [] -- message "
        f"[a valid zone name does not appear at the root of the object path [{path}]]\n",
    )


def make_all(session: Session, path: str) -> None:
    if visible_collection(session, path) is not None:
        return
    if path == f"/{session.zone.name}":
        raise outside_zone(path)
    make_all(session, split(path)[0])
    make_one(session, path)


def make_one(session: Session, path: str) -> None:
    catalog = session.catalog
    if visible_collection(session, path) is not None:
        raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME")
    parent = find_collection(catalog, split(path)[0])
    if parent is None:
        raise IrodsError("CAT_UNKNOWN_COLLECTION", f"collection '{split(path)[0]}' is unknown")
    if not may_change(session, parent["coll_id"]):
        raise IrodsError("CAT_NO_ACCESS_PERMISSION")
    if find_replicas(catalog, path):
        raise IrodsError("CAT_NAME_EXISTS_AS_DATAOBJ")
    if find_collection(catalog, path) is not None:
        raise IrodsError("CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME")
    add_collection(session, path, parent)


@handles(679)
def collection_remove(session: Session, request: Request) -> Reply:
    """RM_COLL_AN: removes an empty collection; with ``recursiveOpr`` a whole tree, to the trash or for good."""
    path = checked(request.input.text("collName"))
    keywords = request.input.keywords()
    as_admin = is_admin_request(session, keywords)
    if "recursiveOpr" not in keywords:
        remove_empty_collection(session, path, as_admin=as_admin)
        return Reply(0, progress(1, 1, path))
    require_tree(session, path)
    unregisters = request.input.integer("oprType") == UNREGISTER
    if not (unregisters or keywords.keys() & {"forceFlag", "irodsRmTrash", "irodsAdminRmTrash"}):
        move_to_trash(session, path, COLLECTION)
        return Reply(0, progress(1, 1, path))
    removal = TreeRemoval(session, keywords, as_admin, unregisters)
    status = removal.run(path)
    return Reply(status, progress(removal.count, 0, "") if status >= 0 else None)


def require_tree(session: Session, path: str) -> None:
    if visible_replicas(session, path):
        raise IrodsError("CAT_NAME_EXISTS_AS_DATAOBJ")
    if visible_collection(session, path) is None:
        raise IrodsError("USER_FILE_DOES_NOT_EXIST")


def progress(count: int, total: int, last: str) -> Struct:
    return Struct(
        "CollOprStat_PI", ("filesCnt", count), ("totalFileCnt", total), ("bytesWritten", 0), ("lastObjPath", last)
    )


class TreeRemoval:
    """The removal of a tree for good: goes on after a failure, tells the client every ten files.

    Home collections are only removed when they are empty, and what is younger than ``age`` minutes not at all.
    """

    def __init__(self, session: Session, keywords: dict[str, str], as_admin: bool, unregisters: bool) -> None:
        self.session = session
        self.empties_trash = bool(keywords.keys() & {"irodsRmTrash", "irodsAdminRmTrash"})
        if "irodsAdminRmTrash" in keywords and not session.user.is_admin:
            raise IrodsError("CAT_INSUFFICIENT_PRIVILEGE_LEVEL")
        self.as_admin = as_admin or "irodsAdminRmTrash" in keywords
        self.unregisters = unregisters
        self.age = keywords.get("age", "")
        self.count = 0

    def run(self, path: str) -> int:
        """Removes everything at and below a path; 0 or the code of the last failure."""
        if self.empties_trash and not is_trash(self.session, path):
            raise IrodsError("SYS_INVALID_FILE_PATH")
        collection = find_collection(self.session.catalog, path)
        if collection is not None and is_younger(collection, self.age):
            return 0
        if collection is not None and is_home(path) and has_entries(self.session.catalog, collection):
            return code_of("CANT_RM_NON_EMPTY_HOME_COLL")
        failures = [self.attempt(self.remove_data_object, child) for child in data_objects_in(self.session, path)]
        failures += [self.run(child) for child in collections_in(self.session, path)]
        if not (self.empties_trash and is_trash_home(self.session, path)):
            failures.append(self.attempt(self.remove_collection, path))
        return next((code for code in reversed(failures) if code < 0), 0)

    def attempt(self, remove: Callable[[str], None], path: str) -> int:
        try:
            remove(path)
        except IrodsError as error:
            return error.code
        return 0

    def remove_data_object(self, path: str) -> None:
        level = Access.DELETE_OBJECT
        with self.session.catalog.transaction():
            replicas = replicas_for(self.session, path, level, "CAT_NO_ROWS_FOUND", as_admin=self.as_admin)
            if self.empties_trash and is_younger(replicas[0], self.age):
                return
            require_unlocked(replicas)
            unlink(self.session, replicas, unregister=self.unregisters)
        self.count += 1
        if self.count == FILES_PER_STATUS:
            self.session.connection.converse(reply_message(progress(self.count, 0, path), COLLECTION_STATUS))
            self.count = 0

    def remove_collection(self, path: str) -> None:
        remove_empty_collection(self.session, path, as_admin=self.as_admin)


def data_objects_in(session: Session, path: str) -> list[str]:
    rows = session.catalog.rows(
        "SELECT DISTINCT d.data_name, d.data_id, d.coll_id FROM R_DATA_MAIN d JOIN R_COLL_MAIN c"
        " ON c.coll_id = d.coll_id WHERE c.coll_name = ? ORDER BY d.data_name",
        path,
    )
    return [f"{path}/{row['data_name']}" for row in rows if is_visible(session, row["data_id"])]


def collections_in(session: Session, path: str) -> list[str]:
    rows = session.catalog.rows(
        "SELECT coll_name, coll_id FROM R_COLL_MAIN WHERE parent_coll_name = ? ORDER BY coll_name", path
    )
    return [row["coll_name"] for row in rows if is_visible(session, row["coll_id"])]


def is_home(path: str) -> bool:
    """Whether a path is that of a zone's homes or of one of them."""
    return re.fullmatch("/[^/]+/home(/[^/]*)?", path, re.DOTALL) is not None


def is_trash_home(session: Session, path: str) -> bool:
    parent = split(path)[0]
    return parent == f"/{session.zone.name}/trash/home" or path == f"/{session.zone.name}/trash/home"
