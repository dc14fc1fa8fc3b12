"""Users of another zone are known by that zone: it checks what they answered to a challenge (705)."""

from __future__ import annotations

import base64

from irodsfs.sandbox.catalog.accounts import User
from irodsfs.sandbox.federation.link import Link
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct, decode
from irodsfs.sandbox.session import Session

LOCAL_USER, LOCAL_ADMINISTRATOR = 3, 5
"""What a zone says of its own users."""


def question(user: User, challenge: bytes, response: bytes) -> Struct:
    """Whether a user of the zone that is asked has given the right response."""
    return Struct(
        "authCheckInp_PI",
        ("challenge", base64.b64encode(challenge).decode()),
        ("response", base64.b64encode(response).decode()),
        ("username", f"{user.name}#{user.zone}"),
    )


def is_vouched_administrator(session: Session, user: User, challenge: bytes, response: bytes) -> bool:
    """Whether a user of another zone is an administrator there; raises IrodsError for a wrong response.

    A zone of which the server is not known has no users.
    """
    address = session.other_servers.address_of(user.zone)
    if address is None:
        raise IrodsError("CAT_INVALID_USER")
    link = Link(session.zone, address, user, "CROSS_ZONE_SOCK_CONNECT_ERR")
    try:
        answer = decode(link.call(705, question(user, challenge, response)).body)
    finally:
        link.close()
    return answer.integer("privLevel") == LOCAL_ADMINISTRATOR
