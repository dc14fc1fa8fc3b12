"""Rules for later: what ``delay`` says about when, and how they are kept in the catalog until then."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules.failures import Failure, RuleError
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.values import KeyValues, Value
from irodsfs.sandbox.session import Session

MALFORMED = code_of("INPUT_ARG_NOT_WELL_FORMED_ERR")
DATE_FORMAT = code_of("DATE_FORMAT_ERR")
INVALID = code_of("SYS_INVALID_INPUT_PARAM")
DEFAULT_PRIORITY = "5"
INSERT = (
    "INSERT INTO R_RULE_EXEC (rule_exec_id, rule_name, rei_file_path, user_name, exe_address, exe_time,"
    " exe_frequency, priority, estimated_exe_time, notification_addr, create_ts, modify_ts, exe_context)"
    " VALUES (?, ?, 'EMPTY_REI_PATH', ?, '', ?, ?, ?, '', '', ?, ?, ?)"
)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "y": 365 * 24 * 3600}
TAG = re.compile(r"<([^>]*)>")
OFFSET = re.compile(r"\s*([0-9.]+)(\S?)")
TIME = re.compile(r"(\d+)([smhdy]?)")
SESSION_VARIABLE = re.compile(
    r"\$(?:(?:userName|rodsZone|priv|user|authStr|userAuthScheme|userInfo|userComment|userCreate|userModify)"
    r"(?:Client|Proxy)|sysUidClient|clientAddr|pluginInstanceName|status|statusString|objPath|dataType|dataSize|chksum"
    r"|version|filePath|replNum|replStatus|writeFlag|data(?:Owner|OwnerZone|Expiry|Comments|Create|Modify|Access"
    r"|AccessInx|Id)|collId|destRescName|rescName|coll(?:Name|ParentName|Ownername|Expiry|Comments|Create|Modify"
    r"|Access|AccessInx|Inheritance)|otherUser(?:Name|Zone|Type)?|connect(?:Cnt|Sock|Option|Status|ApiInx)|KVPairs)\b"
)


def tagged(text: str) -> dict[str, str]:
    """The content of tags like ``<PLUSET>1h</PLUSET>``; raises RuleError when one is not closed."""
    found: dict[str, str] = {}
    opened: list[tuple[str, int]] = []
    for tag in TAG.finditer(text):
        name = tag[1]
        if not name.startswith("/"):
            opened.append((name, tag.end()))
            continue
        if not opened or opened[-1][0] != name[1:]:
            raise RuleError(MALFORMED)
        _, start = opened.pop()
        found.setdefault(name[1:], text[start : tag.start()])
    if opened:
        raise RuleError(MALFORMED)
    return found


def due(tags: dict[str, str]) -> str:
    """When a rule is to be run, in seconds since 1970; "" is at once. Raises RuleError."""
    if "PLUSET" in tags:
        return str(int(clock.seconds()) + offset(tags["PLUSET"]))
    if "ET" not in tags:
        return ""
    time = TIME.fullmatch(tags["ET"])
    if not time:
        raise RuleError(DATE_FORMAT)
    return str(int(time[1]) * SECONDS[time[2]])


def offset(text: str) -> int:
    """Seconds from now: a number and s, m, h, d or y; fractions of seconds only, and they are cut off."""
    parts = OFFSET.match(text)
    if not parts or parts[2] not in SECONDS:
        raise RuleError(MALFORMED)
    unit = SECONDS[parts[2]]
    whole, point, _ = parts[1].partition(".")
    if point and unit > 1:
        raise RuleError(MALFORMED)
    return int(whole or 0) * unit


def checked_priority(text: str) -> str:
    """A priority from 1 to 9, the highest; raises RuleError."""
    if not text:
        return DEFAULT_PRIORITY
    if not re.match(r"\s*[1-9](?!\d)", text):
        raise RuleError(INVALID)
    return text


def submit(rei: RuleExecInfo, condition: str, body: str, scope: Scope) -> int:
    """Keeps a rule's text and variables in the catalog until it is due; raises RuleError."""
    variables = {**scope.shared.variables, **scope.variables}
    tags = tagged(condition)
    context = execution_context(rei.session, tags.get("INST_NAME", ""), variables)
    register(rei.session, body, due(tags), tags.get("EF", ""), tags.get("PRIORITY", ""), context)
    return 0


def register(session: Session, body: str, time: str, frequency: str, priority: str, context: str) -> str:
    """Adds a row to R_RULE_EXEC; its id is returned."""
    if SESSION_VARIABLE.search(body):
        raise RuleError(Failure.UNSUPPORTED_SESSION_VARIABLE)
    level = checked_priority(priority)
    catalog, moment = session.catalog, now()
    try:
        with catalog.transaction():
            rule_id = catalog.next_id()
            values = (rule_id, body, session.user.name, time, frequency, level, moment, moment, context)
            catalog.execute(INSERT, *values)
    except sqlite3.Error:
        raise RuleError(code_of("CAT_SQL_ERR")) from None
    return str(rule_id)


def execution_context(session: Session, instance: str, variables: dict[str, Value]) -> str:
    """Who submits the rule and with which variables, as the JSON text that the catalog keeps."""
    user, proxy = session.user, session.proxy
    parameters = [parameter(name, value) for name, value in variables.items()]
    context = {
        "rule_name": "execMyRule",
        "plugin_instance_name": instance,
        "ms_param_array": {"operation_type": 0, "ms_params": parameters},
        "resource_name": "",
        "user_info_client": {"name": user.name, "type": user.type, "zone": user.zone},
        "user_info_proxy": {"name": proxy.name, "type": proxy.type, "zone": proxy.zone},
        "user_info_other": None,
        "conditional_input": {},
    }
    return json.dumps(context, sort_keys=True)


def parameter(name: str, value: Value) -> dict[str, Any]:
    """A variable in JSON; raises RuleError for what has no form there, and leaves out what the server leaves out."""
    if isinstance(value, bool | tuple):
        raise RuleError(Failure.PACKING)
    kinds = {str: "STR_PI", int: "INT_PI", float: "DOUBLE_PI", KeyValues: "KeyValPair_PI"}
    kind = kinds.get(type(value))
    return {"label": name, "type": kind, "in_out_struct": value if kind else None}


def variables_of(context: str) -> dict[str, Value]:
    """The variables in such a text."""
    parameters = json.loads(context)["ms_param_array"]["ms_params"]
    values = {entry["label"]: entry["in_out_struct"] for entry in parameters}
    return {name: KeyValues(value) if isinstance(value, dict) else value for name, value in values.items()}
