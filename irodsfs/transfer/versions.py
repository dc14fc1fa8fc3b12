"""Versions of a data object: whether what the zone has is still what a change was made to."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from irodsfs.grid.data_objects import Replica, read_replicas
from irodsfs.grid.namespace import GOOD, STALE
from irodsfs.grid.zone import Zone
from irodsfs.transfer import flights
from irodsfs.transfer.flights import SMALL

DIGEST_SIZE = 16


def digest(content: bytes | bytearray) -> bytes:
    """By which this mount recognises content; it is no checksum that a zone knows."""
    return hashlib.blake2b(content, digest_size=DIGEST_SIZE).digest()


class Version(BaseModel):
    """A version as the catalog shows it: bytes, and between which seconds of the zone's clock it was modified."""

    model_config = ConfigDict(frozen=True)

    size: int
    earliest: int
    latest: int

    def is_of(self, replica: Replica) -> bool:
        return replica.size == self.size and self.earliest <= replica.modified <= self.latest


class ChangedElsewhereError(OSError):
    """The zone has a version that nobody here has seen, and that must not be lost (ESTALE)."""


class BeingWrittenError(OSError):
    """Somebody is writing the object right now: what it will be is not known yet (EBUSY)."""


async def require_unchanged(zone: Zone, path: str, base: Version | None, known: Collection[bytes]) -> None:
    """Return when nothing is lost by writing `path`: there is no complete version, or it is `base` or a `known` one.

    `known` are digests of contents. At most two flights. Raises `ChangedElsewhereError`, `BeingWrittenError`, or the
    zone's error.
    """
    replicas = await read_replicas(zone, path)
    if any(replica.status not in (GOOD, STALE) for replica in replicas):
        raise BeingWrittenError(errno.EBUSY, f"{path} is being written elsewhere")
    complete = next((replica for replica in replicas if replica.status == GOOD), None)
    if complete is None or (base is not None and base.is_of(complete)):
        return
    if complete.size > SMALL or await _digest_in_zone(zone, path) not in known:
        raise ChangedElsewhereError(errno.ESTALE, f"{path} was changed elsewhere: {complete.size} bytes are there now")


async def require_present(zone: Zone, path: str) -> None:
    """Raises FileNotFoundError when there is no complete version."""
    if not any(replica.status == GOOD for replica in await read_replicas(zone, path)):
        raise FileNotFoundError(errno.ENOENT, f"{path}, of which only parts were kept, is gone")


async def _digest_in_zone(zone: Zone, path: str) -> bytes:
    return digest(flights.content(await zone.fly(*flights.reading(path, SMALL + 1, verify=False), repeat=True)))
