"""Data objects: opened, read and written, copied, renamed, removed, replicated and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.rules import zone_requests
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.microservice_registry import (
    NULL,
    TYPE_ERROR,
    microservice,
    number,
    options,
    string,
)
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Arguments, Bytes, Value, leading_integer

INCOMPATIBLE = code_of("USER_INCOMPATIBLE_PARAMS")
RENAME_DATA_OBJECT = 11
RENAME_COLLECTION = 12
UNREGISTER = 26
WHENCES = {"SEEK_SET": os.SEEK_SET, "SEEK_CUR": os.SEEK_CUR, "SEEK_END": os.SEEK_END}
ACCESS_MODES = {"O_RDWR": os.O_RDWR, "O_WRONLY": os.O_WRONLY, "O_RDONLY": os.O_RDONLY}
OPEN_FLAGS = {"O_CREAT": os.O_CREAT, "O_TRUNC": os.O_TRUNC}
NUMBERS = {"createMode": "createMode", "dataSize": "dataSize", "numThreads": "numThreads", "oprType": "oprType"}


@dataclass(frozen=True)
class Target:
    """A path, and what a request on it says besides."""

    path: str
    keywords: Mapping[str, str]
    members: Mapping[str, int]

    def struct(self, **members: int) -> Struct:
        return zone_requests.data_object(self.path, self.keywords, **{**self.members, **members})


def target(value: Value, allowed: set[str] = frozenset(), extra: Value = NULL, hint: str = "objPath") -> Target:  # type: ignore[assignment]
    """A data object given by its path, with options as ``a=x++++b=y``; raises RuleError."""
    path = value.path if isinstance(value, Arguments) else string(value)
    return described("" if path == NULL else path, options(extra, {*allowed, "objPath"}, hint))


def described(path: str, given: dict[str, str]) -> Target:
    path = given.pop("objPath", path)
    members = {NUMBERS[name]: leading_integer(given.pop(name)) for name in list(given) if name in NUMBERS}
    if "openFlags" in given:
        members["openFlags"] = open_flags(given.pop("openFlags"))
    return Target(path, given, members)


def open_flags(text: str) -> int:
    mode = next((flag for name, flag in ACCESS_MODES.items() if name in text), 0)
    return mode | sum(flag for name, flag in OPEN_FLAGS.items() if name in text)


def from_options(value: Value, allowed: set[str]) -> Target:
    """A data object given by its path or by options among which the path is one; raises RuleError."""
    if isinstance(value, Arguments):
        return Target(value.path, value.keywords, {})
    return described("", options(value, {*allowed, "objPath"}, "objPath"))


@microservice("msiDataObjOpen", 2)
def open_(rei: RuleExecInfo, arguments: list[Value]) -> int:
    where = from_options(arguments[0], {"rescName", "openFlags", "replNum"})
    complaint = f"msiDataObjOpen: rsDataObjOpen failed for {where.path}"
    arguments[1] = descriptor = rei.call(602, where.struct(), complaint=complaint).status
    return descriptor


@microservice("msiDataObjCreate", 3)
def create(rei: RuleExecInfo, arguments: list[Value]) -> int:
    allowed = {"destRescName", "createMode", "dataType", "forceFlag", "dataSize"}
    where = target(arguments[0], allowed, arguments[1], "destRescName")
    complaint = f"msiDataObjCreate: rsDataObjCreate failed for {where.path}"
    arguments[2] = descriptor = rei.call(601, where.struct(), complaint=complaint).status
    return descriptor


@microservice("msiDataObjClose", 2)
def close(rei: RuleExecInfo, arguments: list[Value]) -> None:
    struct = zone_requests.opened(number(arguments[0]))
    arguments[1] = rei.call(673, struct, complaint="msiDataObjClose: rsDataObjClose failed").status


@microservice("msiDataObjLseek", 4)
def seek(rei: RuleExecInfo, arguments: list[Value]) -> None:
    descriptor, offset = number(arguments[0]), 0 if arguments[1] == NULL else number(arguments[1])
    whence = arguments[2]
    position = WHENCES.get(whence) if isinstance(whence, str) else None
    struct = zone_requests.opened(descriptor, offset=offset, whence=number(whence) if position is None else position)
    rei.call(674, struct)
    arguments[3] = Arguments("DataObjLseekOut_PI", "")


@microservice("msiDataObjRead", 3)
def read(rei: RuleExecInfo, arguments: list[Value]) -> int:
    length = 0 if arguments[1] == NULL else number(arguments[1])
    struct = zone_requests.opened(number(arguments[0]), len=length)
    reply = rei.call(675, struct, complaint="msiDataObjRead: rsDataObjRead failed")
    arguments[2] = Bytes(reply.bs)
    return reply.status


@microservice("msiDataObjWrite", 3)
def write(rei: RuleExecInfo, arguments: list[Value]) -> int:
    descriptor, content = number(arguments[0]), arguments[1]
    if isinstance(content, str) and content in rei.output.buffers:
        content = rei.output.text(content)
    data = content.data if isinstance(content, Bytes) else string(content).encode("utf-8", "surrogateescape")
    struct = zone_requests.opened(descriptor, len=len(data))
    complaint = "msiDataObjWrite: rsDataObjWrite failed"
    arguments[2] = written = rei.call(676, struct, data, complaint).status
    return written


@microservice("msiDataObjUnlink", 2)
def unlink(rei: RuleExecInfo, arguments: list[Value]) -> None:
    where = from_options(arguments[0], {"forceFlag", "irodsRmTrash", "irodsAdminRmTrash", "unreg"})
    complaint = f"msiDataObjUnlink: rsDataObjUnlink failed for {where.path}"
    struct = where.struct(oprType=UNREGISTER) if "unreg" in where.keywords else where.struct()
    arguments[1] = rei.call(615, struct, complaint=complaint).status


@microservice("msiDataObjCopy", 4)
def copy(rei: RuleExecInfo, arguments: list[Value]) -> None:
    allowed = {"destRescName", "dataType", "verifyChksum", "forceFlag", "numThreads"}
    source, copied = target(arguments[0]), target(arguments[1], allowed, arguments[2], "destRescName")
    struct = zone_requests.two_objects(source.struct(), copied.struct())
    complaint = f"msiDataObjCopy: rsDataObjCopy failed for {source.path}"
    arguments[3] = rei.call(696, struct, complaint=complaint).status


@microservice("msiDataObjRename", 4)
def rename(rei: RuleExecInfo, arguments: list[Value]) -> None:
    source, renamed = target(arguments[0]), target(arguments[1])
    kind = RENAME_COLLECTION if number(arguments[2]) > 0 else RENAME_DATA_OBJECT
    struct = zone_requests.two_objects(source.struct(oprType=kind), renamed.struct(oprType=kind))
    complaint = f"msiDataObjRename: rsDataObjRename failed for {source.path}"
    arguments[3] = rei.call(627, struct, complaint=complaint).status


@microservice("msiDataObjChksum", 3)
def checksum(rei: RuleExecInfo, arguments: list[Value]) -> None:
    allowed = {"ChksumAll", "forceChksum", "replNum", "verifyChksum", "irodsAdmin"}
    where = target(arguments[0], allowed, arguments[1], "")
    complaint = f"msiDataObjChksum: rsDataObjChksum failed for {where.path}"
    reply = rei.call(629, where.struct(), complaint=complaint)
    arguments[2] = reply.struct.text("myStr") if reply.struct else ""


@microservice("msiDataObjRepl", 3)
def replicate(rei: RuleExecInfo, arguments: list[Value]) -> None:
    allowed = {"destRescName", "numThreads", "rescName", "updateRepl", "replNum", "all", "irodsAdmin"}
    where = target(arguments[0], allowed | {"verifyChksum", "forceChksum"}, arguments[1], "destRescName")
    struct = zone_requests.data_object(where.path, replication_keywords(dict(where.keywords)), **where.members)
    complaint = f"msiDataObjRepl: rsDataObjRepl failed {where.path}"
    arguments[2] = rei.call(695, struct, complaint=complaint).status


def replication_keywords(keywords: dict[str, str]) -> dict[str, str]:
    """What a microservice's checksum options are for the API."""
    verify, force = keywords.pop("verifyChksum", None), keywords.pop("forceChksum", None)
    if verify is not None and force is not None:
        raise RuleError(INCOMPATIBLE)
    if verify is not None:
        keywords["noComputeChksum" if verify == "0" else "verifyChksum"] = ""
    if force is not None:
        keywords["regChksum"] = ""
    return keywords


