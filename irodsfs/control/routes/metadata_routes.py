"""Guide, chapters 5 and 8: AVUs of collections and data objects."""

from __future__ import annotations

from irods.exception import (
    CAT_SUCCESS_BUT_WITH_NO_INFO,
    CAT_UNKNOWN_COLLECTION,
    CAT_UNKNOWN_FILE,
    CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME,
)

from irodsfs.control.call import Call
from irodsfs.control.documents.metadata_documents import (
    MetadataListing,
    MetadataOperation,
    MetadataOperationResult,
    ResultStatus,
)
from irodsfs.control.entries import entry_operation, existing_entry
from irodsfs.control.http_operations import Operations
from irodsfs.grid.errors import summarise
from irodsfs.grid.flight import Reply
from irodsfs.grid.metadata import Avu, change_one, overlong, read_avus

operations = Operations("AVU metadata")

METADATA = "metadata"

Results = list[MetadataOperationResult]

_STATUSES: dict[type[Exception], ResultStatus] = {
    CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME: "DUPLICATE_AVU",
    CAT_SUCCESS_BUT_WITH_NO_INFO: "MISSING_METADATA_TARGET",
    CAT_UNKNOWN_FILE: "MISSING_METADATA_TARGET",
    CAT_UNKNOWN_COLLECTION: "MISSING_METADATA_TARGET",
}


@entry_operation(operations, "GET", METADATA, answer=MetadataListing, takes_ticket=True)
async def get_metadata(call: Call) -> MetadataListing:
    """All AVUs of an entry."""
    entry = await existing_entry(call)
    avus = await read_avus(call.session.zone, entry.path, is_collection=entry.is_collection)
    return MetadataListing.of(entry.path, avus, is_collection=entry.is_collection)


@entry_operation(operations, "PUT", METADATA, body=MetadataOperation, answer=MetadataOperationResult, is_list=True)
async def put_metadata(call: Call) -> Results:
    """Add AVUs; each has a result of its own."""
    return await _change(call, "add")


@entry_operation(operations, "POST", METADATA, body=MetadataOperation, answer=MetadataOperationResult, is_list=True)
async def post_metadata(call: Call) -> Results:
    """Delete AVUs; each has a result of its own."""
    return await _change(call, "rm")


async def _change(call: Call, operation: str) -> Results:
    entry = await existing_entry(call)
    avus = [given.avu for given in call.body.metadataEntries]
    requests = [change_one(operation, entry.path, avu, is_collection=entry.is_collection) for avu in avus]
    replies = await call.session.zone.fly(*requests)
    await call.changes.changed(entry.path)
    return [_result(avu, reply) for avu, reply in zip(avus, replies, strict=True)]


def _result(avu: Avu, reply: Reply) -> MetadataOperationResult:
    if not reply.failed:
        return MetadataOperationResult.of(avu)
    failure = reply.failure()
    message = _overlong(avu) or summarise(failure)
    return MetadataOperationResult.of(avu, _STATUSES.get(type(failure), "OTHER_ERROR"), message)


def _overlong(avu: Avu) -> str:
    """What is too long of an AVU that a zone refused, which servers do not tell."""
    return " ".join(
        f"The {name} has {size} bytes: zones hold {longest} at most." for name, size, longest in overlong(avu)
    )
