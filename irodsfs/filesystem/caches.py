"""What is known of a zone without asking it."""

from __future__ import annotations

from dataclasses import dataclass

from irodsfs.catalog.avus import Avus
from irodsfs.catalog.catalog import Catalog
from irodsfs.filesystem.inodes import Inodes


@dataclass(frozen=True)
class Caches:
    """The caches of one mount: of names, of AVUs, and (through `inodes`) those of the kernel."""

    catalog: Catalog
    avus: Avus
    inodes: Inodes
