"""Made-up input for as long as it is asked for: `make fuzz SECONDS=600`; in the other tests for a moment only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from hypothesis import HealthCheck, settings

SECONDS = float(os.environ.get("IRODSFS_FUZZ_SECONDS", "1"))
"""For each target."""

made_up = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def for_some_time(check: Callable[[], None]) -> None:
    """Runs a test of hypothesis again and again."""
    end = time.monotonic() + SECONDS
    check()
    while time.monotonic() < end:
        check()
