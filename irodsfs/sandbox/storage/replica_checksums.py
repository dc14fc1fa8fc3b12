"""Checksums of replicas: SHA-256 as the zone's default, other schemes where a client brings such a checksum."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path

from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.catalog.entries_in_catalog import find_replica
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.storage.replicas import update_replica

SHA2 = "sha2:"
IN_BASE64 = {SHA2: "sha256", "sha512:": "sha512", "sha1:": "sha1"}
ADLER32 = "adler32:"


def checksum_of(path: str, scheme_of: str = SHA2) -> str:
    """The checksum of a file in the scheme of another checksum (``sha2:`` and base64, MD5 in hexadecimal, ...)."""
    prefix, colon, _ = scheme_of.partition(":")
    prefix += colon
    try:
        with Path(path).open("rb") as file:
            if prefix in IN_BASE64:
                return prefix + base64.b64encode(hashlib.file_digest(file, IN_BASE64[prefix]).digest()).decode()
            if prefix == ADLER32:
                return f"{ADLER32}{zlib.adler32(file.read()):08x}"
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPEN_ERR", errno=error.errno or 0) from None


def register_checksum(catalog: Catalog, data_id: int, replica_number: int, scheme_of: str = SHA2) -> str:
    """Computes a replica's checksum, keeps it in the catalog and answers it."""
    path = find_replica(catalog, data_id, replica_number)["data_path"]
    checksum = checksum_of(path, scheme_of or SHA2)
    update_replica(catalog, data_id, replica_number, data_checksum=checksum)
    return checksum
