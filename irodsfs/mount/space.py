"""What `df` shows."""

from __future__ import annotations

import pyfuse3

BLOCK = 4096
TOTAL_BYTES = 1 << 60
TOTAL_ENTRIES = 1 << 40
LONGEST_NAME = 255


def statistics() -> pyfuse3.StatvfsData:
    """Large constants: a zone does not tell how much room there is, and an installer must not find none."""
    result = pyfuse3.StatvfsData()
    result.f_bsize = result.f_frsize = BLOCK
    result.f_blocks = result.f_bfree = result.f_bavail = TOTAL_BYTES // BLOCK
    result.f_files = result.f_ffree = result.f_favail = TOTAL_ENTRIES
    result.f_namemax = LONGEST_NAME
    return result
