"""Whole data objects in one request: put (606), get (608), copy (696), bulk put (689), rsync (628)."""

from __future__ import annotations

import os
import sqlite3

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.api.collection_api import make_all
from irodsfs.sandbox.api.streams import write_all
from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.catalog.entries_in_catalog import find_collection
from irodsfs.sandbox.catalog.logical_paths import checked, split
from irodsfs.sandbox.catalog.visible_paths import replicas_for, require_for_contents, visible_replicas
from irodsfs.sandbox.federation.copying import concerns_two_zones, copy_across
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct, key_values
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.closing import COPY, close_put, close_replica
from irodsfs.sandbox.storage.descriptors import Descriptor
from irodsfs.sandbox.storage.replica_checksums import checksum_of, register_checksum
from irodsfs.sandbox.storage.replica_opening import open_replica
from irodsfs.sandbox.storage.replicas import choose

SINGLE_BUFFER = 32 * 1024 * 1024
CHUNK = 4 * 1024 * 1024
OVERWRITE = os.O_CREAT | os.O_RDWR | os.O_TRUNC
PUT = 1  # operation type
LEAST_MODE = 0o100
UNKNOWN_COLLECTION = code_of("CAT_UNKNOWN_COLLECTION")
PUT_ACTION, GET_ACTION = 99999990, 99999991
PATH_COLUMN, OFFSET_COLUMN = 403, 999998


@handles(606)
def data_object_put(session: Session, request: Request) -> Reply:
    """DATA_OBJ_PUT_AN: stores the byte stream; without ``dataIncluded`` it opens a descriptor to write to."""
    number = open_put(session, request.input)
    if "dataIncluded" not in request.input.keywords():
        return Reply(number, portal(number, ""))
    store(session, number, request.bs)
    return Reply(close_put(session, number))


def open_put(session: Session, request: Struct) -> int:
    """Opens a data object to replace its content, which a client must ask for by force; answers the descriptor."""
    require_overwritable(session, checked(request.text("objPath")), request.keywords())
    number = open_replica(session, request, flags=OVERWRITE)
    session.descriptors.get(number).expected_size = request.integer("dataSize")
    return number


def require_overwritable(session: Session, path: str, keywords: dict[str, str]) -> None:
    """Raises IrodsError for a data object that must not be overwritten, or not on the resource asked for."""
    replicas = visible_replicas(session, path)
    if replicas and "forceFlag" not in keywords:
        raise IrodsError("OVERWRITE_WITHOUT_FORCE_FLAG")
    roots = {replica["resc_hier"].split(";")[0] for replica in replicas}
    if roots and keywords.get("destRescName", min(roots)) not in roots:
        raise IrodsError("HIERARCHY_ERROR")


def store(session: Session, number: int, data: bytes) -> None:
    descriptor = session.descriptors.get(number)
    descriptor.written = write_all(descriptor.file, data)


@handles(608)
def data_object_get(session: Session, request: Request) -> Reply:
    """DATA_OBJ_GET_AN: the whole content in the byte stream; above 32 MiB a descriptor to read from instead."""
    keywords = request.input.keywords()
    path = checked(request.input.text("objPath"))
    replicas_for(session, path, Access.READ_OBJECT, "CAT_NO_ROWS_FOUND")
    number = open_replica(session, request.input, flags=os.O_RDONLY)
    descriptor = session.descriptors.get(number)
    checksum = ""
    if "verifyChksum" in keywords:
        checksum = descriptor.replica["data_checksum"] or checksum_of(descriptor.replica["data_path"])
    if descriptor.size > SINGLE_BUFFER:
        return Reply(number, portal(number, checksum))
    data = os.read(descriptor.file, descriptor.size)
    close_replica(session, number)
    return Reply(len(data), portal(0, checksum), data)


@handles(626)
def operation_complete(session: Session, request: Request) -> Reply:
    """OPR_COMPLETE_AN: the client is done with the descriptor a put or get gave it."""
    number = request.input.integer("myInt")
    session.descriptors.get(number)
    return Reply(min(close_replica(session, number), 0))


def portal(number: int, checksum: str) -> Struct:
    """A PortalOprOut_PI without parallel transfer: the client uses the descriptor, if any, on this connection."""
    ports = Struct("PortList_PI", ("portNum", 0), ("cookie", 0), ("sock", 0), ("windowSize", 0), ("hostAddr", ""))
    return Struct(
        "PortalOprOut_PI",
        ("status", 0),
        ("l1descInx", number),
        ("numThreads", 0),
        ("chksum", checksum),
        ("PortList_PI", ports),
    )


@handles(696)
def data_object_copy(session: Session, request: Request) -> Reply:
    """DATA_OBJ_COPY_AN: copies the content of one data object to another path."""
    copying = copy_across if concerns_two_zones(request.input) else copy
    return Reply(0, transfer_status(copying(session, *source_and_target(request.input))))


def source_and_target(request: Struct) -> tuple[Struct, Struct]:
    """The two DataObjInp_PI of a DataObjCopyInp_PI; raises IrodsError when they are not there."""
    match request.structs("DataObjInp_PI"):
        case [source, target]:
            return source, target
    raise IrodsError("USER_PACKSTRUCT_INPUT_ERR")


