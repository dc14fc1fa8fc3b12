"""Rules: executed at once (625), and those for later submitted (623), modified (708) and deleted (624).

The rule language is imported when it is first needed, so that the zone starts without its cost.
"""

from __future__ import annotations

import re

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

RULE_LANGUAGE = "irods_rule_engine_plugin-irods_rule_language-instance"
DEFAULT_POLICY = "irods_rule_engine_plugin-cpp_default_policy-instance"
ENGINES = (RULE_LANGUAGE, DEFAULT_POLICY)

PRIORITY = re.compile(r"\s*[1-9](?!\d)")
CHANGEABLE = {
    "ruleName": "rule_name",
    "reiFilePath": "rei_file_path",
    "userName": "user_name",
    "exeAddress": "exe_address",
    "exeTime": "exe_time",
    "exeFrequency": "exe_frequency",
    "priority": "priority",
    "estimateExeTime": "estimated_exe_time",
    "notificationAddr": "notification_addr",
    "lastExeTime": "last_exe_time",
    "exeStatus": "exe_status",
    "rule_execution_context": "exe_context",
    "rule_lock_host": "lock_host",
    "rule_lock_host_pid": "lock_host_pid",
    "rule_lock_time": "lock_ts",
}


@handles(625)
def execute_rule(session: Session, request: Request) -> Reply:
    """Runs the text of a rule; its output parameters come back.

    Without a rule engine instance named, all of them are tried and their failures are not told, as in the server.
    """
    keywords = request.input.keywords()
    if "available" in keywords:
        return Reply(errors=((0, available()),))
    instance = keywords.get("instance_name", "")
    if instance and instance not in ENGINES:
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    if instance == DEFAULT_POLICY:
        raise IrodsError("SYS_NOT_SUPPORTED")
    from irodsfs.sandbox.rules import execution

    outcome = execution.execute(session, request.input)
    if not instance:
        return Reply(struct=outcome.parameters)
    return Reply(outcome.status, outcome.parameters if outcome.status >= 0 else None, errors=outcome.errors)


def available() -> str:
    return "".join(["Available rule engine plugin instances:\n", *(f"\t{name}\n" for name in ENGINES)])


def require_administrator(session: Session) -> None:
    if not session.proxy.is_admin:
        raise IrodsError("SYS_NO_API_PRIV")


@handles(623)
def submit_rule(session: Session, request: Request) -> Reply:
    """Keeps a rule for later; its id comes back."""
    require_administrator(session)
    struct = request.input
    if not struct.structs("BytesBuf_PI") and not struct.structs("BinBytesBuf_PI"):
        raise IrodsError("SYS_INTERNAL_NULL_INPUT_ERR")
    from irodsfs.sandbox.rules import delays
    from irodsfs.sandbox.rules.failures import RuleError

    context = delays.execution_context(session, struct.keywords().get("instance_name", ""), {})
    time, frequency, priority = (struct.text(name) for name in ("exeTime", "exeFrequency", "priority"))
    try:
        rule_id = delays.register(session, struct.text("ruleName"), time, frequency, priority, context)
    except RuleError as error:
        raise IrodsError(error.code) from None
    return Reply(struct=Struct("IRODS_STR_PI", ("myStr", rule_id)))


@handles(624)
def delete_rule(session: Session, request: Request) -> Reply:
    """Deletes a rule that waits; who is no administrator only their own."""
    rule_id = number(request.input.text("ruleExecId"))
    if not session.user.is_admin:
        owner = session.catalog.value("SELECT user_name FROM R_RULE_EXEC WHERE rule_exec_id = ?", rule_id)
        if owner is None:
            raise IrodsError("CAT_NO_ROWS_FOUND")
        if owner != session.user.name:
            raise IrodsError("USER_ACCESS_DENIED")
    with session.catalog.transaction():
        cursor = session.catalog.execute("DELETE FROM R_RULE_EXEC WHERE rule_exec_id = ?", rule_id)
    return changed(cursor.rowcount)


@handles(708)
def modify_rule(session: Session, request: Request) -> Reply:
    """Changes columns of a rule that waits."""
    require_administrator(session)
    rule_id = number(request.input.text("ruleId"))
    changes = {CHANGEABLE[key]: text for key, text in request.input.keywords().items() if key in CHANGEABLE}
    if not changes:
        raise IrodsError("CAT_INVALID_ARGUMENT")
    if "priority" in changes:
        check_priority(changes["priority"])
    assignments = ", ".join(f"{column} = ?" for column in changes)
    with session.catalog.transaction():
        cursor = session.catalog.execute(
            f"UPDATE R_RULE_EXEC SET {assignments} WHERE rule_exec_id = ?", *changes.values(), rule_id
        )
    return changed(cursor.rowcount)


def check_priority(text: str) -> None:
    """Raises IrodsError unless the text is a number from 1 to 9."""
    if not PRIORITY.match(text):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")


def number(text: str) -> int:
    """The id of a rule; raises IrodsError as the catalog does for what is none."""
    try:
        return int(text)
    except ValueError:
        raise IrodsError("CAT_SQL_ERR") from None


def changed(count: int) -> Reply:
    return Reply(0 if count else code_of("CAT_SUCCESS_BUT_WITH_NO_INFO"))
