"""Guide, chapter 7: data objects; and what the guide has not: replicas, checksums, copies and moves in the zone."""

from __future__ import annotations

import posixpath
from functools import partial
from http import HTTPStatus

import irods.exception as ex
from pydantic import Field

from irodsfs.control.call import Call
from irodsfs.control.documents.data_object_documents import (
    ChecksumDocument,
    DataObjectDocument,
    ReplicaDocument,
    ReplicaListing,
)
from irodsfs.control.entries import DATA_OBJECT, entry_operation, existing_entry, require_collection, wrong_kind
from irodsfs.control.http_errors import BadRequest, ControlError, NotFound, about
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.control.url_paths import logical_path
from irodsfs.grid import catalog_entries, data_objects, requests
from irodsfs.grid.at_most_once import fly_once, has_moved, is_gone, perform_once
from irodsfs.grid.data_objects import Replica, read_replicas

operations = Operations("Data objects")

_WRONG_TARGETS = (
    ex.CAT_NAME_EXISTS_AS_COLLECTION,
    ex.CAT_NAME_EXISTS_AS_DATAOBJ,
    ex.CAT_UNKNOWN_COLLECTION,
    ex.OVERWRITE_WITHOUT_FORCE_FLAG,
    ex.SYS_CROSS_ZONE_MV_NOT_SUPPORTED,
    ex.USER_INPUT_PATH_ERR,
)


class ObjectRemoval(Parameters):
    force: bool = Field(False, description="true to remove it for good, without the trash")


class ChecksumRequest(Parameters):
    force: bool = Field(False, description="true to compute it anew where there is one")
    verify: bool = Field(False, description="true to compare the registered one with the bytes; 409 when they differ")


class ReplicaRequest(Parameters):
    resource: str = Field(min_length=1, description="the resource that shall hold a replica")


class Target(Parameters):
    target: str = Field(pattern="^/.", description="an absolute logical path")


class CopyTarget(Target):
    force: bool = Field(False, description="true to overwrite a data object at the target")


@operations.operation("GET", DATA_OBJECT, answer=DataObjectDocument, takes_ticket=True)
async def get_data_object(call: Call) -> DataObjectDocument:
    """What the catalog holds of a data object."""
    return DataObjectDocument.of((await existing_replicas(call))[0])


@operations.operation("DELETE", DATA_OBJECT, parameters=ObjectRemoval)
async def delete_data_object(call: Call) -> None:
    """Remove a data object; one that is missing is fine."""
    entry = await catalog_entries.find(call.session.zone, call.path)
    if entry is None:
        return
    if entry.is_collection:
        raise wrong_kind(entry)
    zone, removing = call.session.zone, requests.unlink(entry.path, trash=not call.parameters.force)
    outcome = await fly_once(zone, removing, has_effect=partial(is_gone, zone, entry.path))
    await call.changes.changed(entry.path)
    outcome.check()


@operations.operation("GET", f"{DATA_OBJECT}/replicas", answer=ReplicaListing)
async def get_replicas(call: Call) -> ReplicaListing:
    """All replicas of a data object."""
    return _listing(call, await existing_replicas(call))


@operations.operation("PUT", f"{DATA_OBJECT}/replicas", parameters=ReplicaRequest, answer=ReplicaListing)
async def put_replica(call: Call) -> ReplicaListing:
    """Make a replica in a resource, or bring the one there up to date."""
    await existing_entry(call)
    await call.session.zone.perform(data_objects.replicate(call.path, call.parameters.resource))
    await call.changes.changed(call.path)
    return _listing(call, await existing_replicas(call))


@operations.operation("DELETE", f"{DATA_OBJECT}/replicas/{{number}}")
async def delete_replica(call: Call) -> None:
    """Remove one replica, unless it is the last good one."""
    number = call.text("number")
    if number not in {str(replica.number) for replica in await existing_replicas(call)}:
        raise NotFound("number", f"{call.path} has no replica {number}.")
    (reply,) = await call.session.zone.perform(data_objects.trim(call.path, int(number)))
    await call.changes.changed(call.path)
    if not reply.status:
        raise ControlError(
            HTTPStatus.CONFLICT,
            "LAST_GOOD_REPLICA",
            f"Replica {number} is the last good one of {call.path}.",
            field="number",
            remedy="Remove the data object instead.",
        )


@operations.operation("PUT", f"{DATA_OBJECT}/checksum", parameters=ChecksumRequest, answer=ChecksumDocument)
async def put_checksum(call: Call) -> ChecksumDocument:
    """Register the checksum of a data object, or verify the one that is registered."""
    await existing_entry(call)
    zone, chosen = call.session.zone, call.parameters
    await zone.perform(data_objects.checksum(call.path, force=chosen.force, verify=chosen.verify), repeat=True)
    await call.changes.changed(call.path)
    return ChecksumDocument(path=call.path, checksum=(await existing_replicas(call))[0].checksum)


@operations.operation(
    "POST", f"{DATA_OBJECT}/copy", parameters=CopyTarget, answer=DataObjectDocument, status=HTTPStatus.CREATED
)
async def copy_data_object(call: Call) -> DataObjectDocument:
    """Copy a data object within the zone."""
    source, target = await existing_entry(call), _target(call)
    await require_collection(call.session.zone, posixpath.dirname(target), "target")
    with about("target", *_WRONG_TARGETS):
        await call.session.zone.perform(data_objects.copy(source.path, target, force=call.parameters.force))
    await call.changes.changed(target)
    replicas = await read_replicas(call.session.zone, target)
    return DataObjectDocument.of(replicas[0])


@entry_operation(operations, "POST", "move", parameters=Target)
async def move(call: Call) -> None:
    """Rename or move an entry to a path that is free."""
    source, target = await existing_entry(call), _target(call)
    if target == source.path or target.startswith(f"{source.path}/"):
        # The server answers the latter with an error, and does something else than asked.
        raise BadRequest("target", f"{target} is or lies in {source.path}.", "Choose a target elsewhere.")
    zone, moving = call.session.zone, requests.rename(source.path, target, collection=source.is_collection)
    with about("target", *_WRONG_TARGETS):
        await perform_once(zone, moving, has_effect=partial(has_moved, zone, source.path, target))
    await call.changes.changed(source.path)
    await call.changes.changed(target)


def _target(call: Call) -> str:
    return logical_path(call.parameters.target, "target")


def _listing(call: Call, replicas: list[Replica]) -> ReplicaListing:
    return ReplicaListing(path=call.path, replica=[ReplicaDocument.of(replica) for replica in replicas])


async def existing_replicas(call: Call) -> list[Replica]:
    """The replicas of the data object at the path, the best one first. Raises `NotFound`, or 409."""
    replicas = await read_replicas(call.session.zone, call.path)
    if not replicas:
        await existing_entry(call)
        raise NotFound("path", f"There is no data object {call.path}.")
    return replicas
