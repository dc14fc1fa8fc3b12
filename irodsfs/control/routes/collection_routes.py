"""Guide, chapter 4: collections."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import trio
from irods.exception import CAT_NO_ACCESS_PERMISSION, CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, SYS_INVALID_INPUT_PARAM
from pydantic import Field

from irodsfs.control.call import Call
from irodsfs.control.documents.collection_documents import ChildDocument, CollectionDocument
from irodsfs.control.entries import COLLECTION, require_zone, wrong_kind
from irodsfs.control.http_errors import ControlError, NotFound
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.grid import catalog_entries
from irodsfs.grid.collections import (
    Child,
    CollectionDetails,
    children,
    make_with_parents,
    read_collection,
    remove_tree,
)

operations = Operations("Collections")

PAGE = 5000
"""Children of a kind in one answer."""


class ListType(StrEnum):
    BOTH = "both"
    COLLECTIONS = "collections"
    DATA = "data"


class Listing(Parameters):
    listing: bool = Field(False, description="true to list what is in the collection")
    listType: ListType = Field(ListType.BOTH, description="which kind of children to list")
    offset: int = Field(0, ge=0, le=2**31 - 1, description="how many children of each kind to leave out")


class Removal(Parameters):
    force: bool = Field(False, description="true to remove for good, without the trash")


@operations.operation("GET", COLLECTION, parameters=Listing, answer=CollectionDocument, takes_ticket=True)
async def get_collection(call: Call) -> CollectionDocument:
    """What the catalog holds of a collection, with a page of its children where asked for."""
    details = await _existing(call)
    return CollectionDocument.of(details, await _children(call) if call.parameters.listing else None)


@operations.operation("PUT", COLLECTION, answer=CollectionDocument, takes_ticket=True)
async def put_collection(call: Call) -> CollectionDocument:
    """Create a collection, and those above it that are missing; one that exists is answered as it is."""
    details = await read_collection(call.session.zone, call.path)
    if details is None:
        await require_zone(call.session.zone, call.path)
        await _make(call)
        details = await _existing(call)
    return CollectionDocument.of(details)


@operations.operation("DELETE", COLLECTION, parameters=Removal)
async def delete_collection(call: Call) -> None:
    """Remove a collection with all that is in it, into the trash unless forced; one that is missing is fine."""
    zone = call.session.zone
    if call.path.count("/") == 1:
        raise _zones_are_kept(call.path)
    entry = await catalog_entries.find(zone, call.path)
    if entry is None:
        return
    if not entry.is_collection:
        raise wrong_kind(entry)
    reply = await zone.pool.converse(remove_tree(call.path, trash=not call.parameters.force))
    await call.changes.changed(call.path)
    reply.check()


async def _make(call: Call) -> None:
    (reply,) = await call.session.zone.fly(make_with_parents(call.path))
    await call.changes.changed(call.path)
    failure = reply.failed and reply.failure()
    if isinstance(failure, SYS_INVALID_INPUT_PARAM):
        # Servers go up from a collection that they do not show to the user, and end at the root of the zone.
        raise CAT_NO_ACCESS_PERMISSION(f"no permission in the collection that is to hold {call.path}") from failure
    if not isinstance(failure, CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        reply.check()


async def _existing(call: Call) -> CollectionDetails:
    details = await read_collection(call.session.zone, call.path)
    if details is not None:
        return details
    entry = await catalog_entries.find(call.session.zone, call.path)
    if entry is not None and not entry.is_collection:
        raise wrong_kind(entry)
    raise NotFound("path", f"There is no collection {call.path}.")


def _zones_are_kept(path: str) -> ControlError:
    return ControlError(
        HTTPStatus.FORBIDDEN,
        "ZONES_ARE_KEPT",
        f"{path} is a whole zone, or all of them.",
        field="path",
        remedy="Remove the collections in it that nobody needs.",
    )


async def _children(call: Call) -> list[ChildDocument]:
    wanted = call.parameters.listType
    collections, objects = await children(
        call.session.zone,
        call.path,
        collections=wanted is not ListType.DATA,
        objects=wanted is not ListType.COLLECTIONS,
    )
    return await trio.to_thread.run_sync(_pages, call.path, call.parameters.offset, collections, objects)


def _pages(path: str, offset: int, *kinds: list[Child]) -> list[ChildDocument]:
    return [document for kind in kinds for document in _page(path, offset, kind)]


def _page(path: str, offset: int, kind: list[Child]) -> list[ChildDocument]:
    total = len(kind)
    return [
        ChildDocument.of(path, child, count=count, last=offset + PAGE >= total, total=total)
        for count, child in enumerate(kind[offset : offset + PAGE], start=offset + 1)
    ]
