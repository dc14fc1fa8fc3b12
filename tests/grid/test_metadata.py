from __future__ import annotations

import pytest
from irods.meta import iRODSMeta
from irods.session import iRODSSession

from irodsfs.grid import metadata
from irodsfs.grid.metadata import Avu, can_be_replaced, read_avus, read_avus_in, replace_with
from irodsfs.grid.zone import Zone
from tests.objects import put

SEVERAL = [Avu("b", "1"), Avu("a", "ü 'x' & <y>"), Avu("a", "2", "cm")]


@pytest.fixture
def path(session: iRODSSession, home: str) -> str:
    put(session, f"{home}/file", b"")
    return f"{home}/file"


async def test_avus_are_read_in_the_order_in_which_they_were_made(
    entered: Zone, session: iRODSSession, path: str
) -> None:
    assert await read_avus(entered, path, is_collection=False) == []
    for avu in SEVERAL:
        session.data_objects.get(path).metadata.add(iRODSMeta(avu.attribute, avu.value, avu.units))
    assert await read_avus(entered, path, is_collection=False) == SEVERAL


@pytest.mark.parametrize("number", [1, 3])
async def test_a_change_is_one_request(entered: Zone, path: str, number: int) -> None:
    added = SEVERAL[:number]
    flight = metadata.changes(entered, path, is_collection=False, remove=[], add=added)
    assert len(flight) == 1
    await entered.perform(*flight)
    assert sorted(await read_avus(entered, path, is_collection=False)) == sorted(added)
    await entered.perform(*metadata.changes(entered, path, is_collection=False, remove=added, add=[Avu("c", "3")]))
    assert await read_avus(entered, path, is_collection=False) == [Avu("c", "3")]


async def test_nothing_to_change_is_no_request(entered: Zone, path: str) -> None:
    assert metadata.changes(entered, path, is_collection=False, remove=[], add=[]) == []


async def test_one_avu_takes_the_place_of_all_of_its_attribute(entered: Zone, home: str) -> None:
    await entered.perform(*metadata.changes(entered, home, is_collection=True, remove=[], add=SEVERAL))
    await entered.perform(replace_with(home, Avu("a", "only"), is_collection=True))
    assert sorted(await read_avus(entered, home, is_collection=True)) == [Avu("a", "only"), Avu("b", "1")]


@pytest.mark.parametrize(("attribute", "is_plain"), [("a b", True), ("a_b", False), ("100%", False), ("a\\b", False)])
def test_attributes_that_a_server_takes_for_patterns(attribute: str, is_plain: bool) -> None:
    assert can_be_replaced(attribute) is is_plain


async def test_all_avus_in_a_collection_come_at_once_unless_they_are_too_many(
    entered: Zone, session: iRODSSession, home: str
) -> None:
    for name in ("one", "two", "none"):
        put(session, f"{home}/{name}", b"")
        session.collections.create(f"{home}/{name} below")
    for name in ("one", "two"):
        add = [Avu("name", name), Avu("again", name)]
        await entered.perform(*metadata.changes(entered, f"{home}/{name}", is_collection=False, remove=[], add=add))
        below = f"{home}/{name} below"
        await entered.perform(*metadata.changes(entered, below, is_collection=True, remove=[], add=add[:1]))
    found = await read_avus_in(entered, home, 100, of_collections=False)
    assert found is not None
    assert {name: sorted(avus) for name, avus in found.items()} == {
        name: [Avu("again", name), Avu("name", name)] for name in ("one", "two")
    }
    below = await read_avus_in(entered, home, 100, of_collections=True)
    assert below == {f"{name} below": [Avu("name", name)] for name in ("one", "two")}
    assert await read_avus_in(entered, home, 3, of_collections=False) is None
