"""Opening replicas: which one, and under which lock."""

from __future__ import annotations

import os
import sqlite3

from irodsfs.sandbox.api.administration import quota_administration
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.entries_in_catalog import (
    add_data_object,
    add_replica,
    behind_links,
    find_collection,
    find_replica,
    parent_for_change,
    touch_collection,
)
from irodsfs.sandbox.catalog.logical_paths import checked
from irodsfs.sandbox.catalog.storage_resources import name_for_create, require_root, resource_for_create
from irodsfs.sandbox.catalog.visible_paths import is_admin_request, require_for_contents, visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.descriptors import Descriptor
from irodsfs.sandbox.storage.replicas import Status, choose, lock_for_write, require_unlocked, update_replica
from irodsfs.sandbox.zone_servers import OnAnotherServer

ACCESS_TIME_RESOLUTION = 86400  # seconds
OVERWRITES = (1, 9, 14)  # operation types of put, copy and rsync, which add no replica to an existing data object
PHYSICAL_FLAGS = os.O_ACCMODE | os.O_TRUNC | os.O_APPEND


def open_replica(session: Session, request: Struct, flags: int | None = None) -> int:
    """Opens what a DataObjInp_PI asks for and answers the descriptor's number; raises IrodsError.

    ``flags`` are those of the request unless given. What lies at another server is opened there, in its name.
    """
    try:
        return open_here(session, request, flags)
    except OnAnotherServer as place:
        with session.other_servers.reaching(place.location):
            return open_here(session, request, flags)


def open_here(session: Session, request: Struct, flags: int | None = None) -> int:
    """Like `open_replica`; raises OnAnotherServer for what lies at one."""
    path = behind_links(session.catalog, checked(request.text("objPath")))
    flags = request.integer("openFlags") if flags is None else flags
    keywords = request.keywords()
    if path.endswith("/"):
        raise IrodsError("USER_INPUT_PATH_ERR")
    if flags & os.O_ACCMODE == os.O_RDONLY and flags & os.O_TRUNC:
        raise IrodsError("USER_INCOMPATIBLE_OPEN_FLAGS")
    if "filePath" in keywords:
        session.zone.require_registrable(keywords["filePath"])
    number = session.descriptors.free_number()
    require_root(session.catalog, keywords)
    if flags & (os.O_ACCMODE | os.O_CREAT) == os.O_RDONLY:
        replicas = usable_replicas(session, path, flags, keywords)
        descriptor = open_for_read(session, path, flags, replicas, keywords)
    else:
        with session.catalog.transaction():
            replicas = usable_replicas(session, path, flags, keywords)
            if not replicas:
                descriptor = create_data_object(session, path, flags, request)
            elif flags & os.O_CREAT and is_for_another_resource(replicas, request):
                descriptor = create_replica(session, path, flags, replicas, request)
            else:
                descriptor = open_for_write(session, path, flags, replicas, keywords)
    descriptor.operation = request.integer("oprType")
    descriptor.mode = request.integer("createMode")
    return session.descriptors.add(number, descriptor)


def usable_replicas(session: Session, path: str, flags: int, keywords: dict[str, str]) -> list[sqlite3.Row]:
    """The replicas of an existing data object the user may open so; none when it is to be made."""
    writes = flags & os.O_ACCMODE != os.O_RDONLY
    level = Access.MODIFY_OBJECT if writes else Access.READ_OBJECT
    replicas = visible_replicas(session, path)
    try:
        if not replicas:
            raise IrodsError("OBJ_PATH_DOES_NOT_EXIST")
        if not is_admin_request(session, keywords):
            require_for_contents(session, replicas[0]["data_id"], level)
    except IrodsError:
        if flags & os.O_CREAT:
            return []
        raise
    return replicas


def create_data_object(session: Session, path: str, flags: int, request: Struct) -> Descriptor:
    """Registers a data object with one intermediate replica and makes its file."""
    if path.count("/") < 2:
        raise IrodsError("SYS_INVALID_FILE_PATH")
    parent = parent_for_change(session, path)
    if find_collection(session.catalog, path) is not None:
        raise IrodsError("CAT_NAME_EXISTS_AS_COLLECTION")
    keywords = request.keywords()
    resource = resource_for_create(session.catalog, keywords, session.zone.servers.is_here)
    require_near(session, resource.location, resource.hierarchy)
    quota_administration.require_room(session, resource.id, request.integer("dataSize"))
    physical = vault.free_path(session.catalog, vault.physical_path(resource.vault, path))
    data_id = add_data_object(
        session,
        path,
        parent,
        resource,
        physical,
        status=Status.INTERMEDIATE,
        data_type=keywords.get("dataType", "generic"),
        mode=request.integer("createMode"),
    )
    touch_collection(session.catalog, parent["coll_id"])
    return created(session, path, flags, find_replica(session.catalog, data_id, 0), request)


