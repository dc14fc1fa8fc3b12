"""What a piece of work cost: time, and what went over the wire."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.proxy import Proxy


@dataclass(frozen=True)
class Cost:
    """`requests` by API number, None where nothing was counted; `processor` seconds of the mount's own process."""

    seconds: float
    processor: float | None = None
    requests: Counter[int] | None = field(default=None)
    flights: int = 0
    bytes: int = 0
    connections: int = 0
    loop_delay: float | None = None
    """Milliseconds by which the event loop of the mount was late at most, 99 of 100 times; None where nobody asked."""


def measure(work: Callable[[], None], proxy: Proxy | None, process: int | None = None) -> Cost:
    """Do some work. `process` is the number of the mount's process, where there is one."""
    if proxy is not None:
        proxy.count()
    busy = _processor_seconds(process)
    begin = time.perf_counter()
    work()
    seconds = time.perf_counter() - begin
    processor = None if process is None else _processor_seconds(process) - busy
    if proxy is None:
        return Cost(seconds, processor)
    return Cost(seconds, processor, Counter(proxy.requests), proxy.flights, proxy.bytes, proxy.connections)


def _processor_seconds(process: int | None) -> float:
    if process is None:
        return 0.0
    # proc(5): the 14th and 15th fields, counted from the end of the name, which may hold anything.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
