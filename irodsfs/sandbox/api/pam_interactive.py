"""Scheme `pam_interactive` (110000): what a user's script says and asks, one step for each request of the client.

A step of a script is `{"say": text}`, `{"ask": text, "answer": text}`, or `"ask_secretly"` instead of `"ask"` for what
is not shown while it is typed.
"""

from __future__ import annotations

import hmac
from typing import Any

from irodsfs.sandbox.api.authentication import STEPS, require_user
from irodsfs.sandbox.api.pam_api import generate, lifetime
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

Content = dict[str, Any]

OPERATIONS = {"say": "next", "ask": "waiting", "ask_secretly": "waiting_pw"}
ANSWERED = ("request_result", "msg", "resp")
"""What is the client's answer, or the zone's last one."""


def begin(session: Session, content: Content) -> Content:
    if session.negotiated != "CS_NEG_USE_SSL":
        raise IrodsError("SYS_NOT_ALLOWED")
    session.questions = list(session.zone.pam_script(str(content.get("user_name", ""))))
    session.question = None
    session.answers_well = True
    return content


def go_on(session: Session, content: Content) -> Content:
    """Takes the answer to the last question and asks the next one; at the end, lets in or not."""
    if session.question is not None and "say" not in session.question:
        expected, given = str(session.question.get("answer", "")), str(content.get("resp", ""))
        session.answers_well &= bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
    rest = {key: value for key, value in content.items() if key not in ANSWERED}
    if session.questions:
        session.question = session.questions.pop(0)
        kind = next(name for name in OPERATIONS if name in session.question)
        return {**rest, "msg": {"prompt": session.question[kind]}, "next_operation": OPERATIONS[kind]}
    session.question = None
    if not session.answers_well:
        return {**rest, "next_operation": "not_authenticated"}
    user = require_user(session, str(content.get("user_name", "")), str(content.get("zone_name", "")))
    generated = generate(session, user, lifetime(session, str(content.get("time_to_live_in_hours", ""))))
    return {**rest, "request_result": generated, "next_operation": "authenticated"}


STEPS["pam_interactive", "auth_agent_auth_request"] = begin
STEPS["pam_interactive", "auth_agent_auth_response"] = go_on
