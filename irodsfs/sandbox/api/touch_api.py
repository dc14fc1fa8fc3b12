"""TOUCH_APN (20007): sets a modify time, making the data object when there is none."""

from __future__ import annotations

import os
from typing import Any

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.access_checks import Access, access_of
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.catalog.visible_paths import visible_collection, visible_replicas
from irodsfs.sandbox.protocol.error_numbers import IrodsError, named
from irodsfs.sandbox.protocol.wire import Struct, json_of, key_values
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.closing import close_replica
from irodsfs.sandbox.storage.replica_opening import open_replica
from irodsfs.sandbox.storage.replicas import Status, update_replica

NEITHER = "Logical path does not point to a collection or data object."


@handles(20007)
def touch(session: Session, request: Request) -> Reply:
    """Takes JSON: ``logical_path`` and ``options`` (no_create, replica_number, seconds_since_epoch, reference, …)."""
    path, options = validated(json_of(request.input))
    exists = visible_replicas(session, path) or visible_collection(session, path)
    said: tuple[tuple[int, str], ...] = ()
    if not exists:
        if options.get("no_create"):
            return Reply()
        said = create(session, path, options)
    replicas = visible_replicas(session, path)
    collection = visible_collection(session, path)
    if not replicas and collection is None:
        error = refusal("CAT_NOT_A_DATAOBJ_AND_NOT_A_COLLECTION", NEITHER)
        raise IrodsError(error.code, stack=(*said, *error.stack))
    time = wanted_time(session, options)
    with session.catalog.transaction():
        if replicas:
            touch_replica(session, path, replicas, options, time)
        else:
            touch_collection_at(session, path, options, time)
    return Reply()


def refusal(code: str, text: str) -> IrodsError:
    return named(code, f"{code}: {text}\n\n")


def validated(content: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(content, dict) or "logical_path" not in content:
        raise refusal("INPUT_ARG_NOT_WELL_FORMED_ERR", "[logical_path] is a required argument.")
    path, options = content["logical_path"], content.get("options", {})
    if not isinstance(path, str):
        raise refusal("SYS_INVALID_INPUT_PARAM", "Incorrect value for [logical_path].")
    if not path:
        raise refusal("INPUT_ARG_NOT_WELL_FORMED_ERR", "[logical_path] cannot be empty.")
    if not isinstance(options, dict):
        raise refusal("INPUT_ARG_NOT_WELL_FORMED_ERR", "[options] must be a JSON object.")
    for one, other in (("replica_number", "leaf_resource_name"), ("reference", "seconds_since_epoch")):
        if one in options and other in options:
            raise refusal("USER_INCOMPATIBLE_PARAMS", f"[{one}] and [{other}] cannot be used together.")
    for name, kind in OPTIONS.items():
        if name in options:
            check_option(name, options[name], kind)
    return path, options


OPTIONS = {
    "no_create": bool,
    "replica_number": int,
    "leaf_resource_name": str,
    "reference": str,
    "seconds_since_epoch": int,
}


def check_option(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise refusal("SYS_INVALID_INPUT_PARAM", f"Incorrect value for [{name}].")
    if value == "":
        raise refusal("INPUT_ARG_NOT_WELL_FORMED_ERR", f"[{name}] cannot be empty.")
    if isinstance(value, int) and as_c_int(value) < 0:
        raise refusal("INPUT_ARG_NOT_WELL_FORMED_ERR", f"[{name}] cannot be less than zero.")


def as_c_int(value: int) -> int:
    """The value cut to 32 bits with a sign: what makes the server refuse times after 2038."""
    return (value + 2**31) % 2**32 - 2**31


def create(session: Session, path: str, options: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    """Makes an empty data object; what the server says when that fails, which is not yet the end."""
    if "replica_number" in options:
        raise refusal("OBJ_PATH_DOES_NOT_EXIST", "Replica numbers cannot be used when creating new data objects.")
    resource = {"destRescName": options["leaf_resource_name"]} if "leaf_resource_name" in options else {}
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
    request = Struct(
        "DataObjInp_PI",
        ("objPath", path),
        ("createMode", 0o600),
        ("openFlags", flags),
        ("dataSize", -1),
        ("KeyValPair_PI", key_values(resource)),
    )
    try:
        close_replica(session, open_replica(session, request))
    except IrodsError as error:
        return error.stack
    return ()


def wanted_time(session: Session, options: dict[str, Any]) -> str:
    if "seconds_since_epoch" in options:
        return f"{options['seconds_since_epoch']:011d}"
    if "reference" in options:
        return time_of(session, options["reference"])
    return now()


def time_of(session: Session, path: str) -> str:
    good = [row for row in visible_replicas(session, path) if row["data_is_dirty"] == Status.GOOD]
    collection = visible_collection(session, path)
    times = [str(row["modify_ts"]) for row in (*good, *([collection] if collection is not None else []))]
    if not times:
        raise named("INVALID_OBJECT_TYPE", f"INVALID_OBJECT_TYPE: cannot get mtime for [{path}]\n\n")
    return max(times)


def touch_replica(session: Session, path: str, replicas: list[Any], options: dict[str, Any], time: str) -> None:
    replica = wanted_replica(replicas, options)
    if access_of(session, replica["data_id"]) < Access.MODIFY_METADATA:
        raise refusal("CAT_NO_ACCESS_PERMISSION", f"cannot set mtime for [{path}]")
    update_replica(session.catalog, replica["data_id"], replica["data_repl_num"], modify_ts=time)


def wanted_replica(replicas: list[Any], options: dict[str, Any]) -> Any:
    """The replica asked for, else the latest good one; one dated 1970-01-01 is not found, as in the server."""
    if "replica_number" in options:
        found = [row for row in replicas if row["data_repl_num"] == options["replica_number"]]
        missing = ("SYS_REPLICA_DOES_NOT_EXIST", "Replica does not exist matching that replica number.")
    elif "leaf_resource_name" in options:
        found = [row for row in replicas if row["resc_name"] == options["leaf_resource_name"]]
        missing = ("SYS_REPLICA_DOES_NOT_EXIST", "Replica does not exist in resource.")
    else:
        good = [row for row in replicas if row["data_is_dirty"] == Status.GOOD]
        if not good:
            raise refusal("SYS_NO_GOOD_REPLICA", "No good replicas found.")
        found = sorted((row for row in good if int(row["modify_ts"]) > 0), key=lambda row: -int(row["modify_ts"]))
        missing = ("SYS_INVALID_INPUT_PARAM", "invalid replica number")
    if not found:
        raise refusal(*missing)
    return found[0]


def touch_collection_at(session: Session, path: str, options: dict[str, Any], time: str) -> None:
    if options.keys() & {"replica_number", "leaf_resource_name"}:
        text = "[replica_number] and [leaf_resource_name] cannot be used for collections."
        raise refusal("USER_INCOMPATIBLE_PARAMS", text)
    collection = visible_collection(session, path)
    if collection is None or access_of(session, collection["coll_id"]) < Access.MODIFY_OBJECT:
        raise refusal("CAT_NO_ACCESS_PERMISSION", f"cannot set mtime for [{path}]")
    session.catalog.execute("UPDATE R_COLL_MAIN SET modify_ts = ? WHERE coll_id = ?", time, collection["coll_id"])
