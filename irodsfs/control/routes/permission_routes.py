"""Guide, chapters 6 and 9: permissions of collections and data objects."""

from __future__ import annotations

from irods.exception import CAT_SUCCESS_BUT_WITH_NO_INFO
from pydantic import Field

from irodsfs.control.call import Call
from irodsfs.control.documents.base import object_type
from irodsfs.control.documents.permission_documents import Level, PermissionEntry, PermissionListing
from irodsfs.control.entries import COLLECTION, entry_operation, existing_entry
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.grid.collections import read_collection
from irodsfs.grid.permissions import NULL, grant, inherit, read_permissions

operations = Operations("Permissions")

RECURSIVE = "true to apply it to everything below too"


class Grant(Parameters):
    permission: Level = Field(Level.READ, description="the access level to set")
    recursive: bool = Field(False, description=RECURSIVE)


class Revocation(Parameters):
    recursive: bool = Field(False, description=RECURSIVE)


class Inheritance(Parameters):
    enabled: bool = Field(True, description="whether what is made in the collection gets its permissions")
    recursive: bool = Field(False, description=RECURSIVE)


@entry_operation(operations, "GET", "acl", answer=PermissionListing)
async def get_permissions(call: Call) -> PermissionListing:
    """All permissions of an entry."""
    entry = await existing_entry(call)
    zone = call.session.zone
    permissions = await read_permissions(zone, entry.path, is_collection=entry.is_collection)
    details = await read_collection(zone, entry.path) if entry.is_collection else None
    return PermissionListing(
        permissionEntries=[PermissionEntry.of(permission) for permission in permissions],
        objectType=object_type(is_collection=entry.is_collection),
        absolutePathString=entry.path,
        inheritance=details is not None and details.inherits,
    )


@entry_operation(operations, "PUT", "acl/{userName}", parameters=Grant)
async def put_permission(call: Call) -> None:
    """Set the access level of a user or group, written `name` or `name,zone`."""
    await _set(call, call.parameters.permission.number)


@entry_operation(operations, "DELETE", "acl/{userName}", parameters=Revocation)
async def delete_permission(call: Call) -> None:
    """Take the access of a user or group away; having none is fine."""
    await _set(call, NULL)


@operations.operation("PUT", f"{COLLECTION}/inheritance", parameters=Inheritance)
async def put_inheritance(call: Call) -> None:
    """Set whether a collection passes its permissions on to what is made in it."""
    entry = await existing_entry(call)
    chosen = call.parameters
    inheriting = inherit(entry.path, enabled=chosen.enabled, recursive=chosen.recursive)
    await call.session.zone.perform(inheriting, repeat=True)


async def _set(call: Call, level: int) -> None:
    entry = await existing_entry(call)
    user, _, zone = call.text("userName").partition(",")
    recursive = call.parameters.recursive and entry.is_collection
    (reply,) = await call.session.zone.fly(grant(entry.path, user, zone, level, recursive=recursive), repeat=True)
    await call.changes.changed(entry.path)
    nothing_to_take = level == NULL and reply.failed and isinstance(reply.failure(), CAT_SUCCESS_BUT_WITH_NO_INFO)
    if not nothing_to_take:
        reply.check()
