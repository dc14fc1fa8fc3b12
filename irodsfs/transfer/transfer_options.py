"""How the bytes of one mount are moved."""

from __future__ import annotations

from dataclasses import dataclass

from irodsfs.grid.names import zone_of


@dataclass(frozen=True)
class TransferOptions:
    """`resource`, of `zone`, for new data objects; `checksum` registers one with each upload.

    `verify` compares it on reading.
    """

    resource: str | None = None
    zone: str = ""
    checksum: bool = False
    verify: bool = False

    def resource_at(self, path: str) -> str | None:
        """Where a new data object goes; None where its zone is to choose, as other zones do."""
        return self.resource if zone_of(path) == self.zone else None
