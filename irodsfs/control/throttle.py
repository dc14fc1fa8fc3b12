"""Guessing passwords is made slow."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from cachetools import TTLCache

from irodsfs.control.http_errors import ControlError
from irodsfs.grid.error_kinds import LOGIN_REFUSED

MOST_SOURCES = 100_000
PROVEN = 86400.0
"""Seconds for which credentials that the zone accepted are no guess."""

Source = tuple[str, ...]


@dataclass(frozen=True)
class Allowance:
    """`attempts` may fail at once; after that, one in `seconds`."""

    attempts: int
    seconds: float


OF_USER = Allowance(6, 120.0)
"""For one user, from one address."""

OF_ADDRESS = Allowance(12, 30.0)
IN_ALL = Allowance(60, 2.0)

_ALLOWANCES = {2: OF_USER, 1: OF_ADDRESS, 0: IN_ALL}


class Throttle:
    """Counts logins that fail: by address and user, by address, and in all. Failures are forgotten one by one.

    An attempt counts before it is made, or many at once would be free. Credentials that were right before are no
    guess, so those who have them are let in whatever others try.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        longest = max(each.attempts * each.seconds for each in _ALLOWANCES.values())
        self._counts: TTLCache[Source, tuple[float, float]] = TTLCache(MOST_SOURCES, longest, clock)
        """How many failures, at which time."""
        self._proven: TTLCache[str, None] = TTLCache(MOST_SOURCES, PROVEN, clock)

    @contextmanager
    def attempt(self, address: str, user: str, credentials: str) -> Iterator[None]:
        """A login as the block; `credentials` stands for user and password. Raises `ControlError` 429.

        What is not refused was no failure. One that is given up counts: its answer may have been seen.
        """
        network = _network(address)
        sources: list[Source] = [(network, user), (network,), ()]
        if credentials not in self._proven:
            self._check(sources)
        self._add(sources, 1)
        try:
            yield
        except LOGIN_REFUSED:
            self._proven.pop(credentials, None)
            raise
        except Exception:
            self._add(sources, -1)
            raise
        self._add(sources, -1)
        self._counts.pop(sources[0], None)
        self._proven[credentials] = None

    def _check(self, sources: list[Source]) -> None:
        wait = max(map(self._wait, sources))
        if wait > 0:
            raise _too_many(wait)

    def _wait(self, source: Source) -> float:
        """Seconds until one more attempt may fail."""
        allowed = _ALLOWANCES[len(source)]
        return (self._count(source) + 1 - allowed.attempts) * allowed.seconds

    def _count(self, source: Source) -> float:
        count, then = self._counts.get(source, (0.0, 0.0))
        return max(0.0, count - (self._clock() - then) / _ALLOWANCES[len(source)].seconds)

    def _add(self, sources: list[Source], number: int) -> None:
        for source in sources:
            self._counts[source] = max(0.0, self._count(source) + number), self._clock()


def _network(address: str) -> str:
    """What one client has: an address, or of IPv6 the network that it takes its addresses from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def _too_many(wait: float) -> ControlError:
    seconds = math.ceil(wait)
    error = ControlError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "TOO_MANY_FAILURES",
        "There were too many wrong credentials.",
        field="Authorization",
        remedy=f"Try again in {seconds} s, with the right ones.",
    )
    error.headers["Retry-After"] = str(seconds)
    return error
