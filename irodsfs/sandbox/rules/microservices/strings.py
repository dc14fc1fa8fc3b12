"""Strings and paths."""

from __future__ import annotations

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.microservice_registry import NULL, microservice, string
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Bytes, Value, leading_integer

UNKNOWN_PARAMETER = code_of("UNKNOWN_PARAM_IN_RULE_ERR")
INVALID_PATH = code_of("SYS_INVALID_FILE_PATH")


def split(text: str, separator: str) -> tuple[str, str]:
    """What is before and after the last separator; raises RuleError when there is none."""
    if not text:
        return "", ""
    position = text.rfind(separator)
    if position < 0:
        raise RuleError(INVALID_PATH)
    return text[: max(position, 1)], text[position + 1 :]


@microservice("msiSplitPath", 3)
def split_path(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1:] = split(string(arguments[0], UNKNOWN_PARAMETER), "/")


@microservice("msiSplitPathByKey", 4)
def split_by_key(rei: RuleExecInfo, arguments: list[Value]) -> None:
    text, key = (string(value, UNKNOWN_PARAMETER) for value in arguments[:2])
    arguments[2:] = split(text, key[:1])


@microservice("msiStrlen", 2)
def length(rei: RuleExecInfo, arguments: list[Value]) -> int:
    size = len(string(arguments[0], UNKNOWN_PARAMETER).encode("utf-8", "surrogateescape"))
    arguments[1] = str(size)
    return size


@microservice("msiStrchop", 2)
def chop(rei: RuleExecInfo, arguments: list[Value]) -> int:
    arguments[1] = chopped = string(arguments[0], UNKNOWN_PARAMETER)[:-1]
    return len(chopped)


@microservice("msiSubstr", 4)
def substring(rei: RuleExecInfo, arguments: list[Value]) -> int:
    text, offset, count = (string(value, UNKNOWN_PARAMETER) for value in arguments[:3])
    start = leading_integer(offset)
    part = text[start if start >= 0 else max(len(text) + start, 0) :]
    limit = -1 if count == NULL else leading_integer(count)
    arguments[3] = taken = part if limit < 0 else part[:limit]
    return len(taken)


@microservice("msiStrCat", 2)
def concatenate(rei: RuleExecInfo, arguments: list[Value]) -> None:
    target, source = (string(value, UNKNOWN_PARAMETER) for value in arguments)
    arguments[0] = target + source


@microservice("msiStrToBytesBuf", 2)
def to_bytes(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = Bytes(string(arguments[0]).encode("utf-8", "surrogateescape"))


@microservice("msiBytesBufToStr", 2)
def from_bytes(rei: RuleExecInfo, arguments: list[Value]) -> None:
    if not isinstance(arguments[0], Bytes):
        raise RuleError(code_of("USER_PARAM_TYPE_ERR"))
    arguments[1] = arguments[0].data.split(b"\0")[0].decode("utf-8", "surrogateescape")
