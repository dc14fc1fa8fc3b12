"""Values in rows that a zone answers, as what they should be; a zone may answer anything.

A row that makes no sense is left out: one entry is missing then, and the log says which.
"""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cachetools import LRUCache

logger = logging.getLogger(__name__)

NANOSECONDS = 1_000_000_000
"""In a second."""

LARGEST = 2**63 - 1
LATEST = 10**11
"""Seconds since 1970: catalogs have room for eleven digits."""

FUSE_NAME_MAX = 1024
"""Bytes: more the kernel takes for a mistake in the whole directory."""

_SHOWN = 200
_told: LRUCache[str, bool] = LRUCache(1_000)


def natural(text: str) -> int:
    """A number of bytes or replicas, or an id. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST):
        raise ValueError("no number")
    return int(text)


@lru_cache(maxsize=4_096)  # entries of one time share one number, too
def nanoseconds(catalog_time: str) -> int:
    """A time of the catalog in ns since 1970. Raises ValueError."""
    seconds = int(catalog_time) if len(catalog_time) < 20 else LATEST
    if not -LATEST < seconds < LATEST:
        raise ValueError("no time")
    return seconds * NANOSECONDS


def level_of(text: str) -> int:
    """An access level; none when it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def require_path(path: str, *, name: str | None = None) -> str:
    """The path of an entry whose `name` is the last of it. Raises ValueError when a directory can't have that name."""
    name = posixpath.basename(path) if name is None else name
    size = len(name.encode("utf-8", "surrogateescape"))
    if name in ("", ".", "..") or "/" in name or "\0" in path or size > FUSE_NAME_MAX or not path.startswith("/"):
        raise ValueError("no name")
    return path


def leave_out(row: Sequence[Any], error: ValueError) -> None:
    """Say once that a row makes no sense."""
    shown = repr(tuple(row))[:_SHOWN]
    if shown not in _told:
        _told[shown] = True
        logger.warning("the zone answered what makes no sense (%s), and is left out: %s", error, shown)


@lru_cache(maxsize=4096)
def also(known: tuple[int, ...], text: str) -> tuple[int, ...]:
    """These numbers and one more: the same tuple each time, so that rows which say the same share one."""
    number = natural(text)
    return known if number in known else (*known, number)
