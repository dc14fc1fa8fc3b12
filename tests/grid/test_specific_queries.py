from __future__ import annotations

import pytest
from irods.exception import CAT_UNKNOWN_SPECIFIC_QUERY
from irods.query import SpecificQuery
from irods.session import iRODSSession

from irodsfs.grid import specific_queries
from irodsfs.grid.queries import page
from irodsfs.grid.zone import Zone


@pytest.mark.administrator
async def test_a_stored_query_answers_rows_for_its_arguments(entered: Zone, session: iRODSSession, home: str) -> None:
    alias = f"q{home[-8:]}"
    stored = SpecificQuery(session, "select coll_name, coll_owner_name from R_COLL_MAIN where coll_name = ?", alias)
    stored.register()
    try:
        (reply,) = await entered.perform(specific_queries.request(alias, [home]))
        assert page(reply).rows == [(home, session.username)]
        (nothing,) = await entered.fly(specific_queries.request(alias, [f"{home}/missing"]))
        assert page(nothing).rows == []
    finally:
        stored.remove()


async def test_an_alias_that_nobody_stored_is_refused(entered: Zone) -> None:
    with pytest.raises(CAT_UNKNOWN_SPECIFIC_QUERY):
        await entered.perform(specific_queries.request("nobody stored this", []))
