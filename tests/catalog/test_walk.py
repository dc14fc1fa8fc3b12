from __future__ import annotations

from irodsfs.catalog.walk import AT_ONCE, FEWER, SIBLING_PATHS, Walk

HOME = "/zone/home"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_child_listed_at_once_after_its_parent_is_the_first_of_all() -> None:
    walk = Walk(HOME, 5.0, Clock())
    walk.listed(f"{HOME}/tree")
    walk.listed(f"{HOME}/tree/first")
    assert walk.goes_over_siblings(f"{HOME}/tree/first")


def test_a_child_listed_later_stands_for_itself_until_a_second_one_is() -> None:
    clock = Clock()
    walk = Walk(HOME, 5.0, clock)
    walk.listed(f"{HOME}/tree")
    clock.now += AT_ONCE
    walk.listed(f"{HOME}/tree/first")
    assert not walk.goes_over_siblings(f"{HOME}/tree/first")
    walk.listed(f"{HOME}/tree/second")
    assert walk.goes_over_siblings(f"{HOME}/tree/second")


def test_a_collection_alone_has_no_siblings_to_list() -> None:
    walk = Walk(HOME, 5.0, Clock())
    walk.listed(f"{HOME}/tree")
    assert not walk.goes_over_siblings(f"{HOME}/tree")


def test_nothing_above_the_root_is_walked() -> None:
    walk = Walk(HOME, 5.0, Clock())
    for name in "abcdef":
        walk.listed(f"{HOME}/tree/{name}")
    assert walk.top(f"{HOME}/tree/f") == HOME


def test_a_subtree_too_large_is_left_for_the_one_below() -> None:
    walk = Walk(HOME, 5.0, Clock())
    for name in "abcdef":
        walk.listed(f"{HOME}/tree/{name}")
    walk.is_too_large(HOME)
    assert walk.top(f"{HOME}/tree/f") == f"{HOME}/tree"


def test_a_walk_that_goes_on_when_what_was_fetched_is_too_old_is_known_still() -> None:
    clock = Clock()
    walk = Walk(HOME, 5.0, clock)
    for name in "abcdef":
        walk.listed(f"{HOME}/tree/{name}")
    walk.fetched(HOME)
    clock.now += 5.0
    assert walk.goes_on_in(f"{HOME}/tree/g")
    assert walk.top(f"{HOME}/tree/g") == HOME
    clock.now += AT_ONCE
    assert not walk.goes_on_in(f"{HOME}/tree/g")
    assert walk.top(f"{HOME}/tree/g") is None


def test_siblings_that_were_too_many_are_fewer_the_next_time() -> None:
    walk = Walk(HOME, 5.0, Clock())
    assert walk.siblings(f"{HOME}/tree/a") == SIBLING_PATHS
    walk.too_many_siblings(f"{HOME}/tree/a")
    assert walk.siblings(f"{HOME}/tree/b") == SIBLING_PATHS // FEWER
    assert walk.siblings(f"{HOME}/other/a") == SIBLING_PATHS
