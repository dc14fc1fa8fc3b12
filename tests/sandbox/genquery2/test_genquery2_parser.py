from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irodsfs.sandbox.catalog.genquery2.genquery2_parser import InvalidSyntaxError, parse
from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Column, Condition, Function, Sort

A, B = Column("A"), Column("B")


def test_projections_are_columns_casts_and_functions() -> None:
    select = parse("select A, cast(B as varchar(20)), count(distinct A), f(A, 1, -2, 'x', g())")
    assert select.projections == (
        A,
        Column("B", "varchar(20)"),
        Function("count", (A,), distinct=True),
        Function("f", (A, "1", "-2", "x", Function("g", ()))),
    )
    assert not select.distinct


def test_conditions_keep_their_order_and_parentheses() -> None:
    select = parse("SELECT DISTINCT A WHERE not (A = '1' or B not like 'x') and B is not null")
    assert select.distinct
    assert select.conditions == (
        "not",
        "(",
        Condition(A, "=", ("1",)),
        "or",
        Condition(B, "like", ("x",), negated=True),
        ")",
        "and",
        Condition(B, "is not null"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A <> 'x'", Condition(A, "!=", ("x",))),
        ("A >= 'x'", Condition(A, ">=", ("x",))),
        ("A in ('x', 'y')", Condition(A, "in", ("x", "y"))),
        ("A not between 'x' and 'y'", Condition(A, "between", ("x", "y"), negated=True)),
        ("A is null", Condition(A, "is null")),
        ("f(A) = 'x'", Condition(Function("f", (A,)), "=", ("x",))),
    ],
)
def test_comparisons(text: str, expected: Condition) -> None:
    assert parse(f"select A where {text}").conditions == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("limit 3", ("3", "")),
        ("offset 2", ("", "2")),
        ("limit 3 offset 2", ("3", "2")),
        ("offset 2 limit 3", ("3", "2")),
        ("fetch first 3 rows only", ("3", "")),
        ("fetch first 3 rows only offset 2", ("3", "2")),
        ("offset 2 fetch first 3 rows only", ("3", "2")),
    ],
)
@pytest.mark.parametrize("order", ["{} order by A desc, B", "order by A desc, B {}"])
def test_range_and_order_come_in_either_order(text: str, expected: tuple[str, str], order: str) -> None:
    select = parse(f"select A group by A, B {order.format(text)}")
    assert (select.limit, select.offset) == expected
    assert select.order_by == (Sort(A, ascending=False), Sort(B))
    assert select.group_by == ("A", "B")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("''", ""), ("'it''s'", "it's"), ("'\\xc3\\xA9'", "é"), ("'a\\x00b'", "a"), ("'\n%_\\'", "\n%_\\"), ("''''", "'")],
)
def test_string_literals(text: str, expected: str) -> None:
    assert parse(f"select A where A = {text}").conditions == (Condition(A, "=", (expected,)),)


@given(st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"])))
def test_any_text_can_be_quoted(text: str) -> None:
    quoted = text.replace("'", "''")
    assert parse(f"select A where A = '{quoted}'").conditions == (Condition(A, "=", (text,)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "select",
        "select A,",
        "select where",
        "select order",
        "select A where A",
        "select A where A = x",
        "select A where A = 'x",
        "select A limit",
        "select A limit -1",
        "select A having A = 'x'",
        "select A\r",
        "select *",
        "select A; drop",
        "select case",
        "select 1",
        "select A limit 1 limit 2",
        "select A group A",
        "insert A",
        "select A where A not = 'x'",
        "select A where (A = 'x'",
        "select A where A between 'x'",
    ],
)
def test_what_is_no_genquery2_is_refused(text: str) -> None:
    with pytest.raises(InvalidSyntaxError):
        parse(text)


def test_names_may_begin_with_a_keyword() -> None:
    assert parse("select ORDERS, inner1, as_is").projections == (Column("ORDERS"), Column("inner1"), Column("as_is"))
