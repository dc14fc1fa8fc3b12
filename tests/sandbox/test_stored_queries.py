from __future__ import annotations

import pytest
from irods.access import iRODSAccess
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


@pytest.fixture
def shared(session: iRODSSession, home: str) -> str:
    session.collections.create(f"{home}/below")
    for path in (f"{home}/object", f"{home}/below/object"):
        session.data_objects.open(path, "w").close()
    session.collections.get(home).metadata.add("shared", "yes", "iRODSUserTagging:Share")
    session.acls.set(iRODSAccess("read", f"{home}/object", "public", session.zone))
    session.acls.set(iRODSAccess("read", home, "public", session.zone))
    return home


def test_listings_with_access_are_paged(session: iRODSSession, shared: str) -> None:
    assert [row[1] for row in rows(session, alias="ilsLACollections", args=(shared, "10", "0"))] == [f"{shared}/below"]
    objects = rows(session, alias="ilsLADataObjects", args=(shared, "1", "1"))
    assert [(row[1], row[9], row[11]) for row in objects] == [("object", "rods", "1200")]


def test_shared_collections_are_found_by_owner(session: iRODSSession, shared: str) -> None:
    found = rows(session, alias="listSharedCollectionsOwnedByUser", args=("rods", session.zone))
    assert shared in [row[2] for row in found]


def test_access_through_groups_is_listed(session: iRODSSession, shared: str) -> None:
    objects = rows(session, alias="listUserACLForDataObjViaGroup", args=(shared, "object", "rods"))
    assert [(row[2], row[7]) for row in objects] == [("1200", "rods"), ("1050", "public")]
    collections = rows(session, alias="listUserACLForCollectionViaGroup", args=(shared, "rods"))
    assert [(row[2], row[6]) for row in collections] == [("1200", "rods"), ("1050", "public")]


def test_objects_below_a_collection_are_listed(session: iRODSSession, shared: str) -> None:
    found = rows(session, alias="DataObjInCollReCur", args=(shared, f"{shared}/%"))
    assert [(row[1], row[2]) for row in found] == [(shared, "object"), (f"{shared}/below", "object")]


def test_groups_of_a_user_are_listed(session: iRODSSession) -> None:
    assert [row[1] for row in rows(session, alias="listGroupsForUser", args=("rods",))] == ["public"]


def test_stored_query_can_be_added_and_removed(session: iRODSSession) -> None:
    text = "select user_name from R_USER_MAIN where user_name like ? and user_id > ?"
    query = SpecificQuery(session, sql=text, alias="usersLike", args=["rod\\s%", "1"])
    query.register()
    try:
        assert rows(session, alias="usersLike", args=("r\\ods%", "1")) == [("rods",)]
    finally:
        query.remove()
    with pytest.raises(CAT_UNKNOWN_SPECIFIC_QUERY):
        rows(session, alias="usersLike")
