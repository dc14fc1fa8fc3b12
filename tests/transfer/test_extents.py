from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from irodsfs.transfer.extents import Extents

ranges = st.tuples(st.integers(0, 60), st.integers(0, 60))


def build(added: list[tuple[int, int]]) -> tuple[Extents, set[int]]:
    return Extents(*added), {byte for start, end in added for byte in range(start, end)}


def bytes_of(extents: Extents) -> set[int]:
    return {byte for start, end in extents for byte in range(start, end)}


@given(st.lists(ranges))
def test_extents_hold_what_was_added(added: list[tuple[int, int]]) -> None:
    extents, expected = build(added)
    assert bytes_of(extents) == expected
    assert bool(extents) == bool(expected)


@given(st.lists(ranges))
def test_ranges_are_in_order_and_never_touch(added: list[tuple[int, int]]) -> None:
    flat = [edge for each in build(added)[0] for edge in each]
    assert flat == sorted(set(flat))


@given(st.lists(ranges), st.integers(0, 60))
def test_a_cut_forgets_everything_behind_it(added: list[tuple[int, int]], size: int) -> None:
    extents, expected = build(added)
    extents.cut(size)
    assert bytes_of(extents) == {byte for byte in expected if byte < size}


@given(st.lists(ranges), ranges)
def test_gaps_are_what_is_not_in_the_set(added: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    extents, expected = build(added)
    gaps = extents.gaps(*asked)
    assert {byte for start, end in gaps for byte in range(start, end)} == set(range(*asked)) - expected
    assert extents.covers(*asked) == (not gaps)


@given(st.lists(ranges, min_size=1), st.integers(0, 60))
def test_a_run_ends_where_the_next_byte_is_missing(added: list[tuple[int, int]], position: int) -> None:
    extents, expected = build(added)
    end = extents.end_from(position)
    assert set(range(position, end)) <= expected
    assert end not in expected
