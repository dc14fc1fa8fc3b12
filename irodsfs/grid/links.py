"""Which data objects are symbolic links: those that hold the text that an AVU says they are links to.

Links are made with a checksum, by which listings tell what they hold. What has none is read.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from cachetools import LRUCache

from irodsfs.grid import requests
from irodsfs.grid.connection import FIRST_DESCRIPTOR
from irodsfs.grid.flight import Reply, Request

MOST_KNOWN = 100_000
"""Versions of objects that are remembered."""

AT_ONCE = 256
"""Objects that are read in one flight."""

SHA2 = "sha2"

Fly = Callable[[Sequence[Request]], Awaitable[list[Reply]]]


class Version(NamedTuple):
    """A version of an object, and what it is said to be a link to."""

    id: int
    modified_ns: int
    target: str


class Links:
    """Reads each version of an object that is said to be a link once, and remembers what it is."""

    def __init__(self, fly: Fly) -> None:
        self._fly = fly
        self._known: LRUCache[Version, bool] = LRUCache(MOST_KNOWN)

    async def confirm(self, claimed: Sequence[tuple[str, Version]]) -> list[bool]:
        """Whether each object, given by its path, is what is claimed of it."""
        found = {version: self._known[version] for _, version in claimed if version in self._known}
        unknown = [(path, version) for path, version in claimed if version not in found]
        for start in range(0, len(unknown), AT_ONCE):
            some = unknown[start : start + AT_ONCE]
            answers = await self._fly([request for path, version in some for request in _read(path, version)])
            for (_, version), replies in zip(some, zip(*[iter(answers)] * 3, strict=True), strict=True):
                found[version] = self._known[version] = _holds(version, *replies)
        return [found[version] for _, version in claimed]


def told_by_checksum(target: str, checksum: str) -> bool:
    """Whether the checksum that is registered for an object tells that it holds the target."""
    scheme, _, digest = checksum.partition(":")
    if scheme == SHA2:
        return digest == base64.b64encode(hashlib.sha256(encoded(target)).digest()).decode()
    return False


def encoded(target: str) -> bytes:
    return target.encode("utf-8", "surrogateescape")


def _read(path: str, version: Version) -> tuple[Request, Request, Request]:
    return (
        requests.open_object(path, os.O_RDONLY),
        requests.read(FIRST_DESCRIPTOR, len(encoded(version.target)) + 1),
        requests.close(FIRST_DESCRIPTOR),
    )


def _holds(version: Version, opened: Reply, got: Reply, closed: Reply) -> bool:
    if opened.failed or got.failed or closed.failed or opened.status != FIRST_DESCRIPTOR:
        return False
    return bytes(got.bs) == encoded(version.target)
