"""Logical paths in URLs, percent-encoded or not."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from irodsfs.control.http_errors import BadRequest
from irodsfs.grid.names import LONGEST_PATH

PREFIX = re.compile(r"\A/irods-rest[^/]*/rest(?=/)")
"""Where the guide's service lived on its server; its clients have it in their URLs."""

ADDRESS = re.compile(r"\Ahttps?://[^/]*", re.IGNORECASE)
"""What clients of proxies put before the path."""


class UndecodedPaths:
    """Middleware: routes see paths as they were sent, so that an encoded slash is part of a name.

    So `/collection/tempZone/home%2Fmetadata` is a collection called metadata, not the AVUs of its parent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = ADDRESS.sub("", scope["raw_path"].decode("latin-1").partition("?")[0])
            scope["path"] = PREFIX.sub("", path if path.startswith("/") else f"/{path}", count=1)
        await self._app(scope, receive, send)


def decode_path(text: str) -> str:
    """The logical path in a URL. A plus is a blank there, as clients of the guide's service encode it; %2B is a plus.

    Raises `BadRequest` when it is not UTF-8.
    """
    return decode(text.replace("+", " "), "path")


def decode(text: str, field: str) -> str:
    """A percent-encoded part of a URL. Raises `BadRequest` when it is not UTF-8."""
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest(field, f"{text!r} is not percent-encoded UTF-8.", "Encode the UTF-8 bytes.") from error
    if "\0" in decoded:
        raise BadRequest(field, f"{field} holds a NUL byte.", "Leave it out: no name in iRODS has one.")
    return decoded


def logical_path(path: str, field: str = "path") -> str:
    """An absolute logical path, its slash at the end left out. Raises `BadRequest` for one that no zone can have."""
    path = "/" + path.strip("/")
    if len(path.encode("utf-8", "replace")) > LONGEST_PATH:
        raise BadRequest(field, f"The path has more than {LONGEST_PATH} bytes.", "Shorten it.")
    if path != posixpath.normpath(path) or "\0" in path:
        raise BadRequest(field, f"{path!r} is not normalised.", "Write it without '.', '..', '//' and NUL.")
    return path
