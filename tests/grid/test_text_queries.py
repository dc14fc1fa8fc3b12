from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.columns import UnknownColumn
from irodsfs.grid.genquery1_text import NoGenQuery1
from irodsfs.grid.metadata import Avu, change_one
from irodsfs.grid.queries import FIRST_PAGE_ROWS
from irodsfs.grid.text_queries import GENQUERY1, GENQUERY2, NoGenQuery2, Question, ask
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.fixture
def filled(session: iRODSSession, home: str) -> str:
    for name in ("a", "b", "c"):
        put(session, f"{home}/{name}", b"")
    return home


async def rows(zone: Zone, question: Question) -> tuple[str, list[list[str]]]:
    answer = await ask(zone, question)
    return answer.engine, [list(row) async for page in answer.pages for row in page]


async def test_what_genquery1_understands_it_answers(entered: Zone, filled: str) -> None:
    text = f"select DATA_NAME where COLL_NAME = '{filled}'"
    engine, found = await rows(entered, Question(text))
    assert (engine, sorted(found)) == (GENQUERY1, [["a"], ["b"], ["c"]])
    assert (await ask(entered, Question(text))).headings == ["DATA_NAME"]


@pytest.mark.embedded_zone
async def test_what_only_genquery2_understands_goes_there(entered: Zone, filled: str) -> None:
    text = f"select DATA_NAME where COLL_NAME = '{filled}' and (DATA_NAME = 'a' or DATA_NAME = 'b') order by DATA_NAME"
    assert await rows(entered, Question(text)) == (GENQUERY2, [["a"], ["b"]])
    with pytest.raises(NoGenQuery1):
        await ask(entered, Question(text, engine=GENQUERY1))
    entered.server_version = (4, 2, 11)
    with pytest.raises(NoGenQuery2, match=r"version 4\.2\.11"):
        await ask(entered, Question(text))


async def test_a_column_that_nobody_knows_is_named(entered: Zone) -> None:
    with pytest.raises(UnknownColumn, match="DATA_NAMM"):
        await ask(entered, Question("select DATA_NAMM"))


async def test_a_result_that_is_not_wanted_to_its_end_gives_its_connection_back(entered: Zone, home: str) -> None:
    avus = [Avu(f"a{number:04}", "value") for number in range(FIRST_PAGE_ROWS + 1)]
    for some in range(0, len(avus), 100):
        await entered.perform(*(change_one("add", home, avu, is_collection=True) for avu in avus[some : some + 100]))
    answer = await ask(entered, Question(f"select META_COLL_ATTR_NAME where COLL_NAME = '{home}'"))
    assert len(await anext(answer.pages)) == FIRST_PAGE_ROWS
    assert entered.pool.in_use == 1
    await answer.pages.aclose()
    assert entered.pool.in_use == 0
