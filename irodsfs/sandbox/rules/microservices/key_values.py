"""Key-value pairs and string arrays."""

from __future__ import annotations

import re

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules import zone_requests
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.microservice_registry import NULL, TYPE_ERROR, given, microservice, string
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import KeyValues, Value

INVALID = code_of("SYS_INVALID_INPUT_PARAM")
UNMATCHED = code_of("UNMATCHED_KEY_OR_INDEX")
SINGLE_PERCENT = re.compile(r"(?<!%)%(?!%)")


def pairs(value: Value, code: int = TYPE_ERROR) -> KeyValues:
    if not isinstance(value, KeyValues):
        raise RuleError(code)
    return value


@microservice("msiAddKeyVal", 3)
def add(rei: RuleExecInfo, arguments: list[Value]) -> None:
    key = given(arguments[1])
    if arguments[0] is None:
        arguments[0] = KeyValues()
    value = arguments[2]
    pairs(arguments[0])[key] = value if isinstance(value, str) and value != NULL else ""


@microservice("msiGetValByKey", 3)
def get(rei: RuleExecInfo, arguments: list[Value]) -> None:
    key = string(arguments[1], INVALID)
    found = pairs(arguments[0], INVALID).get(key)
    if found is None:
        raise RuleError(UNMATCHED)
    arguments[2] = found


@microservice("msiString2KeyValPair", 2)
def from_string(rei: RuleExecInfo, arguments: list[Value]) -> None:
    parts = (part.partition("=") for part in SINGLE_PERCENT.split(string(arguments[0])))
    arguments[1] = KeyValues({key: value for key, equals, value in parts if equals})


@microservice("msiAddKeyValToMspStr", 3)
def add_to_options(rei: RuleExecInfo, arguments: list[Value]) -> None:
    key, value, before = (part if isinstance(part, str) and part != NULL else "" for part in arguments)
    if key or value:
        added = f"{key}={value}" if key else value
        arguments[2] = f"{before}++++{added}" if before else added


@microservice("msiString2StrArray", 2)
def to_array(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = list(SINGLE_PERCENT.split(string(arguments[0])))


@microservice("msiStrArray2String", 2)
def from_array(rei: RuleExecInfo, arguments: list[Value]) -> None:
    if not isinstance(arguments[0], list):
        raise RuleError(TYPE_ERROR)
    arguments[1] = "%".join(string(item) for item in arguments[0])


@microservice("msiPrintKeyValPair", 2)
def print_pairs(rei: RuleExecInfo, arguments: list[Value]) -> None:
    for key, value in pairs(arguments[1]).items():
        zone_requests.write_text(rei, string(arguments[0]), f"{key} = {value}\n")


@microservice("writeKeyValPairs", 3)
def write_pairs(rei: RuleExecInfo, arguments: list[Value]) -> None:
    target, content, separator = arguments
    between = separator if isinstance(separator, str) and separator != NULL else "\t|\t"
    if content is not None:
        lines = "".join(f"{key}{between}{value}\n" for key, value in pairs(content).items())
        zone_requests.write_text(rei, string(target), lines)
