"""What microservices ask of the zone, as the API requests a client would send."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Struct, key_values
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo

logger = logging.getLogger(__name__)

READ_WRITE = 2
FROM_END = 2
DATA_OBJECT = 1
COLLECTION = 2
CREATE_MODE = 0o600


def data_object(path: str, keywords: Mapping[str, str], **members: int) -> Struct:
    """A DataObjInp_PI."""
    defaults = {"createMode": CREATE_MODE, "openFlags": 0, "offset": 0, "dataSize": -1, "numThreads": 0, "oprType": 0}
    values = (defaults | members).items()
    return Struct("DataObjInp_PI", ("objPath", path), *values, ("KeyValPair_PI", key_values(keywords)))


def two_objects(source: Struct, destination: Struct) -> Struct:
    """A DataObjCopyInp_PI."""
    return Struct("DataObjCopyInp_PI", ("DataObjInp_PI", source), ("DataObjInp_PI", destination))


def opened(descriptor: int, **members: int) -> Struct:
    """An OpenedDataObjInp_PI."""
    defaults = {"len": 0, "whence": 0, "oprType": 0, "offset": 0, "bytesWritten": 0}
    values = (defaults | members).items()
    return Struct("OpenedDataObjInp_PI", ("l1descInx", descriptor), *values, ("KeyValPair_PI", key_values({})))


def collection(path: str, keywords: Mapping[str, str]) -> Struct:
    """A CollInpNew_PI."""
    pairs = key_values(keywords)
    return Struct("CollInpNew_PI", ("collName", path), ("flags", 0), ("oprType", 0), ("KeyValPair_PI", pairs))


def avu(operation: str, kind: str, name: str, attribute: str, value: str = "", units: str = "") -> Struct:
    """A ModAVUMetadataInp_PI."""
    arguments = [operation, kind, name, attribute, value, units, "", "", "", ""]
    members = ((f"arg{position}", argument) for position, argument in enumerate(arguments))
    return Struct("ModAVUMetadataInp_PI", *members, ("KeyValPair_PI", key_values({})))


def kind_of(rei: RuleExecInfo, path: str) -> int:
    """DATA_OBJECT, COLLECTION, or 0 when the user sees nothing at this path."""
    missing = code_of("USER_FILE_DOES_NOT_EXIST"), code_of("OBJ_PATH_DOES_NOT_EXIST")
    try:
        return rei.call(633, data_object(path, {})).status
    except RuleError as error:
        if error.code in missing:
            return 0
        raise


def write_text(rei: RuleExecInfo, target: str, text: str) -> None:
    """Writes to stdout, stderr, the server's log or to the end of a data object; raises RuleError."""
    if target == "serverLog":
        logger.info("rule: %s", text.rstrip("\n"))
    elif target in rei.output.buffers:
        rei.output.write(target, text)
    elif target.startswith("/") and kind_of(rei, target) == DATA_OBJECT:
        append(rei, target, text.encode("utf-8", "surrogateescape"))
    else:
        raise RuleError(code_of("USER_FILE_DOES_NOT_EXIST"))


def append(rei: RuleExecInfo, path: str, data: bytes) -> None:
    descriptor = rei.call(602, data_object(path, {}, openFlags=READ_WRITE)).status
    rei.call(674, opened(descriptor, whence=FROM_END))
    rei.call(676, opened(descriptor, len=len(data)), data)
    rei.call(673, opened(descriptor))
