"""How the bytes of one mount are moved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TransferOptions:
    """`resource` for new data objects; `checksum` registers one with each upload; `verify` compares it on reading."""

    resource: str | None = None
    checksum: bool = False
    verify: bool = False
