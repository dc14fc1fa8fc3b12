from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from irodsfs.sandbox.catalog.genquery1.conditions import ancestors, condition
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import COLUMNS, NUMBERS
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Option
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from tests.sandbox.querying import Asker

NAMES = ["a%b", "a_b", "axb", "B", "it's", "zoë"]


@pytest.fixture
def names(rods: Asker) -> Asker:
    collection = rods.add_collection("/tempZone/home/rods/names")
    for size, name in enumerate(NAMES):
        rods.add_object(collection, name, size * 5)
    return rods


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("= 'B'", ["B"]),
        ("='B'", ["B"]),
        ("<> 'B'", ["a%b", "a_b", "axb", "it's", "zoë"]),
        ("!= 'B'", ["a%b", "a_b", "axb", "it's", "zoë"]),
        ("< 'a_b'", ["B", "a%b"]),
        (">= 'it'", ["it's", "zoë"]),
        ("like 'a_b'", ["a%b", "a_b", "axb"]),
        ("like 'a\\_b'", ["a_b"]),
        ("LIKE 'a\\%b'", ["a%b"]),
        ("like 'b%'", []),
        ("not like 'a%'", ["B", "it's", "zoë"]),
        ("in ('B', 'axb', 'missing')", ["B", "axb"]),
        ("IN ('B')", ["B"]),
        ("between 'a_' 'ay'", ["a_b", "axb"]),
        ("= 'B' || = 'axb'", ["B", "axb"]),
        ("like 'a%' && like '%x%' || = 'B'", ["B", "axb"]),
        ("= 'x || y'", []),
        ("= 'it's'", ["it's"]),
        ("IS NOT NULL", ["B", "a%b", "a_b", "axb", "it's", "zoë"]),
    ],
)
def test_condition_on_text_selects_what_postgresql_would(names: Asker, text: str, expected: list[str]) -> None:
    assert [name for (name,) in names.found("DATA_NAME", where={"DATA_NAME": text})] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> '9'", ["10", "15", "20", "25"]),
        ("= ' 10 '", ["10"]),
        ("between '5' '15'", ["5", "10", "15"]),
        ("in ('5', '25')", ["5", "25"]),
        ("n> '9.5'", ["10", "15", "20", "25"]),
        ("n= '10.0'", ["10"]),
        ("> '5' && < '20'", ["10", "15"]),
    ],
)
def test_condition_on_a_number_compares_numbers(names: Asker, text: str, expected: list[str]) -> None:
    found = names.rows(("DATA_SIZE", 0x400), where={"DATA_SIZE": text})
    assert [size for (size,) in found] == expected


def test_number_comparison_takes_text_columns_as_decimals(names: Asker) -> None:
    assert names.rows("DATA_NAME", where={"DATA_CREATE_TIME": "n> '100'", "DATA_NAME": "= 'B'"}) == [("B",)]


@pytest.mark.parametrize(
    "text", ["= 'x", "", "B", "not in ('a')", "Like 'a'", "sounds like 'a'", "in ()", "between 'a'"]
)
def test_condition_the_server_cannot_read_is_an_invalid_argument(text: str) -> None:
    with pytest.raises(IrodsError) as failure:
        condition(COLUMNS[NUMBERS["DATA_NAME"]], text, upper=False)
    assert failure.value.code == code_of("CAT_INVALID_ARGUMENT")


@pytest.mark.parametrize("text", ["= 'x'", "like '1%'", "n> 'x'", "== '1'", "= '9999999999999999999999'"])
def test_condition_the_database_refuses_is_an_sql_error(text: str) -> None:
    with pytest.raises(IrodsError) as failure:
        condition(COLUMNS[NUMBERS["DATA_SIZE"]], text, upper=False)
    assert failure.value.code == code_of("CAT_SQL_ERR")


def test_capital_in_counts_only_where_no_small_in_occurs() -> None:
    column = COLUMNS[NUMBERS["DATA_NAME"]]
    assert condition(column, "IN ('a', 'b')", upper=False).values == ("a", "b")
    with pytest.raises(IrodsError):
        condition(column, "IN ('main')", upper=False)


def test_upper_case_wraps_the_column_and_not_the_value(names: Asker) -> None:
    assert condition(COLUMNS[NUMBERS["DATA_NAME"]], "= 'ZOË'", upper=True).sql == "upper(R_DATA_MAIN.data_name) = ?"
    assert names.values("DATA_NAME", "= 'ZOË'", options=Option.UPPER_CASE_WHERE) == ["zoë"]


def test_upper_case_of_a_number_is_an_sql_error(names: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        names.values("DATA_SIZE", "= '5'", options=Option.UPPER_CASE_WHERE)
    assert failure.value.code == code_of("CAT_SQL_ERR")


def test_parent_of_finds_a_path_and_all_above_it(rods: Asker) -> None:
    found = rods.values("COLL_NAME", "parent_of '/tempZone/home/rods'")
    assert found == ["/", "/tempZone", "/tempZone/home", "/tempZone/home/rods"]


def test_begin_of_finds_what_a_path_begins_with(rods: Asker) -> None:
    assert rods.values("COLL_NAME", "begin_of '/tempZone/homeless'") == ["/", "/tempZone", "/tempZone/home"]


@pytest.mark.parametrize(
    ("path", "expected"), [("/a/b", ["/", "/a", "/a/b"]), ("/a//b", ["/", "/a", "/a/b"]), ("a/b", ["a", "a/b"])]
)
def test_ancestors_of_a_path(path: str, expected: list[str]) -> None:
    assert ancestors(path) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"in ({','.join(['1234567'] * 5000)})".replace("1234567", "'1234567'"), "USER_STRLEN_TOOLONG"),
        (f"= '{'x' * 2200}' || = 'y'", "USER_STRLEN_TOOLONG"),
        (f"= '{'x' * 16_001}'", "CAT_INVALID_ARGUMENT"),
    ],
)
def test_condition_too_long_for_the_server_is_refused(text: str, name: str) -> None:
    with pytest.raises(IrodsError) as failure:
        condition(COLUMNS[NUMBERS["DATA_NAME"]], text, upper=False)
    assert failure.value.code == code_of(name)


def test_as_many_members_as_fit_a_where_clause_are_taken(rods: Asker) -> None:
    fitting, excess = (",".join(["'1'"] * count) for count in (5000, 6000))
    assert rods.found("DATA_NAME", where={"DATA_ID": f"in ({fitting})"}) == []
    with pytest.raises(IrodsError) as failure:
        rods.found("DATA_NAME", where={"DATA_ID": f"in ({excess})"})
    assert failure.value.code == code_of("USER_STRLEN_TOOLONG")


@given(st.sampled_from(["DATA_NAME", "DATA_SIZE"]), st.text("'=<>!n|&% notlikebwrandIN(),\\12", max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_condition_is_answered_or_refused(rods: Asker, column: str, text: str) -> None:
    with suppress(IrodsError):
        assert rods.ask(column, where={column: text}).row_count > 0
