"""Open replicas in the newer APIs: descriptor information (20000), replica open (20003) and replica close (20004)."""

from __future__ import annotations

import os
from typing import Any

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct, json_of, json_struct
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage import vault
from irodsfs.sandbox.storage.closing import publish, release
from irodsfs.sandbox.storage.descriptors import Descriptor
from irodsfs.sandbox.storage.replica_checksums import register_checksum
from irodsfs.sandbox.storage.replica_opening import open_here
from irodsfs.sandbox.storage.replicas import Status

CREATED, OPEN_FOR_READ, OPEN_FOR_WRITE = 1, 2, 3
Pairs = list[dict[str, str]]


@handles(20000)
def file_descriptor_info(session: Session, request: Request) -> Reply:
    """GET_FILE_DESCRIPTOR_INFO_APN: JSON ``{"fd": …}`` in, all the server keeps about the descriptor out."""
    number = descriptor_number(json_of(request.input))
    return Reply(0, description(number, session.descriptors.get(number)))


@handles(20003)
def replica_open(session: Session, request: Request) -> Reply:
    """REPLICA_OPEN_APN: as open (602), the descriptor's information included; status is the descriptor."""
    number = open_here(session, request.input)
    return Reply(number, description(number, session.descriptors.get(number)))


@handles(20004)
def replica_close(session: Session, request: Request) -> Reply:
    """REPLICA_CLOSE_APN: closes a descriptor; size, status and checksum are recorded as the JSON options say."""
    options = json_of(request.input)
    number = descriptor_number(options)
    if not session.descriptors.has(number):
        raise IrodsError("BAD_INPUT_DESC_INDEX")
    descriptor = release(session, number)
    if not descriptor.token:
        return Reply()
    with session.catalog.transaction():
        status = record(
            session,
            descriptor,
            update_size=bool(options.get("update_size", True)),
            update_status=bool(options.get("update_status", True)),
        )
        if options.get("compute_checksum", False) and status == 0:
            register_checksum(session.catalog, *descriptor.key)
    return Reply(status)


def descriptor_number(options: Any) -> int:
    if not isinstance(options, dict) or not isinstance(options.get("fd"), int):
        raise IrodsError("SYS_INTERNAL_ERR")
    return int(options["fd"])


def record(session: Session, descriptor: Descriptor, *, update_size: bool, update_status: bool) -> int:
    """Brings the catalog up to date with what was written through a descriptor; 0 or the code of a failure.

    Siblings are stale afterwards even when nothing was written.
    """
    if not (update_size or update_status):
        return 0
    try:
        size = vault.size(descriptor.replica["data_path"])
    except IrodsError as error:
        if update_status:
            publish(session, descriptor, Status.STALE, None)
        return error.code
    changed = descriptor.is_changed or size != descriptor.size
    columns = {"data_size": size, "data_checksum": "", "modify_ts": now()} if update_size and changed else {}
    at_rest = Status.GOOD if changed else None
    return publish(session, descriptor, at_rest if update_status else Status.INTERMEDIATE, Status.STALE, **columns)


UNUSED_OF_DESCRIPTOR: dict[str, object] = {
    "checksum": "",
    "checksum_flag": 0,
    "copies_needed": 0,
    "data_object_input_replica_flag": 1,
    "in_pdmo": "",
    "in_use": True,
    "lock_file_descriptor": 0,
    "operation_status": 0,
    "other_data_object_info": None,
    "plugin_data": None,
    "purge_cache_flag": 0,
    "remote_l1_descriptor_index": 0,
    "remote_zone_host": None,
    "replication_data_object_info": None,
    "source_l1_descriptor_index": 0,
    "stage_flag": 0,
}
"""Members that were the same in every answer that was recorded."""

UNUSED_OF_DATA_OBJECT: dict[str, object] = {
    "data_access": "",
    "data_access_index": 0,
    "destination_resource_name": "",
    "flags": 0,
    "in_pdmo": "",
    "next": None,
    "other_flags": 0,
    "registering_user_id": 0,
    "special_collection": None,
    "status_string": "",
    "sub_path": "",
    "write_flag": 0,
}


def description(number: int, descriptor: Descriptor) -> Struct:
    """What the server keeps about an open descriptor, as JSON."""
    kind = CREATED if descriptor.created else OPEN_FOR_WRITE if descriptor.is_writable else OPEN_FOR_READ
    document = UNUSED_OF_DESCRIPTOR | {
        "bytes_written": -1 if descriptor.written is None else descriptor.written,
        "data_object_info": data_object_info(descriptor),
        "data_object_input": data_object_input(descriptor),
        "data_size": descriptor.expected_size if descriptor.created else -1,
        "l3descInx": number,
        "open_type": kind,
        "operation_type": descriptor.operation,
        "replica_status": descriptor.replica["data_is_dirty"],
        "replica_token": descriptor.token,
    }
    return json_struct(dict(sorted(document.items())))


def data_object_info(descriptor: Descriptor) -> dict[str, object]:
    replica = descriptor.replica
    document = UNUSED_OF_DATA_OBJECT | {
        "checksum": replica["data_checksum"] or "",
        "collection_id": replica["coll_id"],
        "condition_input": [] if descriptor.created else hierarchy_pairs(descriptor),
        "data_comments": replica["r_comment"] or "",
        "data_create": replica["create_ts"],
        "data_expiry": replica["data_expiry_ts"],
        "data_id": replica["data_id"],
        "data_map_id": replica["data_map_id"],
        "data_mode": replica["data_mode"],
        "data_modify": replica["modify_ts"],
        "data_owner_name": replica["data_owner_name"],
        "data_owner_zone": replica["data_owner_zone"],
        "data_size": descriptor.size,
        "data_type": replica["data_type_name"],
        "file_path": replica["data_path"],
        "is_replica_current": replica["data_is_dirty"] == Status.GOOD,
        "object_path": descriptor.path,
        "replica_number": replica["data_repl_num"],
        "replica_status": replica["data_is_dirty"],
        "resource_hierarchy": replica["resc_hier"],
        "resource_id": replica["resc_id"],
        "resource_name": replica["resc_name"],
        "version": replica["data_version"],
    }
    return dict(sorted(document.items()))


def data_object_input(descriptor: Descriptor) -> dict[str, object]:
    return {
        "condition_input": hierarchy_pairs(descriptor) + registration_pairs(descriptor),
        "create_mode": descriptor.mode,
        "data_size": descriptor.expected_size,
        "number_of_threads": 0,
        "object_path": descriptor.path,
        "offset": 0,
        "open_flags": descriptor.flags,
        "operation_type": descriptor.operation,
        "special_collection": None,
    }


def hierarchy_pairs(descriptor: Descriptor) -> Pairs:
    hierarchy = descriptor.replica["resc_hier"]
    return [pair("resc_hier", hierarchy), pair("selected_hierarchy", hierarchy)]


def registration_pairs(descriptor: Descriptor) -> Pairs:
    if not descriptor.created:
        overwrites = descriptor.flags & os.O_CREAT
        return [pair("destRescName", descriptor.replica["resc_name"]), pair("openType", "3")] if overwrites else []
    return [
        pair("selObjType", "dataObj"),
        pair("openType", str(CREATED)),
        pair("registerAsIntermediate", ""),
        pair("filePath", descriptor.replica["data_path"]),
        pair("dataSize", "0"),
    ]


def pair(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}
