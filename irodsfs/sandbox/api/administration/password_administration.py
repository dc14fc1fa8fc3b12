"""Passwords as clients send new ones and the catalog keeps them, and temporary ones derived from them."""

from __future__ import annotations

import hashlib
import secrets

from irodsfs.sandbox.catalog.accounts import NEVER
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.session import Session

PADDING = "1gCBizHWbwIYyWLo"
MAX_LENGTH = 42
HASH_INPUT_LENGTH = 100
TEMPORARY_LIFETIME = 120
SHORTEST_LIFETIME, LONGEST_LIFETIME = 121, 1209600


def change(session: Session, user_id: int, obfuscated: str) -> None:
    """Makes what the caller's client obfuscated a user's password."""
    password = revealed(session, obfuscated)
    if len(password) > MAX_LENGTH:
        raise IrodsError("PASSWORD_EXCEEDS_MAX_SIZE")
    time = now()
    changed = session.catalog.execute(
        "UPDATE R_USER_PASSWORD SET rcat_password = ?, modify_ts = ? WHERE user_id = ?", password, time, user_id
    )
    if not changed.rowcount:
        add(session, user_id, password, NEVER)


def add(session: Session, user_id: int | None, password: str, expiry: str) -> None:
    time = now()
    session.catalog.execute("INSERT INTO R_USER_PASSWORD VALUES (?, ?, ?, ?, ?)", user_id, password, expiry, time, time)


def revealed(session: Session, obfuscated: str) -> str:
    """The password in what a client made of it, its user's password and the challenge of its authentication."""
    # Imported where it is used: python-irodsclient takes longer to load than all else, and new passwords are rare.
    from irods.password_obfuscation import unscramble, v2_prefix

    own = of_caller(session)
    key = (own[:90] + session.signature[:100]).encode()[:HASH_INPUT_LENGTH].ljust(HASH_INPUT_LENGTH, b"\0")
    text = unscramble(obfuscated, key=hashlib.md5(key).hexdigest(), scramble_prefix="", block_chaining=True)
    if text[1 : len(v2_prefix)] == v2_prefix[1:]:
        padded = text[len(v2_prefix) :]
    else:
        padded = unscramble(obfuscated, key=own, scramble_prefix="")
    return str(padded.partition(PADDING)[0])


def of_caller(session: Session) -> str:
    """The password of the client user; temporary ones don't count."""
    password: str | None = session.catalog.value(
        "SELECT rcat_password FROM R_USER_PASSWORD WHERE user_id = ? AND pass_expiry_ts <> ?",
        session.user.id,
        str(TEMPORARY_LIFETIME),
    )
    if password is None:
        raise IrodsError("CAT_INVALID_USER")
    return password


def make_temporary(session: Session, user_id: int | None) -> str:
    """Gives a user a password for one use within 120 s; answers what to hash with the caller's password to get it."""
    return derive(session, user_id, TEMPORARY_LIFETIME)


def make_limited(session: Session, hours: int) -> str:
    """Gives the caller another password for some hours; answers what to hash with the own one to get it."""
    lifetime = hours * 3600
    if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
        raise IrodsError("PAM_AUTH_PASSWORD_INVALID_TTL")
    return derive(session, session.user.id, lifetime)


def derive(session: Session, user_id: int | None, lifetime: int) -> str:
    from irods.password_obfuscation import create_temp_password

    salt = "".join(character for character in secrets.token_hex(25) if character not in "0a")
    add(session, user_id, create_temp_password(salt, of_caller(session)), str(lifetime))
    return salt
