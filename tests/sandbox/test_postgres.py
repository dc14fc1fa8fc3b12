from __future__ import annotations

import sqlite3
from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irodsfs.sandbox.catalog import postgres
from irodsfs.sandbox.protocol.error_numbers import IrodsError


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        (3, 2, "1.5000000000000000"),
        (1, 2, "0.50000000000000000000"),
        (10, 1, "10.0000000000000000"),
        (20, 3, "6.6666666666666667"),
        (0, 4, "0.00000000000000000000"),
        (-7, 2, "-3.5000000000000000"),
        (123456789012, 1, "123456789012.0000000000000000"),
    ],
)
def test_average_is_written_as_numeric_division_does(total: int, count: int, expected: str) -> None:
    text = postgres.quotient(total, count)
    assert Decimal(text) == Decimal(expected)
    if total not in (0, 123456789012):
        assert text == expected


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_average_has_at_least_sixteen_significant_digits(total: int, count: int) -> None:
    getcontext().prec = 60
    text = postgres.quotient(total, count)
    exact = Decimal(total) / Decimal(count)
    assert abs(Decimal(text) - exact) <= abs(exact) * Decimal(10) ** -15


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e3", "9223372036854775808", "٣"])
def test_bigint_literal_must_be_one(text: str) -> None:
    with pytest.raises(IrodsError):
        postgres.integer(text)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1,5"])
def test_decimal_literal_must_be_one(text: str) -> None:
    with pytest.raises(IrodsError):
        postgres.numeric(text)


def test_functions_work_in_sql() -> None:
    connection = sqlite3.connect(":memory:")
    postgres.install(connection)
    row = connection.execute(
        "SELECT upper('zoë ß'), lower('ÀB'), number('012'), concat('a', NULL, 1), upper(NULL), avg(x) FROM"
        " (SELECT 1 x UNION ALL SELECT 2)"
    ).fetchone()
    connection.close()
    assert row == ("ZOË ß", "àb", 12, "a1", None, "1.5000000000000000")


def test_column_types_are_those_of_the_schema() -> None:
    assert postgres.is_integer("R_DATA_MAIN", "data_size")
    assert not postgres.is_integer("R_DATA_MAIN", "modify_ts")
