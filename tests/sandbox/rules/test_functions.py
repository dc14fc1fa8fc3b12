from __future__ import annotations

import pytest

from irodsfs.sandbox.rules.failures import Failure
from irodsfs.sandbox.rules.values import KeyValues
from tests.sandbox.rules.running import value


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3 ^ 2", "19"),
        ("7 / 2", "3.500000"),
        ("6 / 2", "3"),
        ("7 % 2", "1"),
        ("-7 % 2", "-1"),
        ("2 ^^ 2", "1.414214"),
        ("-2 ^ 2", "4"),
        ("1 - 2 - 3", "-4"),
        ("2147483647 + 1", "-2147483648"),
        ("1.5 + 1", "2.500000"),
        ("floor 2.7 + ceiling 2.1", "5"),
        ("abs(-3)", "3"),
        ("log 0", "nan"),
        ("max(1, 2.5, 2)", "2.500000"),
        ("average(1, 2)", "1.500000"),
        ("1 == 1.0", "true"),
        ('"a" < "b"', "true"),
        ("!true || true && false", "false"),
        ("true %% false", "true"),
        ('"a" ++ str(1) ++ "b"', "a1b"),
        ('"abc.txt" like "*.txt"', "true"),
        ('"a[b]" like "a[*"', "true"),
        ('"abc" not like "b*"', "true"),
        ('"abc" like regex "a.c"', "true"),
        ('"abc" like regex "b"', "false"),
        ('int("12ab") + int("x") + int(3.9)', "15"),
        ('double("2.5e1x")', "25"),
        ('bool("1")', "true"),
        ("list(1, 2, 3)", "[1,2,3]"),
        ("elem(list(1, 2), 1)", "2"),
        ("setelem(list(1, 2), 0, 9)", "[9,2]"),
        ("hd(tl(cons(1, list(2, 3))))", "2"),
        ("size(list())", "0"),
        ('split("/a//b/", "/")', "[a,b]"),
        ('strlen("äb")', "3"),
        ('substr("abcdef", 1, 3)', "bc"),
        ('triml("a/b/c", "/")', "b/c"),
        ('trimr("a/b/c", "/")', "a/b"),
        ('trimr("abc", "/")', "abc"),
        ("type(1) ++ type(1.5) ++ type(true)", "INTEGERDOUBLEBOOLEAN"),
        ('type(list("a"))', "list (STRING)"),
        ('timestrf(datetime(0), "%Y") like "19*"', "true"),
        ('int(double(datetimef("2001", "%Y"))) > 970000000', "true"),
        ("//tempZone/home", "/tempZone/home"),
    ],
)
def test_values(expression: str, result: str) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ('1 + "2"', Failure.TYPE),
        ('"a" ++ 1', Failure.TYPE),
        ('"1" == 1', Failure.TYPE),
        ("1 && true", Failure.TYPE),
        ("strlen(1)", Failure.TYPE),
        ('list(1, "a")', Failure.TYPE),
        ("1 / 0", Failure.DIVISION_BY_ZERO),
        ("1 % 0", Failure.DIVISION_BY_ZERO),
        ("elem(list(1), 1)", Failure.RUNTIME),
        ("hd(list())", Failure.RUNTIME),
        ('substr("abc", 2, 1)', Failure.RUNTIME),
        ('bool("maybe")', Failure.UNSUPPORTED_OPERATION),
        ('error("NO_SUCH_ERROR")', Failure.RUNTIME),
    ],
)
def test_failures(expression: str, code: int) -> None:
    assert value(expression) == str(int(code))


def test_key_values_as_text() -> None:
    pairs = KeyValues(a="1", b="2")
    assert value("*k", k=pairs) == "KeyValue[2]:a=1;b=2;"
    assert value("str(*k)", k=pairs) == "a=1++++b=2"
    assert value('"*k"', k=pairs) == "a=1++++b=2"
