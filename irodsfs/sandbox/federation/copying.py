"""Copying a data object from one zone into another (696): the server that is asked reads and writes it itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from irodsfs.sandbox.error_numbers import IrodsError, code_of
from irodsfs.sandbox.federation.routing import zone_named
from irodsfs.sandbox.wire import Message, Struct, encode, key_values

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

CHUNK = 4 * 1024 * 1024
MISSING = code_of("USER_FILE_DOES_NOT_EXIST")


def concerns_two_zones(struct: Struct) -> bool:
    """Whether the two paths of a DataObjCopyInp_PI lie in different zones."""
    return len({zone_named(each.text("objPath")) for each in struct.structs("DataObjInp_PI")}) == 2


def copy_across(agent: Agent, source: Struct, target: Struct) -> int:
    """Copies, with requests to whichever zone each path lies in; the number of bytes. Raises IrodsError."""
    keywords = target.keywords()
    if "forceFlag" not in keywords and ask(agent, 633, opening(target, 0)).int_info != MISSING:
        raise IrodsError("OVERWRITE_WITHOUT_FORCE_FLAG")
    reading = succeeded(ask(agent, 602, opening(source, os.O_RDONLY))).int_info
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        writing = succeeded(ask(agent, 602, opening(target, flags))).int_info
        copied = pump(agent, reading, writing)
        succeeded(ask(agent, 673, of_descriptor(writing)))
    finally:
        ask(agent, 673, of_descriptor(reading))
    return copied


def pump(agent: Agent, reading: int, writing: int) -> int:
    copied = 0
    while data := succeeded(ask(agent, 675, of_descriptor(reading, CHUNK))).bs:
        succeeded(ask(agent, 676, of_descriptor(writing, len(data)), data))
        copied += len(data)
    return copied


def ask(agent: Agent, number: int, struct: Struct, bs: bytes = b"") -> Message:
    """A request as the agent's client could have made it, and its reply."""
    return agent.answer(Message("RODS_API_REQ", number, encode(struct), b"", bs))


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
