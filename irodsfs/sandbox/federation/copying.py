"""Copying a data object from one zone into another (696): the server that is asked reads and writes it itself."""

from __future__ import annotations

import os

from irodsfs.sandbox.api.dispatch import answer
from irodsfs.sandbox.federation.routing import zone_named
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Message, Struct, encode, key_values
from irodsfs.sandbox.session import Session

CHUNK = 4 * 1024 * 1024
MISSING = code_of("USER_FILE_DOES_NOT_EXIST")


def concerns_two_zones(struct: Struct) -> bool:
    """Whether the two paths of a DataObjCopyInp_PI lie in different zones."""
    return len({zone_named(each.text("objPath")) for each in struct.structs("DataObjInp_PI")}) == 2


def copy_across(session: Session, source: Struct, target: Struct) -> int:
    """Copies, with requests to whichever zone each path lies in; the number of bytes. Raises IrodsError."""
    keywords = target.keywords()
    if "forceFlag" not in keywords and ask(session, 633, opening(target, 0)).int_info != MISSING:
        raise IrodsError("OVERWRITE_WITHOUT_FORCE_FLAG")
    reading = succeeded(ask(session, 602, opening(source, os.O_RDONLY))).int_info
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        writing = succeeded(ask(session, 602, opening(target, flags))).int_info
        copied = pump(session, reading, writing)
        succeeded(ask(session, 673, of_descriptor(writing)))
    finally:
        ask(session, 673, of_descriptor(reading))
    return copied


def pump(session: Session, reading: int, writing: int) -> int:
    copied = 0
    while data := succeeded(ask(session, 675, of_descriptor(reading, CHUNK))).bs:
        succeeded(ask(session, 676, of_descriptor(writing, len(data)), data))
        copied += len(data)
    return copied


def ask(session: Session, number: int, struct: Struct, bs: bytes = b"") -> Message:
    """A request as the session's client could have made it, and its reply."""
    return answer(session, Message("RODS_API_REQ", number, encode(struct), b"", bs))


def succeeded(reply: Message) -> Message:
    if reply.int_info < 0:
        raise IrodsError(reply.int_info)
    return reply


def opening(data_object: Struct, flags: int) -> Struct:
    keywords = {key: value for key, value in data_object.keywords().items() if key in ("destRescName", "rescName")}
    return Struct(
        "DataObjInp_PI",
        ("objPath", data_object.text("objPath")),
        ("createMode", 0o600),
        ("openFlags", flags),
        ("dataSize", -1),
        ("KeyValPair_PI", key_values(keywords)),
    )


def of_descriptor(number: int, length: int = 0) -> Struct:
    return Struct("OpenedDataObjInp_PI", ("l1descInx", number), ("len", length))
