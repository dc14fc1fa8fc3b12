"""Checksums as a zone writes them: `sha2:` and base64 of SHA-256, the hexadecimal digits of MD5, and others."""

from __future__ import annotations

import base64
import errno
import hashlib
import logging
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from irodsfs.grid.flight import Reply

logger = logging.getLogger(__name__)

SCHEMES = {"md5": "", "sha1": "sha1:", "sha256": "sha2:", "sha512": "sha512:", "adler32": "adler32:"}
"""What checksums begin with, by the names of their schemes in an iRODS environment, in small letters."""

_USUAL = "sha256"
"""The scheme of clients whose environment names none."""

_REGISTERED = re.compile(rb"<chksum>([^<]*)</chksum>")


class ChecksumMismatchError(OSError):
    """Bytes are not those that the checksum was computed from (EIO)."""


class ChecksumRefusedError(OSError):
    """A checksum is registered in another scheme than the only one that is allowed (EIO)."""


class _Digest(Protocol):
    def update(self, data: memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Adler32:
    """Adler-32, as `hashlib` has the others."""

    def __init__(self) -> None:
        self._value = zlib.adler32(b"")

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.adler32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4)


@dataclass(frozen=True)
class HashPolicy:
    """Which checksums are asked for and taken: the settings `irods_default_hash_scheme` and `irods_match_hash_policy`.

    Without a `scheme`, the zone chooses. `strict` takes none of another scheme than that, or than the usual one.
    """

    scheme: str | None = None
    strict: bool = False

    @property
    def example(self) -> str:
        """A checksum in the scheme, of nothing in particular, by which servers learn which is wanted; or empty."""
        return text_of(self.scheme, _new(self.scheme).digest()) if self.scheme else ""

    def check(self, path: str, checksum: str) -> None:
        """Raise `ChecksumRefusedError` for one that is not to be taken."""
        wanted = self.scheme or _USUAL
        if self.strict and (found := scheme_of(checksum)) != wanted:
            raise ChecksumRefusedError(
                errno.EIO,
                f"the checksum of {path} is registered in the scheme {found}, and irods_match_hash_policy is strict: "
                f"only {wanted} (irods_default_hash_scheme) is allowed",
            )


def scheme_of(checksum: str) -> str:
    """The name of the scheme; what is before the colon, where that is unknown here."""
    prefix, colon, _ = checksum.partition(":")
    if not colon:
        return "md5"
    return next((name for name, known in SCHEMES.items() if known == prefix + colon), prefix)


def text_of(scheme: str, digest: bytes) -> str:
    """A digest as zones write it."""
    in_digits = scheme in ("md5", "adler32")
    return SCHEMES[scheme] + (digest.hex() if in_digits else base64.b64encode(digest).decode())


def _new(scheme: str) -> _Digest:
    return _Adler32() if scheme == "adler32" else hashlib.new(scheme, usedforsecurity=False)


class Verification:
    """Compares bytes with a checksum as they come. A checksum that can't be computed here is logged, and passes.

    `position` (bytes) is up to where they have come.
    """

    def __init__(self, path: str, checksum: str) -> None:
        self.position = 0
        self.checksum = checksum
        self._path = path
        self._scheme = scheme_of(checksum)
        self._digest = _new(self._scheme) if self._scheme in SCHEMES else None
        if self._digest is None:
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
        computed = text_of(self._scheme, self._digest.digest())
        if computed != self.checksum:
            raise ChecksumMismatchError(
                errno.EIO, f"{self._path} has the checksum {self.checksum}, its bytes have {computed}"
            )


def are_summed_by(checksum: str, chunks: Iterable[bytes | bytearray | memoryview]) -> bool:
    """Whether `chunks` are known to have this checksum."""
    try:
        verify("", checksum, chunks)
    except ChecksumMismatchError:
        return False
    return scheme_of(checksum) in SCHEMES


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
