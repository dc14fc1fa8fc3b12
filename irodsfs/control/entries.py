"""The entry that a path names, as the resource in the URL says: a collection or a data object."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from irodsfs.control.call import Call
from irodsfs.control.http_errors import ControlError, NotFound
from irodsfs.control.http_operations import AnyHandler, Operations
from irodsfs.grid import catalog_entries
from irodsfs.grid.catalog_entries import Entry
from irodsfs.grid.names import zone_of
from irodsfs.grid.zone import Zone

COLLECTION = "/collection/{path:path}"
DATA_OBJECT = "/dataObject/{path:path}"


def entry_operation(
    operations: Operations, method: str, sub_resource: str, **details: Any
) -> Callable[[AnyHandler], AnyHandler]:
    """Declare the decorated function as the handler of a sub-resource that collections and data objects have alike."""

    def register(handler: AnyHandler) -> AnyHandler:
        for path in (COLLECTION, DATA_OBJECT):
            operations.operation(method, f"{path}/{sub_resource}", **details)(handler)
        return handler

    return register


def is_collection(call: Call) -> bool:
    """Whether the URL is one of a collection."""
    return call.request.url.path.startswith("/collection/")


async def existing_entry(call: Call) -> Entry:
    """The entry at the path. Raises `NotFound`, or 409 when it is of the other kind."""
    entry = await catalog_entries.find(call.session.zone, call.path)
    if entry is None:
        kind = "collection" if is_collection(call) else "data object"
        raise NotFound("path", f"There is no {kind} {call.path}.")
    if entry.is_collection != is_collection(call):
        raise wrong_kind(entry)
    return entry


async def require_zone(zone: Zone, path: str) -> None:
    """Raises `NotFound` for a path that lies in no zone, for which servers hang up."""
    if not await zone.knows(zone_of(path)):
        raise NotFound("path", f"{path} lies in no zone.")


async def require_collection(zone: Zone, path: str, field: str) -> None:
    """Raises `NotFound` about a field of the request when there is no collection to put something into."""
    # The root holds zones only. Asked to make anything there or in a zone that is none, servers hang up.
    entry = await catalog_entries.find(zone, path) if path != "/" else None
    if entry is None or not entry.is_collection:
        raise NotFound(field, f"There is no collection {path} that could hold it.")


def wrong_kind(entry: Entry) -> ControlError:
    actual, resource = ("a collection", "/collection") if entry.is_collection else ("a data object", "/dataObject")
    return ControlError(
        HTTPStatus.CONFLICT, "WRONG_KIND", f"{entry.path} is {actual}.", field="path", remedy=f"Use {resource}."
    )
