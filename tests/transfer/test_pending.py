from __future__ import annotations

from irodsfs.transfer.extents import Extents
from irodsfs.transfer.pending import Pending


def test_at_first_nothing_is_pending() -> None:
    pending = Pending()
    assert not pending
    assert pending.is_untouched
    assert not pending.is_appended


def test_only_what_was_appended_alone_counts_as_appended() -> None:
    pending = Pending()
    pending.write(10, 20, appends=True)
    assert pending.is_appended
    pending.write(0, 5, appends=False)
    pending.write(20, 30, appends=True)
    assert not pending.is_appended


def test_what_was_written_is_what_is_brought() -> None:
    pending = Pending()
    pending.write(0, 10, appends=False)
    pending.write(5, 15, appends=False)
    pending.write(20, 30, appends=False)
    assert pending.ranges(30, 30) == [(0, 15), (20, 30)]


def test_zeros_at_the_end_come_by_their_last_byte() -> None:
    pending = Pending()
    pending.resize(100, 10)
    assert pending.ranges(100, 10) == [(99, 100)]
    assert pending.cut is None
    assert not pending.is_untouched


def test_the_shortest_size_in_between_is_what_the_zone_is_cut_to() -> None:
    pending = Pending()
    pending.write(0, 50, appends=False)
    pending.resize(20, 100)
    pending.resize(80, 100)
    pending.resize(40, 100)
    assert pending.cut == 20
    assert list(pending.written) == [(0, 20)]


def test_starting_over_keeps_nothing() -> None:
    pending = Pending()
    pending.write(0, 50, appends=False)
    pending.resize(20, 100)
    pending.start_over()
    assert pending.replaces
    assert pending
    assert (list(pending.written), pending.cut, pending.is_untouched) == ([], None, True)
    pending.replace_all(7)
    assert (pending.replaces, pending.ranges(7, 0)) == (True, [(0, 7)])


def test_what_a_stream_has_brought_is_not_pending_but_what_was_rewritten_is() -> None:
    pending = Pending()
    pending.replaces = True
    pending.write(0, 100, appends=False)
    pending.write(120, 130, appends=False)
    pending.streamed(Extents((10, 20)), 90)
    assert not pending.replaces
    assert list(pending.written) == [(10, 20), (90, 100), (120, 130)]
