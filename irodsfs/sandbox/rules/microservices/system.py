"""Time, output, and the run itself."""

from __future__ import annotations

import logging
import time

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.rules import zone_requests
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.microservice_registry import TYPE_ERROR, given, microservice, number, string
from irodsfs.sandbox.rules.microservices.strings import UNKNOWN_PARAMETER
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import Bytes, Value, leading_integer

logger = logging.getLogger(__name__)

HUMAN = "%Y-%m-%d.%H:%M:%S"
RETRY_WITHOUT_RECOVERY = code_of("RETRY_WITHOUT_RECOVERY_ERR")


@microservice("msiGetSystemTime", 2)
def system_time(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[0] = local_time() if arguments[1] == "human" else now()


@microservice("msiGetIcatTime", 2)
def catalog_time(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[0] = now() if arguments[1] in ("icat", "unix") else local_time()


def local_time() -> str:
    return time.strftime(HUMAN, time.localtime(clock.seconds()))


@microservice("msiGetFormattedSystemTime", 3)
def formatted_time(rei: RuleExecInfo, arguments: list[Value]) -> None:
    moment = time.localtime(clock.seconds())
    if arguments[1] != "human":
        arguments[0] = now()
        return
    try:
        arguments[0] = string(arguments[2]) % moment[:6]
    except (TypeError, ValueError):
        raise RuleError(TYPE_ERROR) from None


@microservice("msiHumanToSystemTime", 2)
def from_human(rei: RuleExecInfo, arguments: list[Value]) -> None:
    try:
        arguments[1] = f"{int(time.mktime(time.strptime(given(arguments[0]), HUMAN))):011d}"
    except (ValueError, OverflowError):
        logger.info("rule: %r is no time", arguments[0])


@microservice("msiGetDiffTime", 4)
def difference(rei: RuleExecInfo, arguments: list[Value]) -> None:
    start, end = (leading_integer(given(value)) for value in arguments[:2])
    seconds = end - start
    hours, rest = divmod(seconds, 3600)
    is_human = arguments[2] == "human"
    arguments[3] = f"{hours}h {rest // 60}m {rest % 60}s" if is_human else f"{seconds:011d}"


@microservice("msiSleep", 2)
def sleep(rei: RuleExecInfo, arguments: list[Value]) -> None:
    seconds, microseconds = (leading_integer(string(value)) for value in arguments)
    time.sleep(max(seconds + microseconds / 1e6, 0))


@microservice("msiExit", 2)
def leave(rei: RuleExecInfo, arguments: list[Value]) -> int:
    code, message = (string(value, UNKNOWN_PARAMETER) for value in arguments)
    status = leading_integer(code)
    rei.errors.append((status, f"{message}\n"))
    if status < 0:
        raise RuleError(status)
    return status


@microservice("msiGoodFailure", 0)
def good_failure(rei: RuleExecInfo, arguments: list[Value]) -> int:
    raise RuleError(RETRY_WITHOUT_RECOVERY)


@microservice("msiWriteRodsLog", 2)
def write_log(rei: RuleExecInfo, arguments: list[Value]) -> None:
    logger.info("rule: %s", string(arguments[0], UNKNOWN_PARAMETER))
    arguments[1] = 0


@microservice("writePosInt", 2)
def write_number(rei: RuleExecInfo, arguments: list[Value]) -> None:
    zone_requests.write_text(rei, string(arguments[0]), str(number(arguments[1])))


@microservice("writeBytesBuf", 2)
def write_bytes(rei: RuleExecInfo, arguments: list[Value]) -> None:
    if not isinstance(arguments[1], Bytes):
        raise RuleError(TYPE_ERROR)
    text = arguments[1].data.split(b"\0")[0].decode("utf-8", "surrogateescape")
    zone_requests.write_text(rei, string(arguments[0]), text)
