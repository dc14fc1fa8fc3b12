"""How the bytes of one mount are moved."""

from __future__ import annotations

from dataclasses import dataclass

from irodsfs.grid.names import zone_of
from irodsfs.transfer.checksums import HashPolicy


@dataclass(frozen=True)
class TransferOptions:
    """`resource`, of `zone`, for new data objects.

    `checksum` is one in the scheme in which a checksum is to be registered with each upload, empty where the zone
    chooses it; None registers none. `verify` compares them on reading.
    """

    resource: str | None = None
    zone: str = ""
    checksum: str | None = None
    verify: HashPolicy | None = None

    def resource_at(self, path: str) -> str | None:
        """Where a new data object goes; None where its zone is to choose, as other zones do."""
        return self.resource if zone_of(path) == self.zone else None
