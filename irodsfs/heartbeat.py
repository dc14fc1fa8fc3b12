"""How late the event loop comes to what is due: so long everybody waits when something does not let go of it."""

from __future__ import annotations

import trio

from irodsfs.metrics import LOOP_DELAYS

BEAT = 0.025
"""Seconds between two measurements, each of which costs some ten microseconds."""


async def beat() -> None:
    """Measure until cancelled."""
    while True:
        due = trio.current_time() + BEAT
        await trio.sleep_until(due)
        LOOP_DELAYS.observe(trio.current_time() - due)
