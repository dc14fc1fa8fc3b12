"""Multipart uploads, parsed as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request

from irodsfs.control.http_errors import BadRequest, ControlError

PART = "uploadFile"
FORM = "multipart/form-data"
MOST_PARTS = 64


async def uploaded(request: Request) -> AsyncGenerator[bytes, None]:
    """The bytes of the part `uploadFile`, as they come; the first item is empty: the part has begun.

    Raises `ControlError` for a body that is no form, has no such part, or two of them.
    """
    boundary = _boundary_of(request)
    seen = 0
    try:
        async with aclosing(request.stream()) as chunks:
            with PushMultipartParser(boundary, max_segment_count=MOST_PARTS, strict=True) as parser:
                current: MultipartSegment | None = None
                async for chunk in chunks:
                    if not chunk or parser.closed:
                        continue
                    for event in parser.parse(chunk):
                        if isinstance(event, MultipartSegment):
                            current = event
                            seen += event.name == PART
                            if seen > 1:
                                raise BadRequest(PART, f"There are two parts {PART}.", "Send one file in a request.")
                            if event.name == PART:
                                yield b""
                        elif event and current is not None and current.name == PART:
                            yield bytes(event)
    except MultipartError as error:
        raise BadRequest("body", f"The multipart body is broken: {error}.", f"Send {FORM} as RFC 7578 says.") from error
    if not seen:
        raise BadRequest(PART, f"There is no part {PART}.", f"Send the file as the part {PART}.")


def _boundary_of(request: Request) -> str:
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type != FORM or not options.get("boundary"):
        raise ControlError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            f"The body is not {FORM} with a boundary.",
            field="Content-Type",
            remedy=f"Send {FORM} with the file as its part {PART}.",
        )
    return str(options["boundary"])
