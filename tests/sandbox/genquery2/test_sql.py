from __future__ import annotations

import pytest

from irodsfs.sandbox.catalog import genquery2
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from tests.sandbox.querying import Asker

OBJECT_ACCESS = (
    " left join R_OBJT_ACCESS pdoa on {0}.data_id = pdoa.object_id"
    " left join R_TOKN_MAIN pdt on pdoa.access_type_id = pdt.token_id"
    " left join R_USER_GROUP pdug on pdoa.user_id = pdug.group_user_id"
    " left join R_USER_MAIN pdu on pdug.user_id = pdu.user_id"
)
COLLECTION_ACCESS = (
    " left join R_OBJT_ACCESS pcoa on {0}.coll_id = pcoa.object_id"
    " left join R_TOKN_MAIN pct on pcoa.access_type_id = pct.token_id"
    " left join R_USER_GROUP pcug on pcoa.user_id = pcug.group_user_id"
    " left join R_USER_MAIN pcu on pcug.user_id = pcu.user_id"
)


def test_sql_of_one_table(rods: Asker) -> None:
    assert (
        genquery2.sql(rods, "select ZONE_NAME") == "select t0.zone_name from R_ZONE_MAIN t0 fetch first 256 rows only"
    )


def test_sql_joins_tables_and_access_lists_in_the_servers_order(rods: Asker) -> None:
    assert genquery2.sql(
        rods, "select distinct DATA_NAME where COLL_NAME like '/x/%' order by DATA_NAME limit 5 offset 2"
    ) == (
        "select distinct t0.data_name from R_DATA_MAIN t0 inner join R_COLL_MAIN t1 on t1.coll_id = t0.coll_id"
        + OBJECT_ACCESS.format("t0")
        + COLLECTION_ACCESS.format("t1")
        + " where t1.coll_name like ? order by t0.data_name asc fetch first 5 rows only offset 2"
    )


def test_sql_for_a_user_is_restricted_to_what_it_may_read(rods: Asker) -> None:
    rods.add_user("alice")
    assert genquery2.sql(rods.as_user("alice"), "select COLL_ID where COLL_NAME = 'x' or COLL_NAME = 'y'") == (
        "select t0.coll_id from R_COLL_MAIN t0"
        + COLLECTION_ACCESS.format("t0").replace("left", "inner")
        + " where t0.coll_name = ? or t0.coll_name = ? and pcu.user_name = ? and pcu.zone_name = 'tempZone'"
        " and pcu.user_type_name != 'rodsgroup' and pcoa.access_type_id >= 1050 fetch first 256 rows only"
    )


def test_sql_of_metadata_joins_what_it_describes(rods: Asker) -> None:
    assert genquery2.sql(rods, "select META_COLL_ATTR_NAME, cast(META_COLL_ATTR_ID as int)") == (
        "select mmc.meta_attr_name, cast(mmc.meta_id as int) from R_COLL_MAIN t0"
        + COLLECTION_ACCESS.format("t0")
        + " left join R_OBJT_METAMAP ommc on t0.coll_id = ommc.object_id"
        " left join R_META_MAIN mmc on ommc.meta_id = mmc.meta_id fetch first 256 rows only"
    )


def test_sql_groups_by_the_cast_of_the_selection(rods: Asker) -> None:
    text = genquery2.sql(
        rods, "select cast(RESC_ID as text), count(RESC_NAME) group by RESC_ID order by count(RESC_NAME)"
    )
    assert text == (
        "select cast(t0.resc_id as text), count(t0.resc_name) from R_RESC_MAIN t0"
        " group by cast(t0.resc_id as text) order by count(t0.resc_name) asc fetch first 256 rows only"
    )


@pytest.mark.parametrize(
    "text",
    [
        "select NOPE",
        "select count('x')",
        "select ZONE_NAME, COLL_NAME",
        "select ZONE_NAME order by COLL_NAME",
        "select ZONE_NAME group by ZONE_ID",
        "select COLL_NAME where count(distinct COLL_ID) = '1'",
    ],
)
def test_query_without_sql_is_invalid_input(rods: Asker, text: str) -> None:
    assert genquery2.sql(rods, text) == ""
    with pytest.raises(IrodsError) as failure:
        genquery2.run(rods, text)
    assert failure.value.code == code_of("SYS_INVALID_INPUT_PARAM")


@pytest.mark.parametrize(
    "text",
    [
        "select",
        "select nope(COLL_NAME)",
        "select COLL_NAME where COLL_ID like '1%'",
        "select COLL_NAME where COLL_ID = 'x'",
        "select COLL_NAME, count(COLL_ID)",
        "select COLL_NAME where count(COLL_ID) = '1'",
        "select distinct COLL_NAME order by COLL_ID",
        "select sum(COLL_NAME)",
        "select upper(COLL_ID)",
        "select count(max(COLL_ID))",
        "select cast(COLL_ID as nonsense)",
        "select concat(COLL_NAME, 'it''s')",
        "select USER_NAME, DATA_ACCESS_USER_NAME",
    ],
)
def test_query_the_server_or_its_database_refuses_is_a_library_error(rods: Asker, text: str) -> None:
    with pytest.raises(IrodsError) as failure:
        genquery2.run(rods, text)
    assert failure.value.code == code_of("SYS_LIBRARY_ERROR")
