from __future__ import annotations

import pytest
from irods.exception import CAT_SQL_ERR
from irods.models import DataObject
from irods.session import iRODSSession

from irodsfs.grid import queries
from irodsfs.grid.paging import pages, rows
from irodsfs.grid.queries import Query, starts_with
from irodsfs.grid.zone import Zone
from tests.objects import put

COUNT = 6


@pytest.fixture
def below(session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch) -> Query:
    """Asks for some names in more pages than one."""
    monkeypatch.setattr(queries, "PAGE_ROWS", 2)
    for number in range(COUNT):
        put(session, f"{home}/{home[-8:]}-{number}", b"")
    return Query((DataObject.name,), ((DataObject.name, starts_with(home[-8:])),), max_rows=3)


async def test_a_result_comes_page_after_page(entered: Zone, below: Query) -> None:
    sizes = [len(page) async for page in rows(entered.pool, below.request)]
    assert sizes == [3, 2, 1]


async def test_results_come_side_by_side(entered: Zone, below: Query) -> None:
    short = Query((DataObject.name,), ((DataObject.name, "= 'none of that name'"),))
    flights = [
        [len(page.rows) for page in arrived] async for arrived in pages(entered.pool, below.request, short.request)
    ]
    assert flights == [[3, 0], [2, 0], [1, 0]]


async def test_what_is_not_wanted_to_its_end_leaves_the_connection_to_others(entered: Zone, below: Query) -> None:
    arriving = pages(entered.pool, below.request)
    await anext(arriving)
    await arriving.aclose()
    for _ in range(2 * entered.pool.size):
        assert len((await entered.query(below))[0]) == COUNT


async def test_a_result_that_fails_in_one_of_several_is_told(entered: Zone, below: Query) -> None:
    wrong = Query((DataObject.name,), ((DataObject.size, "like 'x'"),))
    with pytest.raises(CAT_SQL_ERR):
        await anext(pages(entered.pool, below.request, wrong.request))
    assert len((await entered.query(below))[0]) == COUNT
