"""Requests that a web page makes its visitor's browser send: they carry the visitor's credentials, not his will."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request

from irodsfs.control.http_errors import ControlError

EVERYBODY = "*"
SCHEMES = ("http", "https")
_PORTS = {"http": 80, "https": 443}
_CROSS_SITE = "cross-site"


def is_origin(text: str) -> bool:
    """Whether it is an origin as browsers send it: scheme, host and perhaps a port."""
    parts = _split(text)
    return parts is not None and text.lower() == f"{parts.scheme}://{parts.netloc}".lower()


def require_own(request: Request, named: Collection[str]) -> None:
    """Raises `ControlError` 403 for a request by a page of a foreign origin that is not `named`.

    `*` names nobody: whoever may read with credentials of their own may not write with those of others.
    """
    origins = request.headers.getlist("origin")
    if len(origins) == 1 and origins[0].lower() in {each.lower() for each in named}:
        return
    is_cross_site = request.headers.get("sec-fetch-site", "").strip().lower() == _CROSS_SITE
    if is_cross_site or not all(_is_own(origin, request) for origin in origins):
        raise ControlError(
            HTTPStatus.FORBIDDEN,
            "FOREIGN_ORIGIN",
            "A page of another origin sent this request.",
            field="Origin",
            remedy="Let irodsfs serve name that origin with --allow-cors --cors-origin.",
        )


def _is_own(origin: str, request: Request) -> bool:
    own = _split(f"{_scheme(origin)}://{request.headers.get('host', '')}")
    given = _split(origin)
    if own is None or given is None or (request.url.scheme == "https" and given.scheme != "https"):
        return False
    # Where this end is without TLS, a proxy may have taken it off.
    return _address(given) == _address(own)


def _scheme(origin: str) -> str:
    return origin.partition(":")[0].lower()


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        valid = parts.scheme in SCHEMES and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    return parts if valid else None


def _address(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]
