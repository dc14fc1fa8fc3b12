from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irodsfs.sandbox.protocol.error_numbers import IrodsError, ProtocolError
from irodsfs.sandbox.protocol.wire import (
    MAX_HEADER,
    Message,
    Struct,
    decode,
    encode,
    json_of,
    json_struct,
    key_values,
    read_message,
    send_message,
)

names = st.sampled_from(["objPath", "KeyValPair_PI", "ssLen", "svalue", "a", "b"])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


class Recorder:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.data = b""
        self.calls = 0

    def sendall(self, data: bytes, /) -> None:
        self.data += data
        self.calls += 1


@st.composite
def structs(draw: st.DrawFn, depth: int = 2) -> Struct:
    members: list[tuple[str, str | Struct]] = []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            inner = draw(structs(depth - 1))
            members.append((inner.name, inner))
        else:
            members.append((draw(names), draw(texts)))
    return Struct(draw(names), *members)


@given(structs())
def test_what_is_packed_unpacks_the_same(struct: Struct) -> None:
    assert decode(encode(struct)) == struct


def is_struct_or_refused(body: bytes) -> bool:
    try:
        return isinstance(decode(body), Struct)
    except ProtocolError as error:
        return bool(str(error))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_struct_or_a_protocol_error(body: bytes) -> None:
    assert is_struct_or_refused(body)


@given(st.text(st.sampled_from(list("<>/ab&;='\"\n\0")), max_size=60))
def test_anything_that_looks_like_tags_is_a_struct_or_a_protocol_error(body: str) -> None:
    assert is_struct_or_refused(body.encode())


@pytest.mark.parametrize("name", ["new\nline", "escape\x1b", "carriage\rreturn", "a\tb", "<&>'\"", "😀", "  "])
def test_names_survive_with_every_character(name: str) -> None:
    assert decode(encode(Struct("X_PI", ("path", name)))).text("path") == name


def test_structs_are_packed_one_member_a_line() -> None:
    struct = Struct("fileLseekOut_PI", ("offset", 12))
    assert encode(struct) == b"<fileLseekOut_PI>\n<offset>12</offset>\n</fileLseekOut_PI>\n"


def test_special_characters_are_packed_as_entities() -> None:
    assert b"<v>&lt;&amp;&gt;&apos;&quot;`</v>" in encode(Struct("X_PI", ("v", "<&>'\"`")))


def test_bytes_buffers_are_packed_as_they_are() -> None:
    assert b'<buf>{"a": "<&>"}</buf>' in encode(Struct("BytesBuf_PI", ("buflen", 12), ("buf", '{"a": "<&>"}')))


def test_trailing_nuls_of_a_body_do_not_matter() -> None:
    assert decode(b"<A_PI><b>1</b></A_PI>\0\0").integer("b") == 1


def test_a_thousand_nested_structs_are_refused() -> None:
    with pytest.raises(ProtocolError, match="nested"):
        decode(b"<a>" * 1000 + b"</a>" * 1000)


def test_a_large_body_decodes_in_linear_time() -> None:
    body = b"<A_PI>" + b"<v>x\x01</v>" * 20_000 + b"</A_PI>"
    assert len(decode(body).texts("v")) == 20_000


@pytest.mark.parametrize("text", ["x", "1" * 30, "1.5", "9" * 19 + "9", "--1"])
def test_a_member_that_is_no_number_is_invalid_input(text: str) -> None:
    with pytest.raises(IrodsError):
        Struct("A_PI", ("n", text)).integer("n")


def test_members_that_are_missing_have_defaults() -> None:
    empty = Struct("A_PI")
    assert (empty.text("a"), empty.integer("b", 7), empty.texts("c"), empty.structs("d")) == ("", 7, [], [])
    assert empty.keywords() == {}
    with pytest.raises(IrodsError):
        empty.struct("e")


@given(st.dictionaries(texts, texts))
def test_keywords_come_back_as_they_went_in(pairs: dict[str, str]) -> None:
    outer = Struct("DataObjInp_PI", ("KeyValPair_PI", key_values(pairs)))
    assert decode(encode(outer)).keywords() == pairs


@given(st.recursive(st.none() | st.booleans() | st.integers() | texts, st.lists, max_leaves=8))
def test_json_comes_back_as_it_went_in(value: object) -> None:
    assert json_of(decode(encode(json_struct(value)))) == value


def test_what_is_no_json_is_invalid_input() -> None:
    with pytest.raises(IrodsError):
        json_of(Struct("BinBytesBuf_PI", ("buflen", 3), ("buf", "###")))


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(-(2**31), 2**31 - 1))
def test_messages_come_back_as_they_were_sent(body: bytes, bs: bytes, status: int) -> None:
    peer = Recorder()
    message = Message("RODS_API_REPLY", status, body, b"", bs)
    send_message(peer, message)
    assert read_message(io.BytesIO(peer.data)) == message
    assert peer.calls == 1


def test_the_end_of_the_stream_between_messages_is_no_error() -> None:
    assert read_message(io.BytesIO(b"")) is None


@given(st.integers(1, 60))
def test_a_message_cut_anywhere_is_a_protocol_error(kept: int) -> None:
    peer = Recorder()
    send_message(peer, Message("RODS_API_REQ", 602, b"<A_PI></A_PI>", b"", b"xyz"))
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(peer.data[: len(peer.data) * kept // 61]))


@pytest.mark.parametrize("length", [0, -1, MAX_HEADER + 1, 2**31 - 1])
def test_a_header_of_impossible_length_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError, match="header"):
        read_message(io.BytesIO(length.to_bytes(4, "big", signed=True) + b"x" * 2000))


@pytest.mark.parametrize("member", ["msgLen", "errorLen", "bsLen"])
@pytest.mark.parametrize("size", ["-1", "2147483647", "x"])
def test_a_part_of_impossible_length_is_a_protocol_error(member: str, size: str) -> None:
    lengths = {"msgLen": "0", "errorLen": "0", "bsLen": "0"} | {member: size}
    header = encode(Struct("MsgHeader_PI", ("type", "RODS_API_REQ"), *lengths.items(), ("intInfo", 0)))
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(len(header).to_bytes(4, "big") + header))
