"""PAM passwords, as plugin step (110000) and the older ways (725, 1201): a table stands for the system's PAM.

Who knows the PAM password gets a random one for native authentication that is valid for a while.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
from typing import Any

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.api.authentication import STEPS, require_user
from irodsfs.sandbox.catalog.accounts import NEVER, User
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

ALPHABET = string.ascii_letters + string.digits
GENERATED_LENGTH = 20
ESCAPED = re.compile(r"\\(.)")
PAIR = re.compile(r"(\w+)=((?:\\.|[^;\\])*)(?:;|$)")


def give_password(session: Session, content: dict[str, Any]) -> dict[str, Any]:
    """The step of scheme ``pam_password``: user and password in, the generated password in ``request_result``."""
    user, password = str(content.get("user_name", "")), str(content.get("a_pw", ""))
    generated = exchange(session, user, str(content.get("zone_name", "")), password, str(content.get("a_ttl", "")))
    return {**{key: value for key, value in content.items() if key != "a_pw"}, "request_result": generated}


STEPS["pam_password", "auth_agent_auth_request"] = give_password


@handles(725)
def pam_authenticate(session: Session, request: Request) -> Reply:
    """PAM_AUTH_REQUEST_AN: user, password and hours to live; answers the generated password."""
    user, password = request.input.text("pamUser"), request.input.text("pamPassword")
    generated = exchange(session, user, "", password, request.input.text("timeToLive"))
    return Reply(0, Struct("pamAuthRequestOut_PI", ("irodsPamPassword", generated)))


@handles(1201)
def plugin_authenticate(session: Session, request: Request) -> Reply:
    """AUTH_PLUG_REQ_AN: the same in a context of ``key=value;`` pairs, where a backslash escapes."""
    if request.input.text("auth_scheme_").lower() not in ("pam", "pam_password"):
        raise IrodsError("SYS_INVALID_INPUT_PARAM")
    pairs = {key: ESCAPED.sub(r"\1", value) for key, value in PAIR.findall(request.input.text("context_"))}
    generated = exchange(session, pairs.get("a_user", ""), "", pairs.get("a_pw", ""), pairs.get("a_ttl", ""))
    return Reply(0, Struct("authPlugReqOut_PI", ("result_", generated)))


def exchange(session: Session, name: str, zone: str, password: str, hours: str) -> str:
    """A generated password for whoever knows the PAM password; raises IrodsError, also without TLS."""
    if session.negotiated != "CS_NEG_USE_SSL":
        raise IrodsError("SYS_NOT_ALLOWED")
    expected = session.zone.pam_password(name)
    if expected is None or not hmac.compare_digest(expected.encode(), password.encode()):
        raise IrodsError("PAM_AUTH_PASSWORD_FAILED")
    return generate(session, require_user(session, name, zone), lifetime(session, hours))


def lifetime(session: Session, hours: str) -> int:
    """Seconds a generated password lives: as long as the client asks within the zone's bounds, else the longest."""
    shortest, longest = (int(setting(session, f"password_{bound}_time")) for bound in ("min", "max"))
    seconds = int(hours) * 3600 if hours.isdigit() else 0
    if seconds and not shortest <= seconds <= longest:
        raise IrodsError("PAM_AUTH_PASSWORD_INVALID_TTL")
    return seconds or longest


def setting(session: Session, name: str) -> str:
    sql = "SELECT option_value FROM R_GRID_CONFIGURATION WHERE namespace = 'authentication' AND option_name = ?"
    return str(session.catalog.value(sql, name))


def generate(session: Session, user: User, seconds: int) -> str:
    password = "".join(secrets.choice(ALPHABET) for _ in range(GENERATED_LENGTH))
    with session.catalog.transaction():
        session.catalog.execute(
            "DELETE FROM R_USER_PASSWORD WHERE user_id = ? AND pass_expiry_ts <> ?"
            " AND CAST(modify_ts AS INTEGER) + CAST(pass_expiry_ts AS INTEGER) < ?",
            user.id,
            NEVER,
            int(now()),
        )
        session.catalog.execute(
            "INSERT INTO R_USER_PASSWORD VALUES (?, ?, ?, ?, ?)", user.id, password, str(seconds), now(), now()
        )
    return password