def is_for_another_resource(replicas: list[sqlite3.Row], request: Struct) -> bool:
    """Whether an open that may create is for a resource without a replica, be it only the default one."""
    keywords = request.keywords()
    if "replNum" in keywords:
        return False
    if "resc_hier" in keywords:
        return all(row["resc_hier"] != keywords["resc_hier"] for row in replicas)
    name = name_for_create(keywords)
    return request.integer("oprType") not in OVERWRITES and all(
        name not in row["resc_hier"].split(";") for row in replicas
    )


def create_replica(session: Session, path: str, flags: int, replicas: list[sqlite3.Row], request: Struct) -> Descriptor:
    """Registers one more replica of a data object, on a resource that has none; its siblings are write-locked."""
    require_unlocked(replicas)
    resource = resource_for_create(session.catalog, request.keywords(), session.zone.servers.is_here)
    require_near(session, resource.location, resource.hierarchy)
    physical = vault.free_path(session.catalog, vault.physical_path(resource.vault, path))
    data_id, collection_id, kind = (replicas[0][column] for column in ("data_id", "coll_id", "data_type_name"))
    number = max(row["data_repl_num"] for row in replicas) + 1
    mode = request.integer("createMode")
    add_replica(session, data_id, number, path, collection_id, resource, physical, Status.INTERMEDIATE, kind, mode)
    lock_for_write(session.catalog, data_id, number)
    return created(session, path, flags, find_replica(session.catalog, data_id, number), request)


def created(session: Session, path: str, flags: int, replica: sqlite3.Row, request: Struct) -> Descriptor:
    file = vault.create(replica["data_path"], flags & PHYSICAL_FLAGS)
    descriptor = Descriptor(path, flags, file, replica, created=True)
    descriptor.expected_size = request.integer("dataSize")
    descriptor.keywords = request.keywords()
    descriptor.token = session.zone.replica_access.add(descriptor.key)
    return descriptor


def open_for_write(
    session: Session, path: str, flags: int, replicas: list[sqlite3.Row], keywords: dict[str, str]
) -> Descriptor:
    """Opens an existing replica for writing; it is intermediate from now on, and its siblings are write-locked."""
    access = session.zone.replica_access
    token = keywords.get("replicaToken", "")
    has_token = any(access.allows((row["data_id"], row["data_repl_num"]), token) for row in replicas)
    replica = choose(replicas, keywords, has_token, session.zone.servers.is_here)
    require_near(session, replica["resc_net"], replica["resc_hier"])
    if not has_token:
        require_unlocked(replicas)
        lock_for_write(session.catalog, replica["data_id"], replica["data_repl_num"])
    descriptor = opened(session, path, flags, replica, keywords)
    if flags & os.O_TRUNC:
        update_replica(session.catalog, *descriptor.key, data_size=0, data_checksum="")
    descriptor.replica = find_replica(session.catalog, *descriptor.key)
    descriptor.token = access.add(descriptor.key)
    return descriptor


def open_for_read(
    session: Session, path: str, flags: int, replicas: list[sqlite3.Row], keywords: dict[str, str]
) -> Descriptor:
    replica = choose(replicas, keywords, has_token=False, is_here=session.zone.servers.is_here)
    require_near(session, replica["resc_net"], replica["resc_hier"])
    return opened(session, path, flags, replica, keywords)


def require_near(session: Session, location: str, hierarchy: str) -> None:
    """Raises OnAnotherServer for what neither this server has nor one that has been reached for this request."""
    if location not in session.other_servers.reached and not session.zone.servers.is_here(location):
        raise OnAnotherServer(location, hierarchy)


def opened(session: Session, path: str, flags: int, replica: sqlite3.Row, keywords: dict[str, str]) -> Descriptor:
    file = vault.open_file(replica["data_path"], flags & (PHYSICAL_FLAGS | os.O_CREAT | os.O_EXCL))
    if flags & os.O_ACCMODE != os.O_WRONLY and is_access_time_old(replica):
        update_replica(session.catalog, replica["data_id"], replica["data_repl_num"], access_ts=now())
    return Descriptor(path, flags, file, replica, keywords=keywords)


def is_access_time_old(replica: sqlite3.Row) -> bool:
    """Whether a read has to be noted: the replica changed since the last one, or that was a day ago."""
    accessed = replica["access_ts"]
    return bool(accessed < replica["modify_ts"]) or int(now()) - int(accessed) >= ACCESS_TIME_RESOLUTION
