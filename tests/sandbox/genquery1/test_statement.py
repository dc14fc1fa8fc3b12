from __future__ import annotations

import pytest

from irodsfs.sandbox.catalog.genquery1 import genquery1_results
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import COLUMNS, TABLES
from irodsfs.sandbox.catalog.genquery1.genquery1_joins import join
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Option, Query, Selection
from irodsfs.sandbox.catalog.postgres import column_types
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from tests.sandbox.querying import Asker

MIN, MAX, SUM, AVG, COUNT = 2, 3, 4, 5, 6


def code(failure: pytest.ExceptionInfo[IrodsError]) -> int:
    return failure.value.code


@pytest.fixture
def objects(rods: Asker) -> Asker:
    for letter in "ab":
        collection = rods.add_collection(f"/tempZone/home/rods/{letter}")
        for number in range(3):
            rods.add_object(collection, f"{letter}{number}", number + 1)
    return rods


def test_every_column_is_one_of_the_catalog() -> None:
    assert [column for column in COLUMNS.values() if column.column not in column_types()[column.table.table]] == []


def test_every_column_can_be_selected_alone_but_those_behind_leaves(rods: Asker) -> None:
    failures = {}
    for number, column in COLUMNS.items():
        try:
            rods.ask(column.name)
        except IrodsError as error:
            failures[number] = error.code
    assert set(failures.values()) <= {code_of("CAT_NO_ROWS_FOUND")}


def test_tables_are_joined_through_those_between_them(objects: Asker) -> None:
    where = {"COLL_NAME": "= '/tempZone/home/rods/a'", "DATA_NAME": "= 'a1'"}
    found = objects.rows("DATA_NAME", "DATA_ACCESS_NAME", "USER_NAME", "DATA_RESC_NAME", where=where)
    assert found == [("a1", "own", "rods", "demoResc")]


def test_tables_without_a_connection_are_refused(rods: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        rods.ask("COLL_NAME", "ZONE_NAME")
    assert code(failure) == code_of("CAT_FAILED_TO_LINK_TABLES")


def test_joins_stop_at_leaves() -> None:
    with pytest.raises(IrodsError) as failure:
        join(TABLES["r_quota_user_main"], frozenset({TABLES["r_quota_user_main"], TABLES["R_QUOTA_MAIN"]}))
    assert code(failure) == code_of("CAT_FAILED_TO_LINK_TABLES")


def test_unknown_column_is_an_unknown_table(rods: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        genquery1_results.run(rods, Query((Selection(9999),)))
    assert code(failure) == code_of("CAT_UNKNOWN_TABLE")


def test_aggregates_group_by_the_other_columns(objects: Asker) -> None:
    found = objects.rows("COLL_NAME", ("DATA_ID", COUNT), ("DATA_SIZE", SUM), ("DATA_SIZE", MIN), ("DATA_NAME", MAX))
    assert found == [("/tempZone/home/rods/a", "3", "6", "1", "a2"), ("/tempZone/home/rods/b", "3", "6", "1", "b2")]


def test_average_has_the_digits_of_postgresql(objects: Asker) -> None:
    assert objects.rows(("DATA_SIZE", AVG)) == [("2.0000000000000000",)]


def test_aggregates_of_nothing_are_one_row(rods: Asker) -> None:
    assert rods.rows(("DATA_SIZE", SUM), ("DATA_ID", COUNT)) == [("", "0")]


def test_sum_of_text_is_an_sql_error(rods: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        rods.ask(("DATA_NAME", SUM))
    assert code(failure) == code_of("CAT_SQL_ERR")


def test_rows_are_distinct_unless_asked_otherwise(objects: Asker) -> None:
    where = {"DATA_NAME": "like '%'"}
    assert objects.rows("DATA_TYPE_NAME", where=where) == [("generic",)]
    assert objects.rows("DATA_TYPE_NAME", where=where, options=Option.NO_DISTINCT) == [("generic",)] * 6


def test_order_is_what_is_asked_then_collection_name_object_name_and_replica(objects: Asker) -> None:
    found = objects.rows("DATA_NAME", "COLL_NAME", ("DATA_SIZE", 0x800))
    assert [name for name, _, _ in found] == ["a2", "b2", "a1", "b1", "a0", "b0"]
    assert [name for name, _ in objects.rows("DATA_NAME", "COLL_NAME")] == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_several_avu_conditions_each_hold_for_an_avu_of_their_own(objects: Asker) -> None:
    both = objects.add_object(10010, "both")
    one = objects.add_object(10010, "one")
    for item, name in ((both, "x"), (both, "y"), (one, "x")):
        objects.add_avu(item, name, "1")
    x, y = ("META_DATA_ATTR_NAME", "= 'x'"), ("META_DATA_ATTR_NAME", "= 'y'")
    value = ("META_DATA_ATTR_VALUE", "= '1'")
    assert objects.rows("DATA_NAME", where=[x]) == [("both",), ("one",)]
    assert objects.rows("DATA_NAME", where=[x, y]) == [("both",)]
    assert objects.rows("DATA_NAME", where=[x, value, y, value]) == [("both",)]


def test_several_avu_conditions_on_users_are_refused(rods: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        rods.ask("USER_NAME", where=[("META_USER_ATTR_NAME", "= 'x'"), ("META_USER_ATTR_NAME", "= 'y'")])
    assert code(failure) == code_of("CAT_INVALID_ARGUMENT")
