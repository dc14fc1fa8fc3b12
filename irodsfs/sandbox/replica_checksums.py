"""Checksums of replicas: SHA-256 as the zone's default, MD5 where a client brings one."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from irodsfs.sandbox.database import Catalog
from irodsfs.sandbox.entries_in_catalog import find_replica
from irodsfs.sandbox.error_numbers import IrodsError
from irodsfs.sandbox.replicas import update_replica

SHA2 = "sha2:"


def checksum_of(path: str, scheme_of: str = SHA2) -> str:
    """The checksum of a file in the scheme of another checksum (``sha2:`` and base64, or MD5 in hexadecimal)."""
    try:
        with Path(path).open("rb") as file:
            if scheme_of.startswith(SHA2):
                return SHA2 + base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise IrodsError("UNIX_FILE_OPEN_ERR", errno=error.errno or 0) from None


def register_checksum(catalog: Catalog, data_id: int, replica_number: int, scheme_of: str = SHA2) -> str:
    """Computes a replica's checksum, keeps it in the catalog and answers it."""
    path = find_replica(catalog, data_id, replica_number)["data_path"]
    checksum = checksum_of(path, scheme_of or SHA2)
    update_replica(catalog, data_id, replica_number, data_checksum=checksum)
    return checksum
