"""The entry that a path names, as the resource in the URL says: a collection or a data object."""

from __future__ import annotations

from http import HTTPStatus

from irodsfs.control.call import Call
from irodsfs.control.errors import ControlError, NotFound
from irodsfs.grid import namespace
from irodsfs.grid.namespace import Entry

COLLECTION = "/collection/{path:path}"
DATA_OBJECT = "/dataObject/{path:path}"


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
