"""Criteria and wildcards by themselves."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irodsfs.actions.action_failures import Failure
from irodsfs.actions.criteria import avu_criterion, comparison, size_comparison
from irodsfs.actions.moments import moment
from irodsfs.actions.wildcards import fits, has_wildcards, prefilter


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("abc", "abc", True),
        ("=abc", "abc", True),
        ("like a%", "abc", True),
        ("LIKE a_c", "abc", True),
        ("like a\\%", "abc", False),
        ("in a,abc", "abc", True),
        (">5", "10", True),
        ("> 5", "abc", False),
        ("<b", "abc", True),
        (">=2.5", "2.5", True),
        ("\\>5", ">5", True),
        ("\\=", "=", True),
    ],
)
def test_a_comparison_is_of_numbers_where_both_are(text: str, value: str, holds: bool) -> None:
    assert comparison(text).test(value) is holds


@pytest.mark.parametrize(
    ("text", "attribute", "values", "units"),
    [
        ("A", "A", None, None),
        ("A=V", "A", ("V",), None),
        ("A=V;U", "A", ("V",), "U"),
        ("A;U", "A", None, "U"),
        ("A=V;", "A", ("V",), ""),
        ("A in x,y", "A", ("x", "y"), None),
        ("my key like %x%", "my key", ("%x%",), None),
        ("A\\=B=V\\;W", "A=B", ("V;W",), None),
        ("A=x=y", "A", ("x=y",), None),
    ],
)
def test_avus_are_named_by_attribute_value_and_units(
    text: str, attribute: str, values: tuple[str, ...] | None, units: str | None
) -> None:
    found = avu_criterion(text)
    assert (found.attribute, found.value.values if found.value else None, found.units) == (attribute, values, units)


@pytest.mark.parametrize(
    ("text", "size", "holds"),
    [
        (">1M", 2**20 + 1, True),
        (">1M", 2**20, False),
        ("+1k", 1025, True),
        ("-1k", 1024, False),
        ("<=1.5KiB", 1536, True),
        ("0", 0, True),
        ("in 1,2k", 2048, True),
    ],
)
def test_sizes(text: str, size: int, holds: bool) -> None:
    assert size_comparison(text).test(str(size)) is holds


@pytest.mark.parametrize("text", ["", "many", ">", "1X", "like 5"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Failure):
        size_comparison(text)


def test_times_are_ages_and_dates() -> None:
    assert moment("2h") - moment("1d") == pytest.approx(22 * 3600, abs=2)
    assert moment("@17") == 17
    assert moment("1970-01-01T00:00:09+00:00") == 9
    with pytest.raises(Failure):
        moment("yesterday-ish")


@pytest.mark.parametrize(
    ("pattern", "path", "fitting"),
    [
        ("/z/*.txt", "/z/a.txt", True),
        ("/z/*.txt", "/z/b/a.txt", False),
        ("/z/**/a.txt", "/z/a.txt", True),
        ("/z/**/a.txt", "/z/x/y/a.txt", True),
        ("/z/**", "/z/x/y", True),
        ("/z/*/a?.txt", "/z/x/ab.txt", True),
        ("/z/[!a]b", "/z/ab", False),
        ("/z/[]]b", "/z/]b", True),
        ("/z/a[*]", "/z/a*", True),
        ("/z/a[", "/z/a[", True),
        ("/z/**/**/a", "/z/a", True),
        ("/z/a\nb*", "/z/a\nbc", True),
    ],
)
def test_wildcards(pattern: str, path: str, fitting: bool) -> None:
    assert (fits(pattern).fullmatch(path) is not None) is fitting
    if fitting:
        assert _like(prefilter(pattern)).fullmatch(path)


ALPHABET = st.text("ab*?[]!-%_\\'|&", max_size=8)


@given(pattern=ALPHABET, text=st.text("ab*?[]-%_\\'|&", max_size=8))
def test_a_name_fits_as_for_the_shell_and_the_server_lets_it_pass(pattern: str, text: str) -> None:
    fitting = fits(pattern, across=True).fullmatch(text) is not None
    assert fitting == fnmatch.fnmatchcase(text, pattern)
    if fitting:
        assert _like(prefilter(pattern)).fullmatch(text)
    if not has_wildcards(pattern):
        assert fitting == (text == pattern)


def _like(condition: str) -> re.Pattern[str]:
    """SQL's pattern in a condition, by itself."""
    pieces = re.findall(r"\\.|.", condition.removeprefix("like '").removesuffix("'"), re.DOTALL)
    plain = {"%": ".*", "_": "."}
    return re.compile("".join(plain.get(each) or re.escape(each[-1]) for each in pieces), re.DOTALL)
