"""Microservices that need no zone."""

from __future__ import annotations

import pytest

from tests.sandbox.rules.running import run_actions


@pytest.mark.parametrize(
    ("actions", "output"),
    [
        ('msiSplitPath("/a/b/c", *x, *y); writeLine("stdout", "*x *y");', "/a/b c\n"),
        ('msiSplitPath("/a", *x, *y); writeLine("stdout", "*x *y");', "/ a\n"),
        ('msiSplitPathByKey("a.b.c", ".", *x, *y); writeLine("stdout", "*x *y");', "a.b c\n"),
        ('msiStrlen("four", *n); writeLine("stdout", *n);', "4\n"),
        ('msiStrchop("abc", *x); writeLine("stdout", *x);', "ab\n"),
        ('msiSubstr("abcdef", "1", "3", *x); writeLine("stdout", *x);', "bcd\n"),
        ('msiSubstr("abcdef", "-2", "null", *x); writeLine("stdout", *x);', "ef\n"),
        ('*x = "a"; msiStrCat(*x, "b"); writeLine("stdout", *x);', "ab\n"),
        ('msiAddKeyVal(*k, "a", "1"); msiGetValByKey(*k, "a", *v); writeLine("stdout", *v);', "1\n"),
        ('msiString2KeyValPair("a=1%b=2", *k); msiPrintKeyValPair("stdout", *k);', "a = 1\nb = 2\n"),
        ('msiString2KeyValPair("a=1", *k); writeKeyValPairs("stdout", *k, ":");', "a:1\n"),
        ('msiString2StrArray("a%b", *l); msiStrArray2String(*l, *s); writeLine("stdout", *s);', "a%b\n"),
        (
            'msiAddKeyValToMspStr("a", "1", *o); msiAddKeyValToMspStr("b", "2", *o); writeLine("stdout", *o);',
            "a=1++++b=2\n",
        ),
        ('msiStrToBytesBuf("text", *b); writeBytesBuf("stdout", *b);', "text"),
        ('writePosInt("stdout", 7);', "7"),
        ('msiGetDiffTime("10", "3710", "human", *d); writeLine("stdout", *d);', "1h 1m 40s\n"),
        ('msiHumanToSystemTime("2020-01-01.00:00:00", *t); writeLine("stdout", strlen(*t));', "11\n"),
        ('msiMakeQuery("A", "B = \'c\'", *q); writeLine("stdout", *q);', "select A where B = 'c'\n"),
        (
            'msiMakeGenQuery("COLL_NAME", "COLL_NAME like \'/a%%\'", *q);'
            ' msiAddSelectFieldToGenQuery("DATA_SIZE", "SUM", *q); msiPrintGenQueryInp("stdout", *q);',
            "Selected Column 501 With Option 1\nSelected Column 407 With Option 4\nCondition Column 501 like '/a%%'\n",
        ),
    ],
)
def test_what_microservices_give(actions: str, output: str) -> None:
    ran = run_actions(actions)
    assert (ran.status, ran.stdout) == (0, output)


@pytest.mark.parametrize(
    ("actions", "code"),
    [
        ('msiSplitPath("nothing", *x, *y);', -31000),
        ('msiAddKeyVal(*k, "a", "1"); msiGetValByKey(*k, "b", *v);', -313000),
        ('msiGetValByKey("a", "b", *v);', -130000),
        ("msiStrlen(1, *n);", -1023000),
        ('msiExit("-5", "over");', -5),
        ('msiMakeGenQuery("NOPE", "", *q);', -1107000),
        ("msiGoodFailure;", -1088000),
        ('msiCheckOwner("a");', -1102000),
        ("msiStrlen(true, *n);", -1234000),
    ],
)
def test_how_microservices_fail(actions: str, code: int) -> None:
    assert run_actions(actions).status == code


def test_a_failing_microservice_says_where_it_was_called() -> None:
    trail = run_actions("*n = 1;\nmsiStrlen(*n, *m);").trail
    assert trail.startswith(
        "execMicroService3: error when executing microservice\nline 1, col 0\nmsiStrlen(*n, *m); }\n^\n"
    )