def copy(session: Session, source: Struct, target: Struct) -> int:
    """Copies a data object's content; answers the number of bytes; raises IrodsError."""
    source_path, target_path = checked(source.text("objPath")), checked(target.text("objPath"))
    if not target_path.startswith("/") or not visible_replicas(session, source_path):
        raise IrodsError("USER_INPUT_PATH_ERR")
    require_overwritable(session, target_path, target.keywords())
    if source_path == target_path:
        raise IrodsError("USER_INPUT_PATH_ERR")
    reading = open_replica(session, source, flags=os.O_RDONLY)
    try:
        writing = open_target(session, target, session.descriptors.get(reading))
        copied = pump(session, reading, writing)
        status = close_replica(session, writing)
    finally:
        close_replica(session, reading)
    if status < 0:
        raise IrodsError(status)
    return copied


def open_target(session: Session, target: Struct, source: Descriptor) -> int:
    """Opens what a copy writes, in a collection that is made when missing; answers the descriptor."""
    request = as_copy(target, source)
    try:
        number = open_replica(session, request, flags=OVERWRITE)
    except IrodsError as error:
        if error.code != UNKNOWN_COLLECTION:
            raise
        make_all(session, split(request.text("objPath"))[0])
        number = open_replica(session, request, flags=OVERWRITE)
    session.descriptors.get(number).expected_size = source.size
    return number


def as_copy(target: Struct, source: Descriptor) -> Struct:
    """A request to open the target of a copy: with the type and, when that can be a file's, the mode of the source."""
    mode = int(source.replica["data_mode"] or 0)
    changes = {"dataSize": -1, "oprType": COPY} | ({"createMode": mode} if mode >= LEAST_MODE else {})
    pairs = {"dataType": source.replica["data_type_name"], **target.keywords()}
    others = [(name, value) for name, value in target.members if name not in (*changes, "KeyValPair_PI")]
    return Struct(target.name, *others, *changes.items(), ("KeyValPair_PI", key_values(pairs)))


def pump(session: Session, reading: int, writing: int) -> int:
    source, target = session.descriptors.get(reading), session.descriptors.get(writing)
    while data := os.read(source.file, CHUNK):
        target.written = (target.written or 0) + os.write(target.file, data)
    return target.written or 0


def transfer_status(copied: int) -> Struct:
    return Struct("TransferStat_PI", ("numThreads", 0), ("flags", 0), ("bytesWritten", copied))


@handles(689)
def bulk_put(session: Session, request: Request) -> Reply:
    """BULK_DATA_OBJ_PUT_AN: several small data objects, their contents one after the other; modes are not kept."""
    table = request.input.struct("GenQueryOut_PI")
    columns = {column.integer("attriInx"): column.texts("value") for column in table.structs("SqlResult_PI")}
    if not {PATH_COLUMN, OFFSET_COLUMN} <= columns.keys():
        raise IrodsError("USER_PACKSTRUCT_INPUT_ERR")
    ends = [int(end) for end in columns[OFFSET_COLUMN] if end.isdigit()]
    keywords = request.input.keywords()
    for path, start, end in zip(columns[PATH_COLUMN], [0, *ends], ends, strict=False):
        target = Struct(
            "DataObjInp_PI",
            ("objPath", path),
            ("dataSize", end - start),
            ("oprType", PUT),
            ("KeyValPair_PI", key_values(keywords)),
        )
        number = open_put(session, target)
        store(session, number, request.bs[start:end])
        status = close_put(session, number)
        if status < 0:
            return Reply(status)
    return Reply()


@handles(628)
def data_object_rsync(session: Session, request: Request) -> Reply:
    """DATA_OBJ_RSYNC_AN: compares checksums; status says who has to send, or that two data objects now agree."""
    keywords = request.input.keywords()
    path = checked(request.input.text("objPath"))
    mode = keywords.get("rsyncMode")
    if mode == "IRODS_TO_IRODS":
        return rsync_data_objects(session, request.input, keywords)
    if mode not in ("IRODS_TO_LOCAL", "LOCAL_TO_IRODS"):
        raise IrodsError("USER_RSYNC_NO_MODE_INPUT_ERR")
    if "rsyncChksum" not in keywords:
        raise IrodsError("CHKSUM_EMPTY_IN_STRUCT_ERR")
    if checksum_at(session, path, keywords["rsyncChksum"]) == keywords["rsyncChksum"]:
        return Reply()
    return Reply(PUT_ACTION if mode == "IRODS_TO_LOCAL" else GET_ACTION)


def rsync_data_objects(session: Session, source: Struct, keywords: dict[str, str]) -> Reply:
    target_path = keywords.get("rsyncDestPath", "")
    if not target_path:
        raise IrodsError("USER_RSYNC_NO_MODE_INPUT_ERR")
    if find_collection(session.catalog, target_path) is None and visible_replicas(session, target_path):
        ours, theirs = checksum_at(session, source.text("objPath")), checksum_at(session, target_path)
        if ours == theirs:
            return Reply()
    pairs = {"forceFlag": "", **keywords}
    copy(session, source, Struct("DataObjInp_PI", ("objPath", target_path), ("KeyValPair_PI", key_values(pairs))))
    return Reply()


def checksum_at(session: Session, path: str, scheme_of: str = "") -> str:
    """The checksum of the data object at a path; one it lacks is computed and kept."""
    replica: sqlite3.Row = choose(
        replicas_for(session, path, Access.READ_OBJECT, "CAT_NO_ROWS_FOUND"), {}, has_token=False
    )
    kept: str = replica["data_checksum"] or ""
    if kept:
        return kept
    session.other_servers.reach(replica["resc_net"])
    require_for_contents(session, replica["data_id"], Access.MODIFY_METADATA)
    return register_checksum(session.catalog, replica["data_id"], replica["data_repl_num"], scheme_of)
