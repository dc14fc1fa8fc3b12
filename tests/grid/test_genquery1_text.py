"""Queries as iquest takes them, read: columns, conditions, functions; and what is told of those that are none."""

from __future__ import annotations

import pytest

from irodsfs.grid.general_queries import Selected
from irodsfs.grid.genquery1_text import NoGenQuery1, parse


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("DATA_NAME = 'a'", [("DATA_NAME", "= 'a'")]),
        ("data_size > 100 AND Data_Size <= 1.5", [("DATA_SIZE", "> '100'"), ("DATA_SIZE", "<= '1.5'")]),
        (
            "DATA_NAME like '%.txt' and DATA_NAME not like 'a%'",
            [("DATA_NAME", "like '%.txt'"), ("DATA_NAME", "not like 'a%'")],
        ),
        ("DATA_NAME in ('a', 'b')", [("DATA_NAME", "in ('a','b')")]),
        ("DATA_NAME not in ('a','b')", [("DATA_NAME", "<> 'a' && <> 'b'")]),
        (
            "DATA_SIZE between 1 and 3 and COLL_NAME != '/z'",
            [("DATA_SIZE", "between '1' '3'"), ("COLL_NAME", "<> '/z'")],
        ),
        ("DATA_SIZE between '1' '3'", [("DATA_SIZE", "between '1' '3'")]),
        ("DATA_NAME = 'a' || = 'b'", [("DATA_NAME", "= 'a' || = 'b'")]),
        ("DATA_NAME = 'it''s'", [("DATA_NAME", "= 'it's'")]),
        ("DATA_NAME = 'x and y where select'", [("DATA_NAME", "= 'x and y where select'")]),
        ("META_DATA_ATTR_VALUE n> '5'", [("META_DATA_ATTR_VALUE", "n> '5'")]),
        ("META_DATA_ATTR_VALUE > 5", [("META_DATA_ATTR_VALUE", "n> '5'")]),
        ("META_DATA_ATTR_VALUE > '5'", [("META_DATA_ATTR_VALUE", "> '5'")]),
        (
            "DATA_CHECKSUM is null and DATA_EXPIRY is not null",
            [("DATA_CHECKSUM", "IS NULL"), ("DATA_EXPIRY", "IS NOT NULL")],
        ),
    ],
)
def test_conditions_are_read_as_genquery1_writes_them(text: str, conditions: list[tuple[str, str]]) -> None:
    assert list(parse(f"select DATA_NAME where {text}").conditions) == conditions


def test_functions_orders_and_distinctness_are_read() -> None:
    asked = parse("SELECT no-distinct max(data_size), count(DATA_ID), order_desc(DATA_NAME), COLL_NAME")
    assert asked.selected == (
        Selected("DATA_SIZE", "MAX"),
        Selected("DATA_ID", "COUNT"),
        Selected("DATA_NAME"),
        Selected("COLL_NAME"),
    )
    assert asked.orders == (("DATA_NAME", "DESC"),)
    assert not asked.distinct
    assert asked.headings == ["MAX(DATA_SIZE)", "COUNT(DATA_ID)", "DATA_NAME", "COLL_NAME"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("selec", "does not understand 'selec'"),
        ("select DATA_NAME where", "ends there"),
        ("select DATA_NAME where DATA_NAME = 'a' or DATA_NAME = 'b'", "does not understand \"or DATA_NAME = 'b'\""),
        ("select DATA_NAME order by DATA_NAME", "does not understand 'order by DATA_NAME'"),
        ("select upper(DATA_NAME)", "no function upper: it has min"),
        ("select DATA_NAME where DATA_NAME = 'a", "does not understand"),
    ],
)
def test_what_is_no_genquery1_is_told_with_the_place(text: str, told: str) -> None:
    with pytest.raises(NoGenQuery1, match="GenQuery1") as caught:
        parse(text)
    assert told in str(caught.value)
