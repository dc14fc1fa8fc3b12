from __future__ import annotations

import pytest

from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.rule_query_text import parse


def test_columns_functions_and_conditions() -> None:
    query = parse(
        "select COLL_NAME, count(DATA_ID), order_desc(DATA_NAME) where COLL_NAME = '/a''b'"
        " and DATA_NAME like 'x%' || not like 'y' and DATA_SIZE between '1' '2' AND DATA_ID in ('1','2')"
    )
    assert query.selections == [(501, 1), (401, 6), (403, 0x800)]
    assert query.conditions == [
        (501, "= '/a'b'"),
        (403, "like 'x%' || not like 'y'"),
        (407, "between '1' '2'"),
        (401, "in ('1', '2')"),
    ]


def test_hexadecimal_escapes_in_literals() -> None:
    assert parse(r"select DATA_NAME where DATA_NAME = 'a\x27b'").conditions == [(403, "= 'a'b'")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", -1084000),
        ("select", -1084000),
        ("select DATA_NAME where", -1084000),
        ("select DATA_NAME where DATA_NAME = x", -1084000),
        ("select DATA_NAME where DATA_NAME = 'x", -1084000),
        ("select DATA_NAME DATA_ID", -1084000),
        ("select NO_SUCH_COLUMN", -1107000),
        ("select median(DATA_SIZE)", -183000),
    ],
)
def test_what_is_no_query_fails(text: str, code: int) -> None:
    with pytest.raises(RuleError) as failure:
        parse(text)
    assert failure.value.code == code
