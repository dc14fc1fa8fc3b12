"""JSON or XML: what a client wants to receive, and what it sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import trio
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from irodsfs.control import xml
from irodsfs.control.accept import JSON, NAMES, XML, most_wanted
from irodsfs.control.documents.base import Document
from irodsfs.control.http_errors import BadRequest, ControlError

NDJSON = "application/x-ndjson"
_ALIASES = NAMES | {"*/*": JSON, "application/*": JSON, "text/*": XML}
PARAMETER = "contentType"
"""The guide's parameter that overrides the Accept header."""

LARGEST_BODY = 1024 * 1024
"""Bytes of a document that a client may send; contents of files are not documents."""

NUL_IN_JSON = b"\\u0000"
"""XML can't have one at all."""

MANY = 100
"""Parts of an answer from which on it is long."""

Answer = Document | Sequence[Document]


def wanted_type(request: Request, *others: str) -> str:
    """The media type of the answer: JSON, XML, or one of `others`. Raises `ControlError`: 406, 400."""
    offered = (JSON, XML, *others)
    named = request.query_params.get(PARAMETER)
    if named is not None:
        chosen = _known(named.strip().strip("\"'"), offered)
        if chosen is None:
            raise BadRequest(PARAMETER, f"{named!r} is no media type of an answer.", f"Use {' or '.join(offered)}.")
        return chosen
    chosen = most_wanted(request.headers.get("accept", "*/*"), offered)
    if chosen is None:
        raise ControlError(
            HTTPStatus.NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "There is no answer in any of the media types that the Accept header lists.",
            field="Accept",
            remedy=f"Accept {' or '.join(offered)}.",
        )
    return chosen


def _known(media_type: str, offered: Sequence[str]) -> str | None:
    media_type = media_type.lower()
    media_type = media_type if media_type in offered else _ALIASES.get(media_type, "")
    return media_type if media_type in offered else None


async def rendered(answer: Answer, media_type: str, status: int = HTTPStatus.OK) -> Response:
    """The answer in its form; a long one is put into it in a thread: this one has files to attend to."""
    if _has_many_parts(answer):
        return await trio.to_thread.run_sync(render, answer, media_type, status)
    return render(answer, media_type, status)


def _has_many_parts(answer: Answer) -> bool:
    parts = vars(answer).values() if isinstance(answer, Document) else [answer]
    return any(isinstance(part, list) and len(part) >= MANY for part in parts)


def render(answer: Answer, media_type: str, status: int = HTTPStatus.OK) -> Response:
    content = xml.write(answer) if media_type == XML else to_json(answer)
    return Response(content, status, media_type=media_type)


def to_json(answer: Answer) -> bytes:
    # json escapes what is not UTF-8 in names, where pydantic's own serialiser would fail.
    if isinstance(answer, Document):
        return json.dumps(_plain(answer)).encode()
    return json.dumps([_plain(each) for each in answer]).encode()


def _plain(document: Document) -> object:
    return document.model_dump(mode="json", exclude_none=True)


async def read_body(request: Request, kind: type[Document]) -> Document:
    """The document that a client sent. Raises `ControlError`: 400, 413 or 415, naming the field."""
    media_type = _content_type(request)
    body = await _read_limited(request)
    try:
        if media_type == JSON:
            document = kind.model_validate_json(body, strict=True)
        else:
            document = kind.model_validate(xml.read(body, kind))
    except ValidationError as error:
        raise invalid(error, "body") from error
    if NUL_IN_JSON in body:
        _refuse_nul(document.model_dump(), ())
    return document


def _content_type(request: Request) -> str:
    """The type of the body: one that is not told is none, as a page of any origin may send it without asking."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    media_type = NAMES.get(given, given)
    if media_type not in (JSON, XML):
        raise ControlError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            f"The body is of type {given!r}." if given else "The body has no Content-Type.",
            field="Content-Type",
            remedy=f"Send {JSON} or {XML}.",
        )
    return media_type


def _refuse_nul(value: Any, place: tuple[str, ...]) -> None:
    # The protocol's texts end at one, and the server hangs up.
    if isinstance(value, str) and "\0" in value:
        raise has_nul(".".join(place))
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            _refuse_nul(each, (*place, str(key)))


def has_nul(field: str) -> BadRequest:
    return BadRequest(field, f"{field} holds a NUL character.", "Leave it out: nothing in iRODS may have one.")


async def _read_limited(request: Request) -> bytes:
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > LARGEST_BODY:
                raise ControlError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    "BODY_TOO_LARGE",
                    f"The body has more than {LARGEST_BODY} bytes.",
                    field="body",
                    remedy="Split it; contents of files go to /fileContents.",
                )
    return bytes(body)


def invalid(error: ValidationError, whole: str) -> BadRequest:
    """The first thing that is wrong with a document or with parameters, `whole` when it is all of it."""
    detail = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, detail["loc"])) or whole
    if detail["type"] == "extra_forbidden":
        return BadRequest(field, f"{field} is not known here.", "Leave it out; openapi.json lists what is known.")
    if detail["type"] == "missing":
        return BadRequest(field, f"{field} is missing.", "Add it.")
    return BadRequest(field, f"{detail['msg']}.")
