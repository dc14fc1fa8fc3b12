"""Collections, access control and metadata."""

from __future__ import annotations

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.rules import zone_requests
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.key_values import pairs
from irodsfs.sandbox.rules.microservices.microservice_registry import given, microservice, number, options, string
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Arguments, Value

INVALID = code_of("SYS_INVALID_INPUT_PARAM")
INVALID_KIND = code_of("INVALID_OBJECT_TYPE")
BY_NAME = {
    "-r": "SELECT 1 FROM R_RESC_MAIN WHERE resc_name = ?",
    "-u": "SELECT 1 FROM R_USER_MAIN WHERE user_name = ?",
    "-m": "SELECT 1 FROM R_META_MAIN WHERE meta_attr_name = ?",
    "-t": "SELECT 1 FROM R_TOKN_MAIN WHERE token_name = ?",
}


def path_of(value: Value) -> str:
    return value.path if isinstance(value, Arguments) else string(value)


@microservice("msiCollCreate", 3)
def create(rei: RuleExecInfo, arguments: list[Value]) -> None:
    path = path_of(arguments[0])
    keywords = {"recursiveOpr": ""} if number(arguments[1]) > 0 else {}
    complaint = f"msiCollCreate: rsCollCreate failed {path}"
    arguments[2] = rei.call(681, zone_requests.collection(path, keywords), complaint=complaint).status


@microservice("msiRmColl", 3)
def remove(rei: RuleExecInfo, arguments: list[Value]) -> None:
    allowed = {"irodsRmTrash", "irodsAdminRmTrash", "forceFlag", "collName"}
    keywords = options(arguments[1], allowed, "")
    path = keywords.pop("collName", path_of(arguments[0]))
    struct = zone_requests.collection(path, keywords | {"recursiveOpr": ""})
    arguments[2] = rei.call(679, struct, complaint=f"msiRmColl: rsRmColl failed for {path}").status


@microservice("msiSetACL", 4)
def set_access(rei: RuleExecInfo, arguments: list[Value]) -> int:
    recursive, level, user, path = (string(value) for value in arguments)
    name, _, zone = user.partition("#")
    struct = Struct(
        "modAccessControlInp_PI",
        ("recursiveFlag", int(recursive == "recursive")),
        ("accessLevel", level),
        ("userName", name),
        ("zone", zone or rei.session.user.zone),
        ("path", path),
    )
    return rei.call(707, struct).status


@microservice("msiGetObjType", 2)
def object_type(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = kind_of(rei, string(arguments[0]))


def kind_of(rei: RuleExecInfo, name: str) -> str:
    """What a name stands for, as icommands' options say it: -d, -c, -r, -u, -m or -t; raises RuleError."""
    kind = zone_requests.kind_of(rei, name) if name.startswith("/") else 0
    if kind:
        return "-d" if kind == zone_requests.DATA_OBJECT else "-c"
    for option, sql in BY_NAME.items():
        if rei.session.catalog.value(sql, name):
            return option
    raise RuleError(INVALID_KIND)


@microservice("msiAssociateKeyValuePairsToObj", 3)
def add_pairs(rei: RuleExecInfo, arguments: list[Value]) -> None:
    change(rei, "add", arguments)


@microservice("msiSetKeyValuePairsToObj", 3)
def set_pairs(rei: RuleExecInfo, arguments: list[Value]) -> None:
    change(rei, "set", arguments)


@microservice("msiRemoveKeyValuePairsFromObj", 3)
def remove_pairs(rei: RuleExecInfo, arguments: list[Value]) -> None:
    change(rei, "rm", arguments)


def change(rei: RuleExecInfo, operation: str, arguments: list[Value]) -> None:
    content, name, kind = pairs(arguments[0]), string(arguments[1]), string(arguments[2])
    option = kind_of(rei, name) if kind == "-1" else kind
    for attribute, value in content.items():
        rei.call(706, zone_requests.avu(operation, option, name, attribute, value))


@microservice("msiModAVUMetadata", 6)
def modify(rei: RuleExecInfo, arguments: list[Value]) -> None:
    kind, name, operation, attribute, value, units = (given(argument, INVALID) for argument in arguments)
    if operation not in ("add", "set", "rm"):
        raise RuleError(INVALID)
    rei.call(706, zone_requests.avu(operation, kind, name, attribute, value, units))
