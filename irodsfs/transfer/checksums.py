"""Checksums as a zone writes them: `sha2:` and base64 of SHA-256, or the hexadecimal digits of MD5."""

from __future__ import annotations

import base64
import errno
import hashlib
import logging
import re
from collections.abc import Iterable

from irodsfs.grid.flight import Reply

logger = logging.getLogger(__name__)

_SCHEMES = {"sha2": "sha256", "sha512": "sha512", "sha1": "sha1"}
_REGISTERED = re.compile(rb"<chksum>([^<]*)</chksum>")


class ChecksumMismatchError(OSError):
    """Bytes are not those that the checksum was computed from (EIO)."""


class Verification:
    """Compares bytes with a checksum as they come. A checksum that can't be computed here is logged, and passes.

    `position` (bytes) is up to where they have come.
    """

    def __init__(self, path: str, checksum: str) -> None:
        self.position = 0
        self.checksum = checksum
        self._path = path
        scheme, separator, _ = checksum.partition(":")
        name = _SCHEMES.get(scheme) if separator else "md5"
        self._digest = hashlib.new(name, usedforsecurity=False) if name else None
        self._prefix = f"{scheme}:" if separator else ""
        if name is None:
            logger.warning("%s has the checksum %s, which can't be verified here", path, checksum)

    def add(self, chunk: bytes | bytearray | memoryview, at: int | None = None) -> None:
        """Take what follows, or what is `at` an earlier position, of which a part may have come before."""
        new = memoryview(chunk)[self.position - (self.position if at is None else at) :]
        self.position += len(new)
        if self._digest is not None:
            self._digest.update(new)

    def finish(self) -> None:
        """Raise `ChecksumMismatchError` unless everything that was added has the checksum."""
        if self._digest is None:
            return
        computed = self._digest.hexdigest()
        if self._prefix:
            computed = self._prefix + base64.b64encode(self._digest.digest()).decode()
        if computed != self.checksum:
            raise ChecksumMismatchError(
                errno.EIO, f"{self._path} has the checksum {self.checksum}, its bytes have {computed}"
            )


def sha2_text(digest: bytes) -> str:
    """A SHA-256 digest as zones write it."""
    return f"sha2:{base64.b64encode(digest).decode()}"


def verify(path: str, checksum: str, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
    """Raise `ChecksumMismatchError` unless `chunks` have this checksum."""
    verification = Verification(path, checksum)
    for chunk in chunks:
        verification.add(chunk)
    verification.finish()


def registered(stat: Reply) -> str:
    """The checksum in the answer to an object stat; empty when none is registered."""
    found = _REGISTERED.search(stat.check().body)
    return found[1].decode() if found else ""
