"""Guide, chapter 7: contents of data objects, downloaded and uploaded as streams."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import AsyncGenerator
from contextlib import aclosing
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import quote

import trio
from pydantic import Field
from starlette.responses import Response

from irodsfs.control.byte_ranges import Segment, by_header, by_parameters
from irodsfs.control.call import Call
from irodsfs.control.creating import NameTakenError, create, overwrite
from irodsfs.control.documents.data_object_documents import DataObjectDocument
from irodsfs.control.entries import require_collection, require_zone, wrong_kind
from irodsfs.control.http_operations import Operations, Parameters
from irodsfs.control.replacing import replace
from irodsfs.control.routes.data_object_routes import existing_replicas
from irodsfs.control.streamed_responses import Pieces, StreamedResponse
from irodsfs.control.uploads import FORM, PART, uploaded
from irodsfs.grid import catalog_entries
from irodsfs.grid.data_objects import Replica, read_replicas
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.names import zone_of
from irodsfs.transfer.flights import SMALL, content, reading
from irodsfs.transfer.memory import Share
from irodsfs.transfer.reader import Reader

operations = Operations("File contents")

FILE_CONTENTS = "/fileContents/{path:path}"
BYTES = "application/octet-stream"
PIECE = 1024 * 1024
"""Bytes that are handed to the client at a time."""

_BINARY = {"type": "string", "format": "binary"}


class Download(Parameters):
    offset: int = Field(0, ge=0, le=2**63 - 1, description="where to begin, in bytes")
    length: int | None = Field(None, ge=0, le=2**63 - 1, description="how many bytes to send at the most")


class Upload(Parameters):
    offset: int | None = Field(
        None, ge=0, le=2**63 - 1, description="write from this byte on and keep the rest; otherwise all is replaced"
    )


@operations.operation(
    "GET",
    FILE_CONTENTS,
    parameters=Download,
    contents={BYTES: _BINARY},
    takes_ticket=True,
    other_statuses=(HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
)
async def get_file_contents(call: Call) -> Response:
    """The bytes of a data object, or of a range of it."""
    replica = (await existing_replicas(call))[0]
    headers = _headers(replica)
    if _is_known(call, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    segment = _segment(call, replica.size, headers["ETag"])
    if call.request.method == "HEAD":
        headers |= segment.headers() | {"Content-Length": str(segment.length)}
        return Response(status_code=segment.status, headers=headers, media_type=BYTES)
    return await _send(call, replica, headers)


@operations.operation(
    "POST",
    FILE_CONTENTS,
    parameters=Upload,
    answer=DataObjectDocument,
    upload={FORM: {"type": "object", "properties": {PART: _BINARY}, "required": [PART]}},
    takes_ticket=True,
    other_statuses=(HTTPStatus.PRECONDITION_FAILED,),
)
async def post_file_contents(call: Call) -> DataObjectDocument:
    """Upload a file as the part `uploadFile` of a form, with `If-None-Match: *` a new one only; answers its record."""
    zone, path = call.session.zone, call.path
    entry = await catalog_entries.find(zone, path)
    if entry is not None and entry.is_collection:
        raise wrong_kind(entry)
    if entry is None:
        await require_zone(zone, path)
        await require_collection(zone, posixpath.dirname(path), "path")
    elif _must_be_new(call):
        raise NameTakenError(path, HTTPStatus.PRECONDITION_FAILED)
    async with aclosing(uploaded(call.request)) as source:
        await anext(source)
        try:
            await _store(call, source, is_new=entry is None)
        except NameTakenError as error:
            if _must_be_new(call):
                raise NameTakenError(path, HTTPStatus.PRECONDITION_FAILED) from error
            raise
        finally:
            with trio.CancelScope(shield=True):
                await call.changes.changed(path)
    return DataObjectDocument.of((await read_replicas(zone, path))[0])


async def _store(call: Call, source: AsyncGenerator[bytes, None], *, is_new: bool) -> None:
    zone, path, offset = call.session.zone, call.path, call.parameters.offset
    if is_new:
        account = call.session.account
        resource = account.default_resource if zone_of(path) == account.zone else None
        await create(zone, path, source, call.spool, offset=offset or 0, resource=resource)
    elif offset is None:
        await replace(zone, path, source, call.spool)
    else:
        await overwrite(zone, path, source, call.spool, offset)


def _must_be_new(call: Call) -> bool:
    return call.request.headers.get("if-none-match", "").strip() == "*"


def _headers(replica: Replica) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "ETag": _entity_tag(replica),
        "Last-Modified": formatdate(replica.modified, usegmt=True),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(replica.name, safe='')}",
    }


def _entity_tag(replica: Replica) -> str:
    version = f"{replica.id}-{replica.size}-{replica.modified}-{replica.checksum}"
    digest = hashlib.sha256(version.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    # Times are whole seconds: without a checksum two contents may look the same.
    return f'"{digest}"' if replica.checksum else f'W/"{digest}"'


def _is_known(call: Call, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in call.request.headers.get("if-none-match", "").split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def _segment(call: Call, size: int, tag: str) -> Segment:
    header = call.request.headers.get("range")
    condition = call.request.headers.get("if-range")
    applies = condition is None or (condition == tag and not tag.startswith("W/"))
    segment = by_header(size, header) if header is not None and applies else None
    return segment or by_parameters(size, call.parameters.offset, call.parameters.length)


async def _send(call: Call, replica: Replica, headers: dict[str, str]) -> Response:
    share = Share()
    call.resources.callback(share.give_back)
    if replica.size <= SMALL and share.resize(SMALL):
        whole = content(await call.session.zone.fly(*reading(call.path, SMALL + 1, stat=False), repeat=True))
        share.resize(len(whole))
        if len(whole) <= SMALL:
            segment = _segment(call, len(whole), headers["ETag"])
            sent = bytes(memoryview(whole)[segment.start : segment.end])
            return Response(sent, segment.status, headers | segment.headers(), BYTES)
        share.give_back()
    reader = Reader(call.session.zone, call.path, verify=None)
    call.resources.push_async_callback(_close, reader)
    await reader.open()
    segment = _segment(call, reader.size, headers["ETag"])
    headers |= segment.headers() | {"Content-Length": str(segment.length)}
    return StreamedResponse(_pieces(reader, segment), segment.status, headers, BYTES)


async def _pieces(reader: Reader, segment: Segment) -> Pieces:
    position = segment.start
    while position < segment.end:
        piece = await reader.read(position, min(PIECE, segment.end - position))
        if not piece:
            raise ZoneUnreachable("the data object became shorter while it was sent")
        yield piece
        position += len(piece)


async def _close(reader: Reader) -> None:
    with trio.CancelScope(shield=True):
        await reader.close()
