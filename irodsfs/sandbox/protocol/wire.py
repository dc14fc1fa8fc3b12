"""Messages of the iRODS protocol: a length-prefixed header, then body, error stack and byte stream.

Bodies are packed structs in iRODS' own dialect of XML: no attributes, five entities, control characters as they are.
"""

from __future__ import annotations

import base64
import json
import re
import struct as binary
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from irodsfs.sandbox.protocol.error_numbers import IrodsError, ProtocolError

MAX_HEADER = 1088
MAX_BODY = 64 * 1024 * 1024
MAX_BYTE_STREAM = 512 * 1024 * 1024
MAX_DEPTH = 32

TAG = re.compile(r"<(/?)([A-Za-z_][A-Za-z0-9_.:-]*)\s*(/?)>")
PROLOGUE = re.compile(r"\s*(<\?[^>]*\?>\s*)?")
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|#39|#34);")
CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "#39": "'", "#34": '"'}
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
SPECIAL = re.compile(r"[&<>\"']")


class Struct:
    """A packed struct: a name and its members in order; member names may repeat (arrays)."""

    __slots__ = ("members", "name")

    def __init__(self, name: str, *members: tuple[str, str | int | Struct]) -> None:
        self.name = name
        self.members: list[tuple[str, str | Struct]] = [
            (key, str(value) if isinstance(value, int) else value) for key, value in members
        ]

    def text(self, name: str, default: str = "") -> str:
        """The first member of that name that is text."""
        for key, value in self.members:
            if key == name and isinstance(value, str):
                return value
        return default

    def integer(self, name: str, default: int = 0) -> int:
        """The first member of that name as an integer; raises IrodsError when it is no number."""
        text = self.text(name).strip()
        if not text:
            return default
        try:
            number = int(text) if len(text) < 20 else None
        except ValueError:
            number = None
        if number is None or number.bit_length() > 63:
            raise IrodsError("SYS_INVALID_INPUT_PARAM", f"{name} is not a number: {text[:40]!r}")
        return number

    def struct(self, name: str) -> Struct:
        """The first member struct of that name; raises IrodsError when there is none."""
        for inner in self.structs(name):
            return inner
        raise IrodsError("SYS_INVALID_INPUT_PARAM", f"{self.name} lacks {name}")

    def structs(self, name: str) -> list[Struct]:
        """All member structs of that name, in order; an element without content is a struct without members."""
        return [
            value if isinstance(value, Struct) else Struct(name)
            for key, value in self.members
            if key == name and (isinstance(value, Struct) or not value.strip())
        ]

    def texts(self, name: str) -> list[str]:
        """All members of that name that are text, in order."""
        return [value for key, value in self.members if key == name and isinstance(value, str)]

    def keywords(self) -> dict[str, str]:
        """The pairs of its KeyValPair_PI ({} when absent)."""
        for pairs in self.structs("KeyValPair_PI"):
            return dict(zip(pairs.texts("keyWord"), pairs.texts("svalue"), strict=False))
        return {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and (self.name, self.members) == (other.name, other.members)

    def __repr__(self) -> str:
        return f"Struct({self.name!r}, {', '.join(map(repr, self.members))})"


def key_values(pairs: Mapping[str, str]) -> Struct:
    """A KeyValPair_PI of these pairs."""
    return Struct(
        "KeyValPair_PI",
        ("ssLen", len(pairs)),
        *(("keyWord", key) for key in pairs),
        *(("svalue", value) for value in pairs.values()),
    )


def decode(body: bytes) -> Struct:
    """The struct packed in a body; raises ProtocolError when it is none. Trailing NULs are tolerated."""
    text = body.rstrip(b"\0").decode("utf-8", "surrogateescape")
    if "\0" in text:
        raise ProtocolError("a struct with a NUL in it")
    top = members_in(text)
    if len(top.members) != 1:
        raise ProtocolError("not one packed struct")
    name, content = top.members[0]
    return content if isinstance(content, Struct) else Struct(name, *([("", content)] if content.strip() else []))


def members_in(text: str) -> Struct:
    """A struct without a name, whose members are the elements of a document."""
    start = PROLOGUE.match(text)
    position = start.end() if start else 0
    top = Struct("")
    open_structs = [top]
    opened_last = False
    for tag in TAG.finditer(text, position):
        closing, name, empty = tag.groups()
        inside = open_structs[-1]
        if closing:
            if inside.name != name or len(open_structs) == 1:
                raise ProtocolError(f"unexpected </{name[:40]}>")
            open_structs.pop()
            if opened_last:
                open_structs[-1].members[-1] = (name, unescape(text[position : tag.start()]))
        else:
            if len(open_structs) > MAX_DEPTH:
                raise ProtocolError("structs nested too deeply")
            inner = Struct(name)
            inside.members.append((name, "" if empty else inner))
            if not empty:
                open_structs.append(inner)
        opened_last = not closing and not empty
        position = tag.end()
    if len(open_structs) != 1 or text[position:].strip():
        raise ProtocolError("not one packed struct")
    return top


def encode(struct: Struct) -> bytes:
    """The struct packed as the server does: one member a line."""
    parts: list[str] = []
    write(struct, parts)
    return "".join(parts).encode("utf-8", "surrogateescape")


def write(struct: Struct, parts: list[str]) -> None:
    parts.append(f"<{struct.name}>\n")
    raw = struct.name == "BytesBuf_PI"  # its buffer is bytes to the packer, which escapes only strings
    for name, value in struct.members:
        if isinstance(value, Struct):
            write(value, parts)
        else:
            parts.append(f"<{name}>{value if raw else escape(value)}</{name}>\n")
    parts.append(f"</{struct.name}>\n")


def escape(text: str) -> str:
    return text.translate(ESCAPES) if SPECIAL.search(text) else text


def unescape(text: str) -> str:
    return ENTITY.sub(lambda entity: CHARACTERS[entity.group(1)], text) if "&" in text else text


def json_struct(value: object) -> Struct:
    """A BinBytesBuf_PI that holds JSON text ended by a NUL, in base64."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() + b"\0"
    return Struct("BinBytesBuf_PI", ("buflen", len(text)), ("buf", base64.b64encode(text).decode()))


def json_of(struct: Struct) -> Any:
    """The JSON a BinBytesBuf_PI holds; raises IrodsError when it holds none."""
    try:
        return json.loads(base64.b64decode(struct.text("buf")).rstrip(b"\0"))
    except (ValueError, RecursionError):
        raise IrodsError("SYS_INVALID_INPUT_PARAM", "the buffer holds no JSON") from None


@dataclass
class Message:
    """One message of the protocol; ``int_info`` is the API number of a request or the status of a reply."""

    type: str
    int_info: int = 0
    body: bytes = b""
    error: bytes = b""
    bs: bytes = b""


class Writer(Protocol):
    def sendall(self, data: bytes, /) -> None: ...


def read_message(stream: BinaryIO) -> Message | None:
    """The next message; None when the peer closed between messages; raises ProtocolError for anything else."""
    header = read_header(stream)
    if header is None:
        return None
    for size, limit in zip(header.lengths, (MAX_BODY, MAX_BODY, MAX_BYTE_STREAM), strict=True):
        if not 0 <= size <= limit:
            raise ProtocolError(f"message part of {size} bytes")
    body, error_stack, bs = (exactly(stream, size) if size else b"" for size in header.lengths)
    return Message(header.type, header.int_info, body, error_stack, bs)


@dataclass(frozen=True)
class Header:
    """A message's header; ``lengths`` are bytes of body, error stack and byte stream."""

    type: str
    lengths: tuple[int, int, int]
    int_info: int


def read_header(stream: BinaryIO) -> Header | None:
    """The next header; None when the peer closed before it; raises ProtocolError."""
    prefix = stream.read(4)
    if not prefix:
        return None
    (length,) = binary.unpack(">i", prefix) if len(prefix) == 4 else (0,)
    if not 0 < length <= MAX_HEADER:
        raise ProtocolError(f"header of {length} bytes")
    header = decode(exactly(stream, length))
    try:
        lengths = (header.integer("msgLen"), header.integer("errorLen"), header.integer("bsLen"))
        return Header(header.text("type"), lengths, header.integer("intInfo"))
    except IrodsError as error:
        raise ProtocolError(f"header: {error}") from None


def exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise ProtocolError(f"message ended after {len(data)} of {length} bytes")
    return data


def send_message(peer: Writer, message: Message) -> None:
    """Sends a message in one piece; a large byte stream goes without being copied."""
    header = (
        f"<MsgHeader_PI>\n<type>{message.type}</type>\n<msgLen>{len(message.body)}</msgLen>\n"
        f"<errorLen>{len(message.error)}</errorLen>\n<bsLen>{len(message.bs)}</bsLen>\n"
        f"<intInfo>{message.int_info}</intInfo>\n</MsgHeader_PI>\n"
    ).encode()
    head = binary.pack(">i", len(header)) + header + message.body + message.error
    if len(message.bs) < 65536:
        peer.sendall(head + message.bs)
    else:
        peer.sendall(head)
        peer.sendall(message.bs)
