from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from irodsfs.catalog.listing import BATCH, TEMPORARY, Arriving, Listing, Reading
from irodsfs.grid.catalog_entries import Entry, made_now


def entry(name: str) -> Entry:
    return made_now(f"/z/{name}", is_collection=False)


def test_what_has_a_temporary_name_is_known_apart() -> None:
    listing = Listing([entry("a"), entry(f"{TEMPORARY}b")], 0.0)
    assert (set(listing), set(listing.temporary)) == ({"a", f"{TEMPORARY}b"}, {f"{TEMPORARY}b"})
    listing.lay(f"{TEMPORARY}b", None)
    listing.lay("c", entry("c"))
    assert (set(listing), set(listing.temporary), listing.weight()) == ({"a", "c"}, set(), 3)


async def test_a_reader_gets_all_names_in_order() -> None:
    names = [f"{number:05}" for number in range(BATCH + 5)]
    reading = Reading("/z", Listing([entry(name) for name in [*names[::-1], f"{TEMPORARY}x"]], 0.0))
    assert await reading.names(0) == names[:BATCH]
    assert await reading.names(BATCH) == names[BATCH:]
    assert await reading.names(reading.count) == []


async def test_names_are_read_while_they_arrive(nursery: trio.Nursery) -> None:
    arriving = Arriving(0.0)
    reading, got = Reading("/z", arriving.listing, arriving), list[str]()

    async def read() -> None:
        while names := await reading.names(len(got)):
            got.extend(names)
        got.append("the end")

    nursery.start_soon(read)
    await wait_all_tasks_blocked()
    arriving.add([entry("b"), entry("a")], more=True)
    await wait_all_tasks_blocked()
    assert got == ["b", "a"]
    arriving.add([entry("a"), entry("c"), entry(f"{TEMPORARY}x")], more=False)
    arriving.lay([("d", entry("d")), ("b", None)])
    arriving.end()
    await wait_all_tasks_blocked()
    assert got == ["b", "a", "c", "d", "the end"]
    assert "b" not in reading.listing


async def test_what_prevented_the_end_is_told_behind_what_came() -> None:
    arriving = Arriving(0.0)
    arriving.add([entry("a")], more=True)
    arriving.end(OSError("broken"))
    reading = Reading("/z", arriving.listing, arriving)
    assert await reading.names(0) == ["a"]
    with pytest.raises(OSError, match="broken"):
        await reading.names(1)
    assert await arriving.find("a") is not None
    with pytest.raises(OSError, match="broken"):
        await arriving.find("b")


def test_a_reader_follows_its_collection() -> None:
    reading = Reading("/z/a/b", Listing([], 0.0))
    reading.moved("/z/a", "/z/c")
    reading.moved("/z/c/bb", "/z/d")
    assert reading.path == "/z/c/b"
