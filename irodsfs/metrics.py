"""What happens in this process, counted and timed cheaply; `irodsfs.control` exports it to Prometheus."""

from __future__ import annotations

import bisect
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of latencies in seconds; one more has none."""


DELAY_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The same for delays of the event loop."""


class Counted:
    """Numbers by labels, added to from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[tuple[str, ...]] = Counter()

    def add(self, *labels: str, amount: int = 1) -> None:
        with self._lock:
            self._numbers[labels] += amount

    def items(self) -> list[tuple[tuple[str, ...], int]]:
        with self._lock:
            return sorted(self._numbers.items())


class Timed:
    """Latencies by kind: how many fell into each bucket, and their sum in seconds. For one thread."""

    def __init__(self) -> None:
        self.buckets: dict[str, list[int]] = {}
        self.sums: dict[str, float] = {}

    @contextmanager
    def measure(self, kind: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.observe(kind, time.perf_counter() - start)

    def observe(self, kind: str, seconds: float) -> None:
        buckets = self.buckets.setdefault(kind, [0] * (len(BUCKETS) + 1))
        buckets[bisect.bisect_left(BUCKETS, seconds)] += 1
        self.sums[kind] = self.sums.get(kind, 0.0) + seconds


class Delays:
    """Delays in seconds: how many fell into each bucket, their sum, the longest, and the last ones. For one thread."""

    def __init__(self, last: int = 4096) -> None:
        self.buckets = [0] * (len(DELAY_BUCKETS) + 1)
        self.sum = 0.0
        self.longest = 0.0
        self._last: deque[float] = deque(maxlen=last)

    def observe(self, seconds: float) -> None:
        self.buckets[bisect.bisect_left(DELAY_BUCKETS, seconds)] += 1
        self.sum += seconds
        self.longest = max(self.longest, seconds)
        self._last.append(seconds)

    def percentile(self, part: float) -> float:
        """What this part of the last ones did not exceed; 0 without any."""
        ordered = sorted(self._last)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


OPERATIONS = Timed()
"""Requests of the kernel, by kind."""

ERRORS = Counted()
"""Failed requests of the kernel, by kind and errno."""

BYTES = Counted()
"""Bytes that programs read and wrote through the mount."""

HOST_BYTES = Counted()
"""Bytes of contents by the host that they were asked of, or sent to, and direction (`read` or `written`)."""

ZONE_REQUESTS = Counted()
"""Requests to the zone, by API number."""

LOOKUPS = Counted()
"""Questions to the catalog of the mount (`asked`), and how often it had to ask the zone (`fetched`)."""

CONNECTIONS = Counted()
"""Connections to the zone that are open."""

LOOP_DELAYS = Delays()
"""How late the event loop was, in the last minutes and at all."""
