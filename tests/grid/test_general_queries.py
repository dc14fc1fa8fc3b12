from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid.columns import UnknownColumn
from irodsfs.grid.general_queries import Selected, build, condition
from irodsfs.grid.zone import Zone
from tests.objects import put


@pytest.fixture
def sizes(session: iRODSSession, home: str) -> str:
    """A collection of files named by their sizes."""
    for size in (1, 2, 30):
        put(session, f"{home}/{size}", bytes(size))
    return home


async def rows(zone: Zone, home: str, operator: str, *values: str) -> list[str]:
    conditions = [("COLL_NAME", condition("EQUAL", [home])), ("DATA_SIZE", condition(operator, values))]
    query = build([Selected("DATA_NAME")], conditions, [])
    (found,) = await zone.query(query.query)
    return sorted(name for (name,) in map(query.values, found))


@pytest.mark.parametrize(
    ("operator", "values", "names"),
    [
        ("EQUAL", ["2"], ["2"]),
        ("NOT_EQUAL", ["2"], ["1", "30"]),
        ("NUMERIC_GREATER_THAN", ["2"], ["30"]),
        ("NUMERIC_LESS_THAN_OR_EQUAL_TO", ["2"], ["1", "2"]),
        ("IN", ["1", "30", "4"], ["1", "30"]),
        ("NOT_IN", ["1", "30"], ["2"]),
    ],
)
async def test_operators_are_what_they_say(
    entered: Zone, sizes: str, operator: str, values: list[str], names: list[str]
) -> None:
    assert await rows(entered, sizes, operator, *values) == names


async def test_aggregates_and_orders_keep_the_places_of_what_was_asked_for(entered: Zone, sizes: str) -> None:
    here = [("COLL_NAME", condition("EQUAL", [sizes]))]
    sums = build([Selected("DATA_SIZE", "SUM"), Selected("DATA_ID", "COUNT")], here, [])
    (found,) = await entered.query(sums.query)
    assert [sums.values(row) for row in found] == [["33", "3"]]
    ordered = build([Selected("DATA_NAME"), Selected("DATA_SIZE")], here, [("DATA_SIZE", "DESC")])
    (found,) = await entered.query(ordered.query)
    assert [ordered.values(row) for row in found] == [["30", "30"], ["2", "2"], ["1", "1"]]


async def test_patterns_match(entered: Zone, sizes: str) -> None:
    conditions = [("COLL_NAME", condition("EQUAL", [sizes])), ("DATA_NAME", condition("NOT_LIKE", ["3%"]))]
    (found,) = await entered.query(build([Selected("DATA_NAME")], conditions, []).query)
    assert sorted(found) == [("1",), ("2",)]


def test_what_no_query_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="no escape in a list"):
        condition("IN", ["it's"])
    with pytest.raises(ValueError, match="compare for equality"):
        condition("LESS_THAN", ["a' && b"])
    with pytest.raises(UnknownColumn):
        build([Selected("NOTHING")], [], [])


def test_values_with_operators_in_them_are_kept_apart() -> None:
    assert condition("EQUAL", ["a' && b"]) == r"like 'a' &\& b'"
    assert condition("IS_NULL", []) == "IS NULL"
    assert condition("NOT_BETWEEN", ["1", "2"]) == "< '1' || > '2'"
