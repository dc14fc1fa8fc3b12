from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irodsfs.filesystem.avu_codec import decode, encode

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40)
units = st.one_of(st.just(""), texts)
json_like = st.lists(st.tuples(texts, units), min_size=1, max_size=3).map(json.dumps)
values = st.one_of(texts, json_like)


@given(st.lists(st.tuples(values, units), min_size=1, max_size=5, unique=True))
def test_what_is_read_can_be_set_and_is_the_same(avus: list[tuple[str, str]]) -> None:
    assert decode(encode(avus)) == avus


@given(values)
def test_what_was_set_is_what_is_read(value: str) -> None:
    content = value.encode()
    assert decode(encode(decode(content))) == decode(content)
    if not value.startswith("[["):
        assert encode(decode(content)) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"nul\0",
        b"x" * 2701,
        "é".encode() * 1351,
        b'[["",""]]',
        b'[["value","' + b"u" * 251 + b'"]]',
        b'[["\\ud800",""]]',
        b'[["fine",""],["",""]]',
    ],
)
def test_what_irods_cannot_hold_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(content)


@pytest.mark.parametrize("content", [b"[[", b"[[]]", b'[["one"]]', b'[["a","b","c"]]', b"[[1,2]]", b"[" * 2000])
def test_what_only_resembles_the_json_form_is_a_plain_value(content: bytes) -> None:
    assert decode(content) == [(content.decode(), "")]
    assert encode(decode(content)) == content


def test_a_repeated_avu_is_one() -> None:
    assert decode(b'[["a","u"],["b",""],["a","u"]]') == [("a", "u"), ("b", "")]


def test_one_avu_with_units_and_several_are_json() -> None:
    assert encode([("5", "cm")]) == b'[["5","cm"]]'
    assert encode([("a", ""), ("b", "")]) == b'[["a",""],["b",""]]'
    assert encode([("plain", "")]) == b"plain"
