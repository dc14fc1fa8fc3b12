"""What `df` shows."""

from __future__ import annotations

import pyfuse3

from irodsfs.grid.quotas import Quota, read_quotas
from irodsfs.grid.zone import Zone

BLOCK = 4096
UNLIMITED = Quota(1 << 60, 1 << 60)
TOTAL_ENTRIES = 1 << 40
LONGEST_NAME = 255


class Space:
    """Room in the zone: what the tightest quota leaves, else large constants, as an installer must not find none."""

    def __init__(self, zone: Zone, resource: str | None) -> None:
        """`resource` is where new data objects go, if that was chosen."""
        self._zone = zone
        self._resource = resource

    async def statistics(self) -> pyfuse3.StatvfsData:
        quotas = await read_quotas(self._zone, self._resource)
        return _statistics(min(quotas, key=lambda quota: quota.left, default=UNLIMITED))


def _statistics(quota: Quota) -> pyfuse3.StatvfsData:
    result = pyfuse3.StatvfsData()
    result.f_bsize = result.f_frsize = BLOCK
    result.f_blocks = quota.limit // BLOCK
    result.f_bfree = result.f_bavail = max(0, quota.left) // BLOCK
    result.f_files = result.f_ffree = result.f_favail = TOTAL_ENTRIES
    result.f_namemax = LONGEST_NAME
    return result
