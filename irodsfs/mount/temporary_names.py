"""The names that entries have for the moments of a rename: `.irodsfs-<purpose>-<when and random>-<name>`.

When is in seconds since 1970, as eight hexadecimal digits, with eight random ones after it. The name is left out where
the whole would be too long.
"""

from __future__ import annotations

import posixpath
import re
import secrets
import time
from dataclasses import dataclass

from irodsfs.catalog.listing import TEMPORARY

REPLACED = "replaced"
MOVED = "moved"
LONGEST_NAME = 255

_FORM = re.compile(rf"{re.escape(TEMPORARY)}({REPLACED}|{MOVED})-([0-9a-f]{{8}})[0-9a-f]{{8}}-(.+)", re.DOTALL)


@dataclass(frozen=True)
class TemporaryName:
    """What a temporary name tells: since when (seconds since 1970), and which name the entry had or gets."""

    purpose: str
    since: int
    name: str

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
