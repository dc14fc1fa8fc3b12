"""Open replicas: open, create, read, write, seek and close."""

from __future__ import annotations

import os

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.logical_paths import zone_of
from irodsfs.sandbox.protocol.error_numbers import IrodsError, ProtocolError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.closing import close_replica
from irodsfs.sandbox.storage.replica_opening import open_here


@handles(602)
def data_object_open(session: Session, request: Request) -> Reply:
    """DATA_OBJ_OPEN_AN: opens a replica, making the data object when the flags say so; status is the descriptor."""
    require_zone(session, request.input.text("objPath"))
    return Reply(open_here(session, request.input))


def require_zone(session: Session, path: str) -> None:
    """Ends the connection, as a crash of the server's agent does, when a path lies in no zone that it knows."""
    known = "SELECT 1 FROM R_ZONE_MAIN WHERE zone_name = ?"
    if path.startswith("/") and session.catalog.value(known, zone_of(path)) is None:
        raise ProtocolError(f"{path!r} was to be opened, which lies in no zone")


@handles(601)
def data_object_create(session: Session, request: Request) -> Reply:
    """DATA_OBJ_CREATE_AN: opens for writing a data object that is made or emptied; status is the descriptor."""
    return Reply(open_here(session, request.input, flags=os.O_CREAT | os.O_RDWR | os.O_TRUNC))


@handles(675)
def data_object_read(session: Session, request: Request) -> Reply:
    """DATA_OBJ_READ_AN: up to ``len`` bytes from the current position; status is their number."""
    descriptor = session.descriptors.get(request.input.integer("l1descInx"))
    if descriptor.is_empty:
        return Reply()
    end = os.fstat(descriptor.file).st_size if descriptor.is_writable else descriptor.size
    position = os.lseek(descriptor.file, 0, os.SEEK_CUR)
    length = min(request.input.integer("len"), max(end - position, 0))
    try:
        data = os.read(descriptor.file, max(length, 0))
    except OSError as error:
        raise IrodsError("UNIX_FILE_READ_ERR", errno=error.errno or 0) from None
    return Reply(len(data), None, data)


@handles(676)
def data_object_write(session: Session, request: Request) -> Reply:
    """DATA_OBJ_WRITE_AN: writes the byte stream at the current position; status is the number of bytes written."""
    descriptor = session.descriptors.get(request.input.integer("l1descInx"))
    try:
        written = write_all(descriptor.file, request.bs)
    except OSError as error:
        raise IrodsError("UNIX_FILE_WRITE_ERR", errno=error.errno or 0) from None
    if written:
        descriptor.written = (descriptor.written or 0) + written
    return Reply(written)


def write_all(file: int, data: bytes) -> int:
    written = os.write(file, data)
    while written < len(data):
        written += os.write(file, memoryview(data)[written:])
    return written


@handles(674)
def data_object_seek(session: Session, request: Request) -> Reply:
    """DATA_OBJ_LSEEK_AN: moves the position; one opened for reading stays within the size in the catalog."""
    descriptor = session.descriptors.get(request.input.integer("l1descInx"))
    offset, whence = request.input.integer("offset"), request.input.integer("whence")
    if not descriptor.is_writable:
        offset = min(offset, descriptor.size)
    try:
        position = os.lseek(descriptor.file, offset, whence)
    except OSError as error:
        code = IrodsError("UNIX_FILE_LSEEK_ERR", errno=error.errno or 0).code
        return Reply(code, Struct("fileLseekOut_PI", ("offset", code)))
    return Reply(0, Struct("fileLseekOut_PI", ("offset", position)))


@handles(673)
def data_object_close(session: Session, request: Request) -> Reply:
    """DATA_OBJ_CLOSE_AN: closes a descriptor and finalises what was written through it."""
    number = request.input.integer("l1descInx")
    session.descriptors.get(number, "SYS_INVALID_INPUT_PARAM")
    return Reply(close_replica(session, number))