@microservice("msiDataObjPhymv", 6)
def move(rei: RuleExecInfo, arguments: list[Value]) -> None:
    path = string(arguments[0])
    struct = zone_requests.data_object(
        path, keywords(arguments[1:5], "destRescName", "rescName", "replNum", "irodsAdmin")
    )
    complaint = f"msiDataObjPhymv: rsDataObjPhymv failed for {path}"
    arguments[5] = rei.call(697, struct, complaint=complaint).status


@microservice("msiDataObjTrim", 6)
def trim(rei: RuleExecInfo, arguments: list[Value]) -> None:
    path = string(arguments[0])
    struct = zone_requests.data_object(path, keywords(arguments[1:5], "rescName", "replNum", "copies", "irodsAdmin"))
    complaint = f"msiDataObjTrim: rsDataObjTrim failed for {path}"
    arguments[5] = rei.call(632, struct, complaint=complaint).status


def keywords(values: list[Value], *names: str) -> dict[str, str]:
    """Keywords from parameters in order; ``null`` leaves one out."""
    texts = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    if not all(isinstance(value, str) for value in texts.values()):
        raise RuleError(TYPE_ERROR)
    return {name: string(value) for name, value in texts.items() if value != NULL}


@microservice("msiObjStat", 2)
def stat(rei: RuleExecInfo, arguments: list[Value]) -> None:
    where = target(arguments[0])
    rei.call(633, where.struct(), complaint=f"msiObjStat: rsObjStat failed for {where.path}")
    arguments[1] = Arguments("RodsObjStat_PI", "")
