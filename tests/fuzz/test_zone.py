"""What a zone answers, and extended attributes: whatever comes, it is understood or refused as what it is."""

from __future__ import annotations

import os
import posixpath
import socket
import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from irods.exception import iRODSException

from irodsfs.filesystem.avu_codec import decode, encode
from irodsfs.filesystem.foreign_links import refuse_foreign
from irodsfs.grid.catalog_entries import _collections, _data_objects
from irodsfs.grid.errors import ZoneUnreachable
from irodsfs.grid.flight import LARGEST_PART, Reply, receive
from irodsfs.grid.queries import page
from tests.fuzz.fuzzing import for_some_time, made_up

numbers = st.one_of(st.integers(-(10**30), 10**30).map(str), st.text(max_size=8), st.sampled_from(["", "0", "7", "-1"]))
fields = st.sampled_from(["type", "msgLen", "errorLen", "bsLen", "intInfo"])
header = st.lists(st.tuples(fields, st.one_of(numbers, st.just("RODS_API_REPLY"))), max_size=8).map(
    lambda pairs: "".join(f"<{name}>{value}</{name}>\n" for name, value in pairs).encode("utf-8", "replace")
)
well_formed = st.tuples(*[st.integers(0, 60)] * 3, st.integers(-(2**31), 2**31)).map(
    lambda told: (
        (
            "<MsgHeader_PI>\n<type>RODS_API_REPLY</type>\n<msgLen>{}</msgLen>\n<errorLen>{}</errorLen>\n<bsLen>{}</bsLen>\n"
            "<intInfo>{}</intInfo>\n</MsgHeader_PI>\n"
        )
        .format(*told)
        .encode()
    )
)
framed = st.one_of(header, well_formed).map(lambda text: struct.pack(">i", len(text)) + text)
sent = st.one_of(st.binary(max_size=200), st.tuples(framed, st.binary(max_size=200)).map(b"".join))


def test_replies() -> None:
    @made_up
    @given(sent)
    def check(content: bytes) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(content)
            theirs.shutdown(socket.SHUT_WR)
            with suppress(ZoneUnreachable):
                reply = receive(ours)
                assert max(len(reply.body), len(reply.error), len(reply.bs)) <= LARGEST_PART

    for_some_time(check)


TAGS = ("GenQueryOut_PI", "SqlResult_PI", "value", "BinBytesBuf_PI", "RError_PI", "RErrMsg_PI")
COUNTS = ["<rowCnt>2</rowCnt>", "<attriCnt>2</attriCnt>", "<continueInx>1</continueInx>", "<buf>e30=</buf>"]
ODD = ["&amp;", "&#0;", "&#x110000;", "<!DOCTYPE a>", "\n"]
parts = st.sampled_from([*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), *COUNTS, *ODD])
bodies = st.lists(st.one_of(parts, st.text(max_size=5)), max_size=40).map("".join)
packed = st.one_of(bodies.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=200))


def test_pages_of_queries() -> None:
    @made_up
    @given(packed, packed, st.integers(-(2**31), 2**31))
    def check(body: bytes, error: bytes, status: int) -> None:
        with suppress(ValueError, iRODSException):
            found = page(Reply(status, body, error))
            assert len({len(row) for row in found.rows}) <= 1

    for_some_time(check)


texts = st.one_of(
    numbers, st.sampled_from(["..", ".", "a/b", "\0", "name", "/z/home", "/z/home/name", "1", "01795300000"])
)
levels = st.integers(0, 1200)


def test_rows_of_listings() -> None:
    @made_up
    @given(
        st.lists(st.tuples(*[texts] * 10, levels), max_size=5),
        st.lists(st.tuples(*[texts] * 5, levels), max_size=5),
    )
    def check(objects: list[tuple[object, ...]], collections: list[tuple[object, ...]]) -> None:
        for entry in (*_data_objects(objects), *_collections(collections)):
            assert entry.name not in ("", ".", "..")
            assert "\0" not in entry.path
            assert 0 <= entry.size < 2**63
            assert abs(entry.modified_ns) < 10**20

    for_some_time(check)


def test_values_of_extended_attributes() -> None:
    pieces = st.sampled_from(['[["', '","', '"]]', "[[", "]]", ",", '"', "\\u0000", "\\ud800", "null", "1", "é", "\0"])
    values = st.one_of(st.binary(max_size=60), st.lists(pieces, max_size=12).map(lambda each: "".join(each).encode()))

    @made_up
    @given(values)
    def check(content: bytes) -> None:
        with suppress(ValueError):
            avus = decode(content)
            assert avus
            assert decode(encode(avus)) == avus

    for_some_time(check)


def test_avus_of_any_kind_are_shown() -> None:
    @made_up
    @given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=5)), min_size=1, max_size=4))
    def check(avus: list[tuple[str, str]]) -> None:
        assert isinstance(encode(avus), bytes)

    for_some_time(check)


def test_links_that_stay_in_the_mount() -> None:
    names = st.lists(st.sampled_from(["..", ".", "", "a", "b", "..."]), max_size=8).map("/".join)

    @made_up
    @given(names, names)
    def check(directory: str, target: str) -> None:
        link = posixpath.normpath(f"/z/home/{directory.replace('..', 'c')}/link")
        with suppress(PermissionError):
            refuse_foreign("/z/home", link, target)
            assert (
                os.path.commonpath(["/z/home", posixpath.normpath(f"{posixpath.dirname(link)}/{target}")]) == "/z/home"
            )

    for_some_time(check)
