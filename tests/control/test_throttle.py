from __future__ import annotations

import pytest

from irodsfs.control.errors import ControlError
from irodsfs.control.throttle import FIRST_PAUSE, FREE_FAILURES, LONGEST_PAUSE, Throttle

SOURCE, OTHER = ("10.0.0.1", "alice"), ("10.0.0.1", "bob")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def waits(throttle: Throttle, source: tuple[str, str]) -> int:
    """Seconds until a source is heard."""
    try:
        throttle.check(source)
    except ControlError as error:
        return int(error.headers["Retry-After"])
    return 0


def test_some_failures_are_free(throttle: Throttle) -> None:
    for _ in range(FREE_FAILURES):
        throttle.failed(SOURCE)
        assert waits(throttle, SOURCE) == 0


def test_pauses_double_up_to_the_longest_and_concern_one_source(throttle: Throttle, clock: Clock) -> None:
    for _ in range(FREE_FAILURES):
        throttle.failed(SOURCE)
    pauses = []
    for _ in range(10):
        throttle.failed(SOURCE)
        pauses.append(waits(throttle, SOURCE))
        clock.now += pauses[-1]
        assert waits(throttle, SOURCE) == 0
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    assert waits(throttle, OTHER) == 0


def test_success_forgives(throttle: Throttle) -> None:
    for _ in range(FREE_FAILURES + 3):
        throttle.failed(SOURCE)
    throttle.succeeded(SOURCE)
    throttle.failed(SOURCE)
    assert waits(throttle, SOURCE) == 0
