"""Which zone a request is for: each API of the server looks in a place of its own, most of them at a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct, json_of

TELLING_COLUMNS = {102, 501, 502}  # ZONE_NAME, COLL_NAME, COLL_PARENT_NAME
NOT_THE_ROOT = "<>'/'"

Hint = Callable[[Struct], str]


@dataclass(frozen=True)
class Place:
    """Where a request says which zone it is for, and the error for one whose server can't be reached."""

    hint: Hint
    unreachable: str = "CROSS_ZONE_SOCK_CONNECT_ERR"


def member(name: str) -> Hint:
    return lambda asked: asked.text(name)


def of_keyword(asked: Struct) -> str:
    return asked.keywords().get("zone", "")


def of_query(asked: Struct) -> str:
    """The zone that a GenQuery1 names, else that of the first path which its conditions name."""
    query = Query.of(asked)
    if "zone" in query.keywords:
        return query.keywords["zone"]
    for column, condition in query.conditions:
        if column in TELLING_COLUMNS and condition != NOT_THE_ROOT:
            return condition[max(condition.find("/"), 0) :].removesuffix("'")
    return ""


def of_avus(asked: Struct) -> str:
    match asked.text("arg0"):
        case "add" | "rm" | "rmi" | "mod" | "set":
            return asked.text("arg2")
        case "cp":
            return asked.text("arg3")
    return ""


def of_host(asked: Struct) -> str:
    """The zone of the server that is to run a rule, where one is named."""
    for each in asked.structs("RHostAddr_PI"):
        return each.text("rodsZone") if each.text("hostAddr") else ""
    return ""


def of_first_object(asked: Struct) -> str:
    """Of two paths the first one."""
    for each in asked.structs("DataObjInp_PI"):
        return each.text("objPath")
    return ""


def of_copy(asked: Struct) -> str:
    """The zone of both paths; with one in each zone, the server that is asked reads and writes itself."""
    zones = {zone_named(each.text("objPath")) for each in asked.structs("DataObjInp_PI")}
    return zones.pop() if len(zones) == 1 else ""


def of_json(asked: Struct) -> str:
    try:
        document = json_of(asked)
    except IrodsError:
        return ""
    path = document.get("logical_path") if isinstance(document, dict) else None
    return path if isinstance(path, str) else ""


def zone_named(hint: str) -> str:
    """The zone that a path lies in, or that is named without one."""
    return hint.removeprefix("/").partition("/")[0]


OBJECT = Place(member("objPath"), "USER_SOCK_CONNECT_ERR")
PLACES = {
    **dict.fromkeys((601, 602, 606, 608, 629, 632, 652, 695, 697, 802, 20003), OBJECT),
    696: Place(of_copy, "USER_SOCK_CONNECT_ERR"),
    20007: Place(of_json, "USER_SOCK_CONNECT_ERR"),
    **dict.fromkeys((615, 630, 633), Place(member("objPath"))),
    **dict.fromkeys((679, 680, 681), Place(member("collName"))),
    625: Place(of_host, "USER_SOCK_CONNECT_ERR"),
    627: Place(of_first_object),
    702: Place(of_query),
    706: Place(of_avus),
    707: Place(member("path")),
    722: Place(of_keyword),
    10221: Place(member("zone")),
}
"""By API number. All else is done by the server that is asked: tickets, users, delayed rules, atomic changes."""
