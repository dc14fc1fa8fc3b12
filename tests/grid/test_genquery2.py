from __future__ import annotations

import pytest
from irods.exception import SYS_LIBRARY_ERROR
from irods.session import iRODSSession

from irodsfs.grid import genquery2
from irodsfs.grid.genquery2 import ALL_ROWS, is_available, without_default_limit
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("select A", f"select A limit {ALL_ROWS}"),
        ("select A limit 5", "select A limit 5"),
        ("select A FETCH FIRST 5 ROWS ONLY", "select A FETCH FIRST 5 ROWS ONLY"),
        ("select A where B = 'limit 5'", f"select A where B = 'limit 5' limit {ALL_ROWS}"),
        ("select A where B = 'it''s limit 5'", f"select A where B = 'it''s limit 5' limit {ALL_ROWS}"),
        ("select A offset 3", f"select A offset 3 limit {ALL_ROWS}"),
    ],
)
def test_only_what_names_no_limit_gets_one(text: str, limited: str) -> None:
    assert without_default_limit(text) == limited


@pytest.mark.embedded_zone
async def test_rows_come_as_they_are_in_the_catalog(
    entered: Zone, session: iRODSSession, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ['[a], "b"', "it's & <c>", "ü]"]
    for name in names:
        put(session, f"{home}/{name}", b"")
    monkeypatch.setattr(genquery2, "PART", 3)
    monkeypatch.setattr(genquery2, "PAGE_ROWS", 2)
    assert is_available(entered)
    text = f"select DATA_NAME, DATA_SIZE where COLL_NAME = '{home}' order by DATA_NAME"
    pages = [page async for page in genquery2.pages(entered, text)]
    assert [len(page) for page in pages] == [2, 1]
    assert [row for page in pages for row in page] == [[name, "0"] for name in sorted(names)]


@pytest.mark.embedded_zone
async def test_what_is_no_query_is_refused(entered: Zone) -> None:
    pages = genquery2.pages(entered, "selekt DATA_NAME")
    with pytest.raises(SYS_LIBRARY_ERROR):
        await anext(pages)
