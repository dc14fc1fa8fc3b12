from __future__ import annotations

import time
from dataclasses import replace

from irodsfs.catalog.own_times import OwnTimes
from irodsfs.grid.catalog_entries import NANOSECONDS, Entry, made_now

SET = 1_234_567_890 * NANOSECONDS + 5


def shown(second: int, path: str = "/z/a") -> Entry:
    return replace(made_now(path, is_collection=False), modified_ns=second * NANOSECONDS)


def test_a_time_that_was_set_stays_exact_while_the_zone_shows_its_second() -> None:
    times = OwnTimes()
    times.set("/z/a", SET)
    assert times.refine(shown(SET // NANOSECONDS)).modified_ns == SET
    assert times.refine(shown(SET // NANOSECONDS + 1)).modified_ns == (SET // NANOSECONDS + 1) * NANOSECONDS
    assert times.refine(shown(SET // NANOSECONDS)).modified_ns == SET // NANOSECONDS * NANOSECONDS, "others changed it"


def test_times_that_no_zone_keeps_stay_what_they_were_here() -> None:
    times = OwnTimes()
    for nanoseconds, second in ((-5 * NANOSECONDS, 1), (2**40 * NANOSECONDS, 2**31 - 1)):
        times.set("/z/a", nanoseconds)
        assert times.refine(shown(second)).modified_ns == nanoseconds


def test_a_change_is_ours_when_the_zone_registered_it_meanwhile() -> None:
    times, now = OwnTimes(), time.time()
    times.happened("/z/a", SET, now)
    first = shown(int(now) + 1)
    assert times.refine(first).modified_ns == SET
    assert times.registered_between(first) == (int(now) + 1, int(now) + 1)
    assert times.refine(shown(int(now) + 2)).modified_ns == (int(now) + 2) * NANOSECONDS


def test_times_go_with_their_names() -> None:
    times, second = OwnTimes(), SET // NANOSECONDS
    for path in ("/z/d", "/z/d/a", "/z/dd"):
        times.set(path, SET)
    times.moved("/z/d", "/z/e", is_collection=True)
    times.removed("/z/dd")
    for path, is_ours in {"/z/e": True, "/z/e/a": True, "/z/d/a": False, "/z/dd": False}.items():
        assert (times.refine(shown(second, path)).modified_ns == SET) is is_ours
