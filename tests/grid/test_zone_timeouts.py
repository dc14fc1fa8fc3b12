from __future__ import annotations

import time

import pytest

from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable
from irodsfs.grid.zone_timeouts import ZoneTimeouts, one_call

LIMIT = 100.0


def silent(timeouts: ZoneTimeouts) -> float:
    """What is left for one who waits in vain."""
    with pytest.raises(ZoneUnreachable), timeouts.waiting() as left:
        raise ZoneUnreachable("nothing came")
    return left


def test_whoever_waits_alone_has_the_whole_limit() -> None:
    with ZoneTimeouts(LIMIT).waiting() as left:
        assert left == LIMIT


def test_one_call_has_the_limit_once() -> None:
    timeouts = ZoneTimeouts(LIMIT)
    with one_call(since=time.monotonic() - 60), timeouts.waiting() as left:
        assert LIMIT - 5 < left <= LIMIT, "the zone was not silent before anybody asked"
    with one_call():
        silent(timeouts)
        with timeouts.waiting() as left:
            assert left < LIMIT


def test_what_a_call_has_waited_for_in_vain_is_over_for_its_parts_too() -> None:
    timeouts = ZoneTimeouts(0.0)
    with one_call(), pytest.raises(ZoneTimeout), timeouts.waiting():
        raise AssertionError("there was no time left")


def test_another_call_begins_anew() -> None:
    timeouts = ZoneTimeouts(LIMIT)
    with one_call():
        silent(timeouts)
    with one_call(), timeouts.waiting() as left:
        assert LIMIT - 5 < left <= LIMIT
