"""Credentials: digests and obfuscated passwords, made anew for what our server challenged with."""

from __future__ import annotations

import base64
import hashlib

from irods import MAX_PASSWORD_LENGTH
from irods.password_obfuscation import create_temp_password, scramble_v2, unscramble

ADMINISTRATOR = "rods"
PASSWORDS = (ADMINISTRATOR, "apass", "bpass", "cpass", "")  # anonymous has an empty one
WRONG = "none of the passwords"
CHAINED = ".ObfV2"  # what an obfuscation that involves the challenge starts with, after one random character


class Credentials:
    """The passwords of the recorded users, temporary ones included: as recorded, and as our zone has them."""

    def __init__(self) -> None:
        self.ours = {password: password for password in PASSWORDS}

    def learn_temporary(self, recorded_hash: str, our_hash: str) -> None:
        """A server gave out a hash; each password makes a temporary one of it."""
        for password in PASSWORDS:
            self.ours[create_temp_password(recorded_hash, password)] = create_temp_password(our_hash, password)

    def digest(self, recorded: str, recorded_challenge: str, our_challenge: str) -> str:
        """The digest of the same password for our challenge; of a wrong one when the recorded one was wrong."""
        matching = (ours for password, ours in self.ours.items() if digest_of(recorded_challenge, password) == recorded)
        return digest_of(our_challenge, next(matching, WRONG))


def digest_of(challenge: str, password: str) -> str:
    padded = password.encode().ljust(MAX_PASSWORD_LENGTH, b"\0")
    digest = hashlib.md5(challenge.encode() + padded).digest()
    return base64.b64encode(digest.replace(b"\0", b"\1")).decode()


def obfuscated(recorded: str, recorded_challenge: str, our_challenge: str) -> str:
    """A new password as an administrator sends it; one that does not involve the challenge stays as it is."""
    key = hashlib.md5((ADMINISTRATOR + signature(recorded_challenge)).ljust(100, "\0").encode()).hexdigest()
    plain = unscramble(recorded, key, scramble_prefix="", block_chaining=True)
    if plain[1 : 1 + len(CHAINED)] != CHAINED:
        return recorded
    fresh: str = scramble_v2(plain[1 + len(CHAINED) :], ADMINISTRATOR, signature(our_challenge))
    return fresh


def signature(challenge: str) -> str:
    return challenge.encode()[:16].hex()
