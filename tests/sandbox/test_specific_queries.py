from __future__ import annotations

import pytest
from irods.exception import CAT_NO_ROWS_FOUND, CAT_SQL_ERR, CAT_UNKNOWN_SPECIFIC_QUERY
from irods.query import SpecificQuery
from irods.session import iRODSSession

Rows = list[tuple[str, ...]]


def rows(
    session: iRODSSession, *, alias: str | None = None, sql: str | None = None, args: tuple[str, ...] = ()
) -> Rows:
    query = SpecificQuery(session, sql=sql, alias=alias, args=list(args))
    return [tuple(row.values()) for row in query.get_results()]


def test_access_list_of_a_collection_is_found_by_alias(session: iRODSSession, home: str) -> None:
    assert rows(session, alias="ShowCollAcls", args=(home,)) == [("rods", "tempZone", "own", "rodsadmin")]


def test_queries_of_the_catalog_list_themselves(session: iRODSSession) -> None:
    assert {alias for alias, _ in rows(session, alias="ls")} >= {"ls", "lsl", "ShowCollAcls"}
    assert [alias for alias, _ in rows(session, alias="listQueryByAliasLike", args=("Show%",))] == ["ShowCollAcls"]


def test_query_is_found_by_its_text(session: iRODSSession) -> None:
    text = "select alias, sqlStr from R_SPECIFIC_QUERY"
    assert ("ls", text) in rows(session, sql=text)


def test_text_that_is_not_stored_is_not_run(session: iRODSSession) -> None:
    with pytest.raises(CAT_UNKNOWN_SPECIFIC_QUERY):
        rows(session, sql="select 1")


def test_empty_answer_is_no_rows(session: iRODSSession) -> None:
    with pytest.raises(CAT_NO_ROWS_FOUND):
        SpecificQuery(session, alias="ShowCollAcls", args=["/tempZone/none"]).execute()


def test_missing_argument_is_an_sql_error(session: iRODSSession) -> None:
    with pytest.raises(CAT_SQL_ERR):
        rows(session, alias="ShowCollAcls")
