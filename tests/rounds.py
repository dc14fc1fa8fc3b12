"""How long tests go on that find more the longer they take: `make two-clients ROUNDS=500`."""

from __future__ import annotations

import os

ROUNDS = int(os.environ.get("IRODSFS_ROUNDS", "20"))
SECONDS = 60 + 3 * ROUNDS
"""In which such a test is done, on a busy machine as well."""
