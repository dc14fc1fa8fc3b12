"""When this process looks for garbage: what nobody holds any more but itself, in a circle.

Python looks through what is young very often, which costs a millisecond, and through all that there is when that has
grown by a quarter. With the entries of 100,000 files this takes 80 ms, during which nothing is answered. There is very
little such garbage, so all is looked through when nobody asks for anything.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

import trio

from irodsfs import metrics

YOUNG, MIDDLE = 700, 10
"""Python's own thresholds for what is young."""

NEVER = 1 << 30
PAUSE = 30.0
"""Seconds between two looks through all."""

AT_THE_LATEST = 3600.0
"""Seconds after which all is looked through although there was always something to do."""

QUIET = 1.0
"""Seconds without a request that count as having nothing to do."""


def requests() -> int:
    """How many requests there were of the kernel, and to the zone."""
    answered = sum(map(sum, metrics.OPERATIONS.buckets.values()))
    return answered + sum(number for _, number in metrics.ZONE_REQUESTS.items())


async def collect_when_idle(asked: Callable[[], int] = requests) -> None:
    """Look for garbage until cancelled; `asked` counts what was asked of this process until now."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    try:
        collected_at, known = trio.current_time(), asked()
        while True:
            await trio.sleep(QUIET)
            is_idle, known = asked() == known, asked()
            since = trio.current_time() - collected_at
            if _is_grown() and (since > AT_THE_LATEST or (is_idle and since > PAUSE)):
                gc.collect()
                collected_at = trio.current_time()
    finally:
        gc.set_threshold(*before)


def _is_grown() -> bool:
    """Whether anything has become old since all was looked through."""
    return gc.get_count()[2] > 0
