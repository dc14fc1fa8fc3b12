"""The zone's clock: the machine's own, unless a replay needs one that ticks as it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_source: Callable[[], float] = time.time


def seconds() -> float:
    """Seconds since 1970."""
    return _source()


@contextmanager
def replaced_by(source: Callable[[], float]) -> Iterator[None]:
    """All zones of this process take their time from another source for a while."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
