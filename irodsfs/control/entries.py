"""The entry that a path names, as the resource in the URL says: a collection or a data object."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from irodsfs.control.call import Call
from irodsfs.control.errors import ControlError, NotFound
from irodsfs.control.operations import AnyHandler, Operations
from irodsfs.grid import namespace
from irodsfs.grid.namespace import Entry

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
    entry = await namespace.find(call.session.zone, call.path)
    if entry is None:
        kind = "collection" if is_collection(call) else "data object"
        raise NotFound("path", f"There is no {kind} {call.path}.")
    if entry.is_collection != is_collection(call):
        raise wrong_kind(entry)
    return entry


def wrong_kind(entry: Entry) -> ControlError:
    actual, resource = ("a collection", "/collection") if entry.is_collection else ("a data object", "/dataObject")
    return ControlError(
        HTTPStatus.CONFLICT, "WRONG_KIND", f"{entry.path} is {actual}.", field="path", remedy=f"Use {resource}."
    )


async def require_zone(call: Call, path: str, field: str = "path") -> None:
    """Raises `NotFound` unless a path lies in a zone that is known: servers hang up on who opens one in no zone."""
    name = path.split("/")[1]
    zone = call.session.zone
    if name == zone.identity.zone:
        return
    if f"/{name}" not in {entry.path for entry in await namespace.list_small_collection(zone, "/") or []}:
        raise NotFound(field, f"There is no zone {name!r}, in which {path} could be.")
