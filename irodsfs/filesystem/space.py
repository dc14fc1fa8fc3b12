"""What `df` shows."""

from __future__ import annotations

from dataclasses import dataclass

from irodsfs.grid.names import LONGEST_NAME
from irodsfs.grid.quotas import Quota, read_quotas
from irodsfs.grid.zone import Zone

UNLIMITED = Quota(1 << 60, 1 << 60)
TOTAL_ENTRIES = 1 << 40


@dataclass(frozen=True)
class Space:
    """Bytes in all and left, how many entries there may be, and how long (bytes) their names."""

    total: int
    free: int
    entries: int = TOTAL_ENTRIES
    longest_name: int = LONGEST_NAME


class Quotas:
    """Room in the zone of a collection: what the tightest quota leaves.

    Without one, large constants, as an installer must not find none.
    """

    def __init__(self, zone: Zone, collection: str, resource: str | None) -> None:
        """`resource` is where new data objects go, if that was chosen."""
        self._zone = zone
        self._collection = collection
        self._resource = resource

    async def left(self) -> Space:
        quotas = await read_quotas(self._zone, self._collection, self._resource)
        tightest = min(quotas, key=lambda quota: quota.left, default=UNLIMITED)
        return Space(tightest.limit, max(0, tightest.left))
