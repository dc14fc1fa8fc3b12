"""The administrator's password, as it is set when a zone is made or taken up again."""

from __future__ import annotations

import os
import secrets
import string
import time
from itertools import cycle
from pathlib import Path

from irodsfs.private_files import write_private
from irodsfs.sandbox.catalog.accounts import NEVER
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.catalog.database import Catalog, now

SEQUENCE, MARK = 0xD768B678, "S"
"""The first of the sequences that iinit chooses among, and how a password starts that was scrambled with it."""
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase + "!\"#$%&'()*+,-./"


def new_password() -> str:
    """One that nobody can guess."""
    return secrets.token_hex(16)


def keep_password(file: Path, password: str) -> None:
    """Writes a password as iinit does, for clients to find it."""
    write_private(file, scrambled(password, os.getuid(), int(time.time())).encode())


def scrambled(password: str, uid: int, modified: int) -> str:
    """What iinit writes into a file of that local user's that is modified at that time (seconds since 1970).

    As python-irodsclient's `encode`, which takes longer to load than all that a zone needs to answer.
    """
    nibbles = [modified >> 4, modified, modified >> 12, modified >> 8]
    told = MARK + "".join(chr(ord("a") + (nibble & 15)) for nibble in nibbles)
    offsets = ((SEQUENCE >> shift & 31) + (uid & 0xF5F) for shift in cycle(range(0, 29, 3)))
    turned = "".join(
        ALPHABET[(ALPHABET.index(character) + offset) % len(ALPHABET)] if character in ALPHABET else character
        for character, offset in zip(told + password, offsets, strict=False)
    )
    return f".{turned[: len(told)]}e{turned[len(told) :]}\0"


def set_administrator_password(catalog: Catalog, password: str) -> None:
    catalog.execute(
        "UPDATE R_USER_PASSWORD SET rcat_password = ?, modify_ts = ? WHERE pass_expiry_ts = ? AND user_id ="
        " (SELECT user_id FROM R_USER_MAIN WHERE user_name = ? AND user_type_name <> 'rodsgroup')",
        password,
        now(),
        NEVER,
        ADMINISTRATOR,
    )
