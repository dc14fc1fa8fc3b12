"""The names that entries have for the moments of a rename: `.irodsfs-<purpose>-<when and random>-<name>`.

When is in seconds since 1970, as eight hexadecimal digits, with eight random ones after it. Where the whole would be
too long, the name is left out, and an AVU of the entry keeps it.
"""

from __future__ import annotations

import posixpath
import re
import secrets
import time
from dataclasses import dataclass

from irodsfs.catalog.listing import TEMPORARY
from irodsfs.grid.flight import Request
from irodsfs.grid.metadata import Avu, change_one, read_avus
from irodsfs.grid.names import LONGEST_NAME
from irodsfs.grid.posix_avus import NAMESPACE
from irodsfs.grid.zone import Zone

REPLACED = "replaced"
MOVED = "moved"
NAME = f"{NAMESPACE}name"

_FORM = re.compile(rf"{re.escape(TEMPORARY)}({REPLACED}|{MOVED})-([0-9a-f]{{8}})[0-9a-f]{{8}}(?:-(.+))?", re.DOTALL)


@dataclass(frozen=True)
class TemporaryName:
    """What a temporary name tells: since when (seconds since 1970), and which name the entry had or gets."""

    purpose: str
    since: int
    name: str | None
    """None where there was no room for it."""

    @classmethod
    def parse(cls, name: str) -> TemporaryName | None:
        found = _FORM.fullmatch(name)
        return cls(found[1], int(found[2], 16), found[3]) if found else None


def temporary_path(path: str, purpose: str) -> str:
    """A new temporary name beside `path`, for what has or gets that path."""
    directory, name = posixpath.split(path)
    unique = f"{TEMPORARY}{purpose}-{int(time.time()):08x}{secrets.token_hex(4)}"
    named = f"{unique}-{name}"
    return posixpath.join(directory, named if len(named.encode()) <= LONGEST_NAME else unique)


def lacks_name(path: str) -> bool:
    """Whether a path is a temporary one in which there was no room for the name."""
    known = TemporaryName.parse(posixpath.basename(path))
    return known is not None and known.name is None


def keep_name(path: str, name: str, *, is_collection: bool) -> Request:
    """Keep with what is at `path` the name that it has or gets."""
    return change_one("set", path, Avu(NAME, name), is_collection=is_collection)


def drop_name(path: str, name: str, *, is_collection: bool) -> Request:
    """Take away what was kept: the entry has its name."""
    return change_one("rm", path, Avu(NAME, name), is_collection=is_collection)


async def kept_name(zone: Zone, path: str, *, is_collection: bool) -> str | None:
    """The name that was kept with what is at `path`; None when there is none, or one that names nothing beside it."""
    avus = await read_avus(zone, path, is_collection=is_collection)
    names = [avu.value for avu in avus if avu.attribute == NAME]
    return next((name for name in names if "/" not in name and name not in (".", "..")), None)
