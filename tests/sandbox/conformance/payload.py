"""Payloads: byte streams longer than a recording keeps, made whole again."""

from __future__ import annotations

import base64
import hashlib

from tests.sandbox.conformance.recording import KEPT, Event


def payload(event: Event) -> bytes:
    """The byte stream of a request.

    What repeats itself within the kept bytes goes on so; the rest of random content is made up, the same each time.
    """
    kept, length = event.message.bs, event.bs_length
    if length <= KEPT:
        return kept
    period = period_of(kept)
    if period < len(kept):
        return (kept[:period] * (length // period + 1))[:length]
    return kept + hashlib.shake_256(kept).digest(length - len(kept))


def period_of(data: bytes) -> int:
    """The length of the shortest piece that data repeats, its own length when it repeats none."""
    half = len(data) // 2
    return next((n for n in range(1, half + 1) if data.startswith(data[n:])), len(data))


def checksum(data: bytes) -> str:
    return "sha2:" + base64.b64encode(hashlib.sha256(data).digest()).decode()
