from __future__ import annotations

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from irodsfs.grid.access_levels import OWN, READ_OBJECT
from irodsfs.grid.catalog_entries import (
    NANOSECONDS,
    Entry,
    find,
    list_below,
    list_collection,
    list_collections,
    list_small_collection,
    made_now,
    now_ns,
)
from irodsfs.grid.zone import Zone
from tests.conftest import AddUser
from tests.entering import entered_with
from tests.objects import put
from tests.zones import AnyZone

NAMES = ["plain", "it's", "100%_[a]", "back\\slash", "ü"]


@pytest.fixture
def filled(session: iRODSSession, home: str) -> str:
    """A collection with a collection and a data object of each name."""
    for name in NAMES:
        session.collections.create(f"{home}/{name}.d")
        put(session, f"{home}/{name}.d/below", b"")
        put(session, f"{home}/{name}", name.encode())
    return home


def shown(entries: list[Entry] | None) -> dict[str, tuple[bool, int]]:
    assert entries is not None
    assert len({entry.path for entry in entries}) == len(entries)
    return {entry.path: (entry.is_collection, entry.size) for entry in entries}


def expected(home: str) -> dict[str, tuple[bool, int]]:
    objects = {f"{home}/{name}": (False, len(name.encode())) for name in NAMES}
    return objects | {f"{home}/{name}.d": (True, 0) for name in NAMES}


async def test_an_entry_is_found_with_what_the_catalog_holds_of_it(
    entered: Zone, session: iRODSSession, filled: str
) -> None:
    for name in NAMES:
        entry, known = await find(entered, f"{filled}/{name}"), session.data_objects.get(f"{filled}/{name}")
        assert entry is not None
        assert (entry.id, entry.size, entry.access) == (known.id, known.size, OWN)
        assert entry.modified_ns == int(known.modify_time.timestamp()) * NANOSECONDS
        below = await find(entered, f"{filled}/{name}.d")
        assert below is not None
        assert below.is_collection
    assert await find(entered, f"{filled}/missing") is None
    assert await find(entered, f"{filled}/plain/below") is None


async def test_a_listing_shows_each_entry_once(entered: Zone, filled: str) -> None:
    arrived = [entry async for entries, _ in list_collection(entered, filled) for entry in entries]
    assert shown(arrived) == expected(filled)
    assert shown(await list_small_collection(entered, filled)) == expected(filled)


async def test_what_is_too_much_to_be_brought_at_once_is_none(entered: Zone, filled: str) -> None:
    assert await list_below(entered, filled, 3) is None
    assert await list_collections(entered, [filled], 3) is None


async def test_all_collections_below_come_with_what_is_in_them(entered: Zone, filled: str) -> None:
    below = {f"{filled}/{name}.d/below": (False, 0) for name in NAMES}
    collections = {path: shown for path, shown in expected(filled).items() if path.endswith(".d")}
    assert shown(await list_below(entered, filled, 100)) == collections | below
    paths = [f"{filled}/plain.d", f"{filled}/ü.d"]
    assert shown(await list_collections(entered, paths, 100)) == {f"{path}/below": (False, 0) for path in paths}


@pytest.mark.administrator
async def test_others_see_what_they_may(
    zone_server: AnyZone, session: iRODSSession, filled: str, add_user: AddUser
) -> None:
    user = add_user()
    session.acls.set(iRODSAccess("read", filled, user.name, session.zone))
    session.acls.set(iRODSAccess("read", f"{filled}/plain", user.name, session.zone))
    with zone_server.session(user.name, user.password) as of_user:
        async with entered_with(of_user) as zone:
            entry = await find(zone, f"{filled}/plain")
            assert entry is not None
            assert entry.access == READ_OBJECT
            assert await find(zone, f"{filled}/it's") is None
            assert shown(await list_small_collection(zone, filled)).keys() == {f"{filled}/plain"}


def test_what_is_made_here_is_ones_own_and_new() -> None:
    before = now_ns()
    entry = made_now("/z/a", is_collection=False)
    assert (entry.path, entry.size, entry.access) == ("/z/a", 0, OWN)
    assert entry.id <= 0
    assert before <= entry.modified_ns <= now_ns()
