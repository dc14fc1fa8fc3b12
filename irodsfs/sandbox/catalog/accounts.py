"""Users as agents know them, and the passwords they prove themselves with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.protocol.error_numbers import IrodsError

NEVER = "9999-12-31-23.59.00"
ANONYMOUS = "anonymous"
TEMPORARY_SECONDS = 1000
PASSWORD_LENGTH = 50


@dataclass(frozen=True)
class User:
    """A user of the zone: catalog id, name, zone and type (rodsadmin, groupadmin, rodsuser)."""

    id: int
    name: str
    zone: str
    type: str

    @property
    def is_admin(self) -> bool:
        """Whether the user is a rodsadmin."""
        return self.type == "rodsadmin"


def find_user(catalog: Catalog, name: str, zone: str) -> User | None:
    """The user (no group) of that name, None when there is none."""
    row = catalog.row(
        "SELECT user_id, user_name, zone_name, user_type_name FROM R_USER_MAIN"
        " WHERE user_name = ? AND zone_name = ? AND user_type_name <> 'rodsgroup'",
        name,
        zone,
    )
    return None if row is None else User(*row)


def proves_password(catalog: Catalog, user: User, challenge: bytes, response: bytes) -> bool:
    """Whether a response to a challenge shows one of the user's passwords; a temporary one is used up by that.

    Anonymous needs none. Raises IrodsError when the user has no password or the one shown has expired.
    """
    rows = catalog.rows(
        "SELECT rcat_password, pass_expiry_ts, modify_ts FROM R_USER_PASSWORD WHERE user_id = ?", user.id
    )
    if not rows and user.name != ANONYMOUS:
        raise IrodsError("CAT_INVALID_USER")
    for row in rows:
        if response_to(challenge, row["rcat_password"]) == response:
            use_up(catalog, user, row["rcat_password"], row["pass_expiry_ts"], row["modify_ts"])
            return True
    return not rows


def use_up(catalog: Catalog, user: User, password: str, expiry: str, modified: str) -> None:
    if expiry == NEVER:
        return
    lifetime = int(expiry)
    has_expired = int(modified) + lifetime < int(clock.seconds())
    if has_expired or lifetime < TEMPORARY_SECONDS:
        catalog.execute("DELETE FROM R_USER_PASSWORD WHERE user_id = ? AND rcat_password = ?", user.id, password)
    if has_expired:
        raise IrodsError("CAT_PASSWORD_EXPIRED")


def response_to(challenge: bytes, password: str) -> bytes:
    """What a client that knows the password answers to a challenge (native authentication): an MD5 without NULs."""
    padded = password.encode()[:PASSWORD_LENGTH].ljust(PASSWORD_LENGTH, b"\0")
    return hashlib.md5(challenge[:64] + padded, usedforsecurity=False).digest().replace(b"\0", b"\1")
