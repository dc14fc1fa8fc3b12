"""The API requests that are sent on hot paths, made from python-irodsclient's message classes.

Each function answers one `Request` to be put into a flight. Numbers are iRODS API numbers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from irods.api_number import api_number
from irods.message import (
    CollectionRequest,
    FileOpenRequest,
    JSON_Message,
    ObjCopyRequest,
    OpenedDataObjRequest,
    StringStringMap,
)

from irodsfs.grid.flight import Request, Stored, UnsafeFlight

CREATE_MODE = 0o644
UNKNOWN_SIZE = -1
PUT_OPERATION = 1
RENAME_DATA_OBJECT = 11
RENAME_COLLECTION = 12
EARLIEST, LATEST = 1, 2**31 - 1
"""Seconds since 1970 that servers take as a modify time. What was set to 0, they would not touch again."""


def data_object_input(path: str, keywords: Mapping[str, str], **fields: int) -> FileOpenRequest:
    """The structure that most APIs about a data object take (DataObjInp_PI)."""
    values = {"createMode": 0, "openFlags": 0, "offset": 0, "dataSize": UNKNOWN_SIZE, "numThreads": 0, "oprType": 0}
    return FileOpenRequest(objPath=path, KeyValPair_PI=StringStringMap(dict(keywords)), **(values | fields))


def _descriptor(descriptor: int, **fields: int) -> OpenedDataObjRequest:
    values = {"len": 0, "whence": 0, "oprType": 0, "offset": 0, "bytesWritten": 0}
    return OpenedDataObjRequest(l1descInx=descriptor, KeyValPair_PI=StringStringMap(), **(values | fields))


def open_object(
    path: str, flags: int, *, resource: str | None = None, size: int = UNKNOWN_SIZE, checksum: str | None = None
) -> Request:
    """Open (602); the answer's status is the descriptor. A `size` that is not exact makes the replica stale.

    `checksum` lets the server register one at the close, in the scheme of this one; where it is empty, in its own.
    """
    if flags & os.O_CREAT and not flags & os.O_EXCL:
        raise UnsafeFlight(f"{path} would get one more replica, and the others would be stale, where it exists")
    keywords = {"destRescName": resource} if resource and flags & os.O_CREAT else {}
    keywords |= {} if checksum is None else {"regChksum": checksum}
    operation = PUT_OPERATION if flags & os.O_CREAT else 0
    message = data_object_input(
        path, keywords, createMode=CREATE_MODE, openFlags=flags, dataSize=size, oprType=operation
    )
    return Request(api_number["DATA_OBJ_OPEN_AN"], message, conditional=bool(flags & os.O_EXCL))


def place_of_new(path: str, resource: str | None) -> Request:
    """Where a new data object would go (10220, iRODS 4.3.1 and newer): the answer is JSON, with host and hierarchy."""
    keywords = {"getResourceInfoOpType": "CREATE"} | ({"destRescName": resource} if resource else {})
    return Request(api_number["GET_RESOURCE_INFO_FOR_OPERATION_AN"], data_object_input(path, keywords))


def object_stat(path: str) -> Request:
    """Size, times and checksum of what is at a path (633)."""
    return Request(api_number["OBJ_STAT_AN"], data_object_input(path, {}))


def read(descriptor: int, size: int) -> Request:
    """Read (675) up to `size` bytes at the descriptor's position; the answer's byte stream holds them."""
    return Request(api_number["DATA_OBJ_READ_AN"], _descriptor(descriptor, len=size), large_reply=True)


def write(descriptor: int, content: bytes | bytearray | memoryview | Stored) -> Request:
    """Write (676) at the descriptor's position; the answer's status is the number of bytes."""
    return Request(api_number["DATA_OBJ_WRITE_AN"], _descriptor(descriptor, len=len(content)), content)


def seek(descriptor: int, offset: int, whence: int = os.SEEK_SET) -> Request:
    """Move the descriptor's position (674); the answer's body is a `FileSeekResponse`."""
    return Request(api_number["DATA_OBJ_LSEEK_AN"], _descriptor(descriptor, offset=offset, whence=whence))


def close(descriptor: int, *, written: bool = False) -> Request:
    """Close (673): a replica that was written is registered when this has answered, and rules of the site have run."""
    return Request(api_number["DATA_OBJ_CLOSE_AN"], _descriptor(descriptor), slow=written)


def descriptor_information(descriptor: int) -> Request:
    """What the server keeps of an open descriptor (20000): the id of the data object, whatever its name is by then."""
    return Request(api_number["GET_FILE_DESCRIPTOR_INFO_APN"], JSON_Message({"fd": descriptor}, (4, 3, 0)))


def unlink(path: str, *, trash: bool = False) -> Request:
    """Remove a data object (615), into the trash or for good."""
    keywords = {} if trash else {"forceFlag": ""}
    return Request(api_number["DATA_OBJ_UNLINK_AN"], data_object_input(path, keywords), by_path=True)


def truncate(path: str, size: int, *, replica: bool) -> Request:
    """Cut or extend to `size` bytes: a replica (802) where the server can, else the data object (652)."""
    api = "REPLICA_TRUNCATE_AN" if replica else "DATA_OBJ_TRUNCATE_AN"
    return Request(api_number[api], data_object_input(path, {}, dataSize=size), by_path=True)


def rename(source: str, target: str, *, collection: bool) -> Request:
    """Rename or move (627) to a name that is free."""
    operation = RENAME_COLLECTION if collection else RENAME_DATA_OBJECT
    message = ObjCopyRequest(
        srcDataObjInp_PI=data_object_input(source, {}, dataSize=0, oprType=operation),
        destDataObjInp_PI=data_object_input(target, {}, dataSize=0, oprType=operation),
    )
    return Request(api_number["DATA_OBJ_RENAME_AN"], message, conditional=True)


def make_collection(path: str) -> Request:
    """Create a collection (681) in one that exists."""
    message = CollectionRequest(collName=path, KeyValPair_PI=StringStringMap())
    return Request(api_number["COLL_CREATE_AN"], message, conditional=True)


def remove_collection(path: str) -> Request:
    """Remove an empty collection (679)."""
    message = CollectionRequest(collName=path, flags=0, oprType=0, KeyValPair_PI=StringStringMap({"forceFlag": ""}))
    return Request(api_number["RM_COLL_AN"], message, by_path=True)


def touch(path: str, seconds: int) -> Request:
    """Set the modify time (20007, iRODS 4.2.9 and newer) of what exists, as near to `seconds` as servers take it."""
    options = {"no_create": True, "seconds_since_epoch": min(max(seconds, EARLIEST), LATEST)}
    return json_change("TOUCH_APN", {"logical_path": path, "options": options})


def json_change(api: str | int, value: Any) -> Request:
    """A change by path (python-irodsclient's name of it, or its number) whose input is JSON in a byte buffer."""
    # The base64 form of the buffer is what every server from 4.2.9 on expects.
    return Request(api if isinstance(api, int) else api_number[api], JSON_Message(value, (4, 3, 0)), by_path=True)
