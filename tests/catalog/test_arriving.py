"""Names of a large collection that are asked for one by one, while its listing arrives and when that is old."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs import metrics
from irodsfs.catalog import catalog as catalog_module
from irodsfs.catalog.catalog import MANY_NAMES, Catalog
from irodsfs.grid.queries import FIRST_PAGE_ROWS, PAGE_ROWS
from irodsfs.grid.zone import Zone
from tests.populating import fill
from tests.zones import EmbeddedZone

BELIEVED = 5.0
PAGES = 3
FIRST_FLIGHT = 2
"""Queries: for the collections and for the data objects in a collection."""

LISTING = FIRST_FLIGHT + PAGES
ALONE = FIRST_FLIGHT * MANY_NAMES + FIRST_FLIGHT
"""Queries for the names that are asked for before the collection is listed, and to learn that it is large."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def queries() -> int:
    """How many have been sent to the zone."""
    return dict(metrics.ZONE_REQUESTS.items()).get((str(api_number["GEN_QUERY_AN"]),), 0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def catalog(session: iRODSSession, clock: Clock, nursery: trio.Nursery) -> AsyncIterator[Catalog]:
    zone = await Zone.enter(session, 2, nursery)
    yield Catalog(zone, BELIEVED, clock=clock)
    await zone.leave()


@pytest.fixture
def names(embedded_zone: EmbeddedZone, session: iRODSSession, home: str) -> list[str]:
    return fill(embedded_zone, session, f"{home}/many", FIRST_PAGE_ROWS + (PAGES - 1) * PAGE_ROWS)


async def test_each_name_is_fetched_once_for_those_who_ask_for_one_after_the_other(
    catalog: Catalog, clock: Clock, home: str, names: list[str]
) -> None:
    for _ in range(2):  # as `ls -l` does when it takes longer than a listing is believed
        before = queries()
        for name in [*names[: 2 * MANY_NAMES], *names[:: len(names) // 100]]:
            assert (await catalog.find(f"{home}/many/{name}")).name == name
        assert queries() - before <= ALONE + LISTING
        clock.now += 2 * BELIEVED


async def test_a_listing_of_which_no_more_names_are_asked_for_is_given_up(
    catalog: Catalog, clock: Clock, home: str, names: list[str], nursery: trio.Nursery
) -> None:
    at_rest = len(nursery.child_tasks)
    for name in names[:MANY_NAMES]:
        await catalog.find(f"{home}/many/{name}")
    before = queries()
    clock.now += 2 * BELIEVED
    with trio.fail_after(60):
        while len(nursery.child_tasks) > at_rest:  # noqa: ASYNC110 - nobody is told when it ends
            await trio.sleep(0.01)
    assert queries() - before < PAGES


async def test_a_collection_larger_than_what_is_kept_is_not_brought_for_the_sake_of_names(
    catalog: Catalog, home: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "ENTRIES", FIRST_PAGE_ROWS)
    before = queries()
    asked = [*names[:MANY_NAMES], *names[-MANY_NAMES:]]
    for name in asked:
        assert (await catalog.find(f"{home}/many/{name}")).name == name
    assert queries() - before <= FIRST_FLIGHT * (len(asked) + 1) + LISTING
