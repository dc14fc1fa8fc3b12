"""A sequential read takes more connections while it waits for the line and they make it faster, and no longer."""

from __future__ import annotations

import pytest

from irodsfs.transfer.readahead_width import ReadaheadWidth

LONG = 0.05
"""Seconds of a round trip on a long line."""


class Line:
    """Brings a megabyte a second on each connection, up to `most` of them; readers wait while it does, or not."""

    def __init__(self, most: int, *, waited_for: bool = True, round_trip: float = LONG, spare: int = 100) -> None:
        self.now = 0.0
        self.width = ReadaheadWidth(lambda: self.now)
        self._most = most
        self._waited_for = waited_for
        self._round_trip = round_trip
        self._spare = spare
        self._at_work = 1

    def bring(self, chunks: int) -> None:
        for _ in range(chunks):
            with self.width.waiting():
                self.now += 1 / min(self._at_work, self._most) if self._waited_for else 0.0
            self.now += 0.0 if self._waited_for else 1.0
            self.width.arrived(1_000_000, self._round_trip)
            while self._at_work < self.width.wanted and self._spare:
                self._at_work += 1
                self._spare -= 1
                self.width.joined()
            if self._at_work < self.width.wanted:
                self.width.refused()
            self._leave()

    def pause(self) -> None:
        self.width.fall_back()
        self._leave()

    def _leave(self) -> None:
        while self._at_work > self.width.wanted:
            self._at_work -= 1
            self.width.left()


@pytest.mark.parametrize(("most", "wanted"), [(1, 1), (2, 2), (3, 4), (4, 4), (8, 8)])
def test_there_are_as_many_connections_as_fill_the_line(most: int, wanted: int) -> None:
    line = Line(most)
    line.bring(200)
    assert line.width.wanted == wanted


def test_one_is_enough_while_readers_are_slower_than_the_line() -> None:
    line = Line(8, waited_for=False)
    line.bring(200)
    assert line.width.wanted == 1


def test_one_is_enough_where_the_zone_is_near() -> None:
    line = Line(8, round_trip=0.0005)
    line.bring(200)
    assert line.width.wanted == 1


def test_there_are_no_more_than_can_be_had() -> None:
    line = Line(8, spare=2)
    line.bring(200)
    assert line.width.wanted == 3


def test_after_a_pause_it_begins_with_one_again() -> None:
    line = Line(4)
    line.bring(200)
    line.pause()
    assert line.width.wanted == 1
    line.bring(200)
    assert line.width.wanted == 4
