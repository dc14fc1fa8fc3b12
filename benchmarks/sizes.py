"""How much work the workloads do."""

from __future__ import annotations

import math
from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Sizes:
    """Numbers of things; `file_bytes` and `large_bytes` are the sizes of a small file and of the large one."""

    files: int = 500
    collections: int = 20
    file_bytes: int = 4096
    large_bytes: int = 512 * MEGABYTE
    stats: int = 5_000
    missing: int = 200
    random_reads: int = 100
    attributes: int = 100
    renames: int = 25
    annotated: int = 1_000
    many: int = 100_000
    writers: int = 16

    @classmethod
    def scaled(cls, scale: float) -> Sizes:
        """The sizes of the comparison with other clients, times `scale`."""
        full = cls()
        return cls(
            files=_part(full.files, scale),
            collections=_part(full.collections, scale),
            large_bytes=_part(full.large_bytes // MEGABYTE, scale) * MEGABYTE,
            stats=_part(full.stats, scale),
            missing=_part(full.missing, scale),
            random_reads=_part(full.random_reads, scale),
            attributes=_part(full.attributes, scale),
            renames=_part(full.renames, scale),
            annotated=_part(full.annotated, scale),
            many=_part(full.many, scale),
        )


def _part(whole: int, scale: float) -> int:
    return max(1, math.ceil(whole * scale))
