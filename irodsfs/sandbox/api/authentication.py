"""Proving who one is: native and PAM passwords, as plugins since 4.3 (110000) and the older way (703, 704, 725)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import Any

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog.accounts import User, find_user, proves_password
from irodsfs.sandbox.federation.vouching import LOCAL_ADMINISTRATOR, LOCAL_USER, is_vouched_administrator
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct, json_of, json_struct
from irodsfs.sandbox.session import Session

Content = dict[str, Any]


@handles(110000)
def authenticate(session: Session, request: Request) -> Reply:
    """AUTHENTICATION_APN: one step of a scheme's exchange, JSON in and out."""
    content = json_of(request.input)
    if not isinstance(content, dict):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    step = STEPS.get((str(content.get("scheme")), str(content.get("next_operation"))))
    if step is None:
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    return Reply(0, json_struct(step(session, content)))


def offer_challenge(session: Session, content: Content) -> Content:
    session.challenge = secrets.token_hex(32).encode()
    return {**content, "request_result": session.challenge.decode()}


def check_response(session: Session, content: Content) -> Content:
    try:
        user, zone = str(content["user_name"]), str(content["zone_name"])
        response = base64.b64decode(str(content["digest"]))
    except (KeyError, ValueError):
        raise IrodsError("SYS_INVALID_INPUT_PARAM") from None
    admit(session, user, zone, response)
    return content


STEPS: dict[tuple[str, str], Callable[[Session, Content], Content]] = {
    ("native", "auth_agent_auth_request"): offer_challenge,
    ("native", "auth_agent_auth_response"): check_response,
}


@handles(703)
def request_challenge(session: Session, request: Request) -> Reply:
    """AUTH_REQUEST_AN: a challenge of 64 bytes."""
    session.challenge = secrets.token_hex(32).encode()
    return Reply(0, Struct("authRequestOut_PI", ("challenge", base64.b64encode(session.challenge).decode())))


@handles(704)
def answer_challenge(session: Session, request: Request) -> Reply:
    """AUTH_RESPONSE_AN: the response to the challenge, and ``user#zone``."""
    name, _, zone = request.input.text("username").partition("#")
    try:
        response = base64.b64decode(request.input.text("response"))
    except ValueError:
        raise IrodsError("SYS_INVALID_INPUT_PARAM") from None
    admit(session, name, zone, response)
    return Reply()


@handles(705)
def check_for_other_zone(session: Session, request: Request) -> Reply:
    """AUTH_CHECK_AN: whether a user of this zone gave the right response to the challenge of another zone's server."""
    name, _, zone = request.input.text("username").partition("#")
    user = require_user(session, name, zone)
    try:
        challenge, response = (base64.b64decode(request.input.text(part)) for part in ("challenge", "response"))
    except ValueError:
        raise IrodsError("SYS_INVALID_INPUT_PARAM") from None
    if user.zone != session.zone.name or not proves_password(session.catalog, user, challenge, response):
        raise IrodsError("CAT_INVALID_AUTHENTICATION")
    level = LOCAL_ADMINISTRATOR if user.is_admin else LOCAL_USER
    return Reply(0, Struct("authCheckOut_PI", ("privLevel", level), ("clientPrivLevel", level), ("serverResponse", "")))


def admit(session: Session, name: str, zone: str, response: bytes) -> None:
    """Makes the session the client user's when the proxy user proved a password; raises IrodsError otherwise."""
    proxy = proxy_named(session, name, zone or session.zone.name)
    challenge, session.challenge = session.challenge, b""
    session.signature = challenge[:16].hex()
    if not challenge:
        raise IrodsError("CAT_INVALID_AUTHENTICATION")
    is_admin = proves_itself(session, proxy, challenge, response)
    client = require_user(session, session.startup.text("clientUser"), session.startup.text("clientRcatZone"))
    if client != proxy and not (is_admin and proxy.zone in (session.zone.name, client.zone)):
        raise IrodsError("SYS_PROXYUSER_NO_PRIV")
    session.proxy, session.user = proxy, client


def proxy_named(session: Session, name: str, zone: str) -> User:
    """The user that is to prove itself: the server of another zone, acting for its users, need not be known here."""
    known = find_user(session.catalog, name, zone)
    return known or (User(0, name, zone, "") if zone != session.zone.name else require_user(session, name, zone))


def proves_itself(session: Session, user: User, challenge: bytes, response: bytes) -> bool:
    """Whether one who proves to be this user is an administrator of its own zone; raises IrodsError otherwise."""
    if user.zone != session.zone.name:
        return is_vouched_administrator(session, user, challenge, response)
    if not proves_password(session.catalog, user, challenge, response):
        raise IrodsError("CAT_INVALID_AUTHENTICATION")
    return user.is_admin


def require_user(session: Session, name: str, zone: str) -> User:
    user = find_user(session.catalog, name, zone or session.zone.name)
    if user is None:
        raise IrodsError("CAT_INVALID_USER")
    return user
