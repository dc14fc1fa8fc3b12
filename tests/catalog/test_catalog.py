from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.catalog.catalog import Catalog
from irodsfs.grid.zone import Zone
from tests.objects import put

TTL = 60.0


@pytest.fixture
def catalog(entered: Zone, home: str) -> Catalog:
    return Catalog(entered, TTL, home)


async def names(catalog: Catalog, path: str) -> list[str]:
    reading = await catalog.read(path)
    try:
        found: list[str] = []
        while more := await reading.names(len(found)):
            found += more
        return sorted(found)
    finally:
        catalog.finished(reading)


async def test_entries_are_found_and_what_is_missing_is_told(
    catalog: Catalog, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    assert (await catalog.find(f"{home}/file")).size == 7
    assert await catalog.find_if_there(f"{home}/missing") is None
    with pytest.raises(FileNotFoundError):
        await catalog.find(f"{home}/missing")


async def test_what_is_believed_is_not_asked_for_and_can_be_asked_for_all_the_same(
    catalog: Catalog, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    await catalog.find(f"{home}/file")
    put(session, f"{home}/file", b"longer content")
    put(session, f"{home}/new", b"")
    assert (await catalog.find(f"{home}/file")).size == 7
    assert await catalog.find_if_there(f"{home}/new") is None
    now = await catalog.find_now(f"{home}/file")
    assert now is not None
    assert now.size == 14
    assert (await catalog.find(f"{home}/file")).size == 14
    assert (await catalog.refetch(f"{home}/new")).size == 0


async def test_a_collection_is_read_whatever_is_in_it(catalog: Catalog, session: iRODSSession, home: str) -> None:
    assert await names(catalog, home) == []
    assert await catalog.is_empty(home)
    for name in ("a", "it's", "100%"):
        session.collections.create(f"{home}/d/{name}")
        put(session, f"{home}/d/{name}/file", b"")
    catalog.changed_elsewhere(home)
    assert await names(catalog, home) == ["d"]
    assert await names(catalog, f"{home}/d") == ["100%", "a", "it's"]
    for name in ("a", "it's", "100%"):
        assert await names(catalog, f"{home}/d/{name}") == ["file"]
    assert not await catalog.is_empty(home)


async def test_a_listing_fetched_before_a_change_of_ours_does_not_bring_back_what_was(
    catalog: Catalog, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/gone", b"")
    reading = await catalog.read(home)
    session.data_objects.unlink(f"{home}/gone", force=True)
    catalog.removed(f"{home}/gone")
    assert "gone" not in reading.listing
    catalog.finished(reading)
    assert await names(catalog, home) == []
