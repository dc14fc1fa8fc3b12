"""Pages of foreign origins, whose requests carry the credentials that a browser has kept for its user."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from irodsfs.control.http_errors import ControlError
from irodsfs.control.origins import is_origin, require_own

PORTAL = "https://portal.example"


def request(host: str, scheme: str = "http", **headers: str) -> Request:
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    return Request({"type": "http", "method": "POST", "scheme": scheme, "path": "/", "headers": raw, "server": None})


@pytest.mark.parametrize(
    "sent",
    [
        request("data.example"),
        request("data.example", origin="http://data.example"),
        request("data.example", origin="https://data.example"),
        request("data.example:443", origin="https://data.example"),
        request("DATA.example:8080", origin="http://data.EXAMPLE:8080"),
        request("[::1]:8080", origin="http://[::1]:8080"),
        request("data.example", "https", origin="https://data.example", sec_fetch_site="same-origin"),
        request("data.example", origin=PORTAL, sec_fetch_site="cross-site"),
    ],
)
def test_own_and_named_origins_may(sent: Request) -> None:
    require_own(sent, [PORTAL])


@pytest.mark.parametrize(
    "sent",
    [
        request("data.example", origin="https://evil.example"),
        request("data.example", origin="https://data.example.evil.example"),
        request("data.example", origin="http://data.example:81"),
        request("data.example", "https", origin="http://data.example"),
        request("data.example", origin="null"),
        request("data.example", origin=""),
        request("data.example", origin="http://user@data.example"),
        request("data.example", origin="http://["),
        request("data.example", origin="file://data.example"),
        request("", origin="http://"),
        request("data.example", origin=f"{PORTAL}.evil.example"),
        request("data.example", sec_fetch_site="cross-site"),
        request("data.example", origin="http://data.example", sec_fetch_site="Cross-Site"),
    ],
)
@pytest.mark.parametrize("named", [[PORTAL], ["*"], []])
def test_foreign_origins_may_not(sent: Request, named: list[str]) -> None:
    with pytest.raises(ControlError, match="another origin"):
        require_own(sent, named)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (PORTAL, True),
        ("http://localhost:3000", True),
        ("https://portal.example/", False),
        ("https://portal.example/page", False),
        ("portal.example", False),
        ("null", False),
        ("https://user@portal.example", False),
    ],
)
def test_what_is_an_origin(text: str, valid: bool) -> None:
    assert is_origin(text) is valid
