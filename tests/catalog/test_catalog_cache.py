from __future__ import annotations

from dataclasses import replace

import pytest

from irodsfs.catalog.catalog_cache import CatalogCache
from irodsfs.catalog.listing import Listing
from irodsfs.grid.catalog_entries import Entry, made_now

TTL = 5.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> CatalogCache:
    return CatalogCache(TTL, clock)


def entry(path: str, *, is_collection: bool = False, size: int = 0) -> Entry:
    return replace(made_now(path, is_collection=is_collection), size=size)


def test_what_is_known_is_believed_for_a_while(cache: CatalogCache, clock: Clock) -> None:
    cache.added(entry("/z/a"))
    assert cache.peek("/z/a") is not None
    assert cache.fresh_for("/z/a") == TTL
    clock.now = TTL - 1
    assert cache.fresh_for("/z/a") == 1
    clock.now = TTL + 1
    assert (cache.peek("/z/a"), cache.fresh_for("/z/a")) == (None, 0)


def test_a_new_collection_is_known_to_be_empty(cache: CatalogCache) -> None:
    cache.added_collection(entry("/z/d", is_collection=True))
    assert cache.peek_children("/z/d") == {}
    assert cache.peek("/z/d/missing") is None
    assert cache.fresh_for("/z/d/missing") > 0
    cache.added(entry("/z/d/file"))
    assert set(cache.peek_children("/z/d") or ()) == {"file"}
    cache.removed("/z/d/file")
    assert cache.peek_children("/z/d") == {}


def test_what_is_not_in_the_zone_yet_is_never_too_old(cache: CatalogCache, clock: Clock) -> None:
    cache.added(entry("/z/d/new"), registered=False)
    clock.now = 100 * TTL
    assert cache.peek("/z/d/new") is not None
    assert (cache.is_registered("/z/d/new"), cache.brings_into("/z/d"), cache.brings_into("/z")) == (False, True, False)
    cache.written("/z/d/new", 7, 5, 0.0)
    found = cache.peek("/z/d/new")
    assert found is not None
    assert (found.size, found.modified_ns, cache.is_registered("/z/d/new")) == (7, 5, True)
    cache.added(entry("/z/d/other"), registered=False)
    cache.forget_unregistered("/z/d/other")
    assert cache.peek("/z/d/other") is None


def test_what_is_renamed_takes_what_is_below_with_it(cache: CatalogCache) -> None:
    cache.added_collection(entry("/z/d", is_collection=True))
    cache.added(entry("/z/d/new"), registered=False)
    cache.added(entry("/z/e/old"))
    cache.moved("/z/d", "/z/e")
    assert cache.peek("/z/d") is None
    assert cache.fresh_for("/z/d") > 0
    moved = cache.peek("/z/e/new")
    assert moved is not None
    assert (moved.path, cache.is_registered("/z/e/new")) == ("/z/e/new", False)
    assert cache.peek("/z/e/old") is None


def test_what_others_changed_is_not_believed_any_more(cache: CatalogCache) -> None:
    cache.added_collection(entry("/z/d", is_collection=True))
    cache.added(entry("/z/d/a"))
    cache.added(entry("/z/other"))
    cache.changed_elsewhere("/z/d")
    assert [cache.fresh_for(path) for path in ("/z/d", "/z/d/a")] == [0, 0]
    assert cache.fresh_for("/z/other") > 0
    assert cache.changes_elsewhere == 1


async def test_small_objects_are_told_in_order(cache: CatalogCache) -> None:
    cache.added_collection(entry("/z/d", is_collection=True))
    for name, size in (("b", 1), ("a", 5), ("large", 6)):
        cache.added(entry(f"/z/d/{name}", size=size))
    cache.added_collection(entry("/z/d/below", is_collection=True))
    assert await cache.small_objects("/z/d", 5) == ["a", "b"]
    assert await cache.small_objects("/z/unknown", 5) == []
    assert isinstance(cache.peek_children("/z/d"), Listing)
