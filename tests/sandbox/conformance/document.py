"""Documents: what a reply says, as named values and rows, each of a kind that tells how to compare it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from irods.models import ModelBase

from irodsfs.sandbox.protocol.wire import Message, Struct, decode

GENQUERY1, GENQUERY2 = 702, 10221
ORDERED = 0x400 | 0x800  # ORDER_BY and ORDER_BY_DESC of a GenQuery1 column
SELECTED = re.compile(r"\s*select\s+(?:no\s+distinct\s+)?(.*?)(?:\s(?:where|order|group|limit)\s|$)", re.I | re.S)
KINDS = {
    **dict.fromkeys(("dataId", "data_id", "collection_id", "resource_id"), "id"),
    **dict.fromkeys(("createTime", "modifyTime", "data_create", "data_modify", "serverBootTime"), "time"),
    **dict.fromkeys(("stringToHashWith", "request_result", "digest", "replica_token"), "token"),
    **dict.fromkeys(("hostname", "host"), "host"),
}
COLUMN_KINDS = {
    **{
        number: "time" if column.column_type.__name__ == "DateTime" else "id"
        for number, column in ModelBase.column_items
        if column.column_type.__name__ == "DateTime" or column.icat_key.endswith("_ID")
    },
    **dict.fromkeys((317, 421, 600), "text"),
    306: "host",
    424: "access time",
    1000001: "process",
    1000002: "time",
    1000009: "host",
}


class Leaf(NamedTuple):
    """One value: where it stands, how to compare it, and what it is."""

    path: str
    kind: str
    text: str


@dataclass
class Document:
    """A reply taken apart; ``rows`` of a query count in any order unless it asked for one."""

    leaves: list[Leaf] = field(default_factory=list)
    rows: list[tuple[Leaf, ...]] = field(default_factory=list)
    ordered: bool = True


def document(request: Message | None, reply: Message) -> Document:
    """The document of a reply; raises ProtocolError when it cannot be unpacked."""
    result = Document()
    result.leaves += error_stack(reply)
    if not reply.body.rstrip(b"\0"):
        return result
    struct = decode(reply.body)
    if struct.name == "GenQueryOut_PI":
        add_query_result(result, struct)
        result.ordered = request is not None and is_ordered(request)
    elif request is not None and request.int_info == GENQUERY2 and is_rows(struct.text("myStr")):
        query = decode(request.body).text("query_string")
        result.rows = list(genquery2_rows(query, json.loads(struct.text("myStr"))))
        result.ordered = "order by" in query.lower()
    else:
        result.leaves += struct_leaves(struct, struct.name)
    return result


def error_stack(reply: Message) -> Iterator[Leaf]:
    if not reply.error.rstrip(b"\0"):
        return
    for number, message in enumerate(decode(reply.error).structs("RErrMsg_PI")):
        yield Leaf(f"error {number}", "text", message.text("status"))
        yield Leaf(f"error {number} text", "text", message.text("msg"))


def add_query_result(result: Document, struct: Struct) -> None:
    columns = struct.structs("SqlResult_PI")
    result.leaves += [
        Leaf(name, "continuation" if name == "continueInx" else "text", value)
        for name, value in struct.members
        if isinstance(value, str)
    ]
    result.leaves += [
        Leaf(f"columns/{i}", "text", f"{column.text('attriInx')} {column.text('reslen')}")
        for i, column in enumerate(columns)
    ]
    filled = [column for column in columns if column.texts("value")]
    kinds = [COLUMN_KINDS.get(column.integer("attriInx"), "text") for column in filled]
    names = [column.text("attriInx") for column in filled]
    for number, values in enumerate(zip(*(column.texts("value") for column in filled), strict=False)):
        result.rows.append(
            tuple(
                Leaf(f"row {number} column {name}", kind, value)
                for name, kind, value in zip(names, kinds, values, strict=True)
            )
        )


def is_ordered(request: Message) -> bool:
    if request.int_info != GENQUERY1:
        return False
    selected = decode(request.body).structs("InxIvalPair_PI")
    return any(int(option) & ORDERED for pairs in selected for option in pairs.texts("ivalue"))


def is_rows(text: str) -> bool:
    return text.startswith("[[") or text == "[]"


def genquery2_rows(query: str, rows: list[list[Any]]) -> Iterator[tuple[Leaf, ...]]:
    kinds = genquery2_kinds(query)
    for number, row in enumerate(rows):
        yield tuple(Leaf(f"row {number} column {i}", kinds.get(i, "text"), str(value)) for i, value in enumerate(row))


def genquery2_kinds(query: str) -> dict[int, str]:
    selected = SELECTED.match(query)
    columns = re.split(r",(?![^(]*\))", selected[1]) if selected else []
    names = [column.strip().upper() for column in columns]
    kinds = {i: "id" for i, name in enumerate(names) if name.endswith("_ID")}
    return kinds | {i: "time" for i, name in enumerate(names) if "_TIME" in name}


def struct_leaves(struct: Struct, path: str) -> Iterator[Leaf]:
    seen: dict[str, int] = {}
    holds_json = any(name in ("buf", "myStr") and json_in(value) is not None for name, value in struct.members)
    buffer = str(next((value for name, value in struct.members if name == "buf"), ""))
    for name, value in struct.members:
        where = f"{path}/{name}" + (f"[{seen[name]}]" if name in seen else "")
        seen[name] = seen.get(name, 0) + 1
        if isinstance(value, Struct):
            yield from struct_leaves(value, where)
        elif name == "buflen" and holds_json:
            yield Leaf(f"{where} beyond the buffer", "text", str(int(value) - len(decoded(buffer))))
        elif name in ("buf", "myStr") and (inner := json_in(value)) is not None:
            yield Leaf(f"{where} encoding", "text", encoding(value))
            yield from json_leaves(inner, where)
        else:
            yield Leaf(where, KINDS.get(name, "text"), readable(value) if name == "buf" else value)


def json_in(value: str | Struct) -> Any:
    """The JSON object or array a text or base64 buffer holds, None when it holds none."""
    if isinstance(value, Struct):
        return None
    for text in (value, readable(value)):
        if text[:1] in ("{", "["):
            try:
                return json.loads(text.rstrip("\0\n"))
            except ValueError:
                continue
    return None


def encoding(value: str) -> str:
    """How a buffer holds its JSON: as it is or in base64, and what it ends with."""
    content = decoded(value)
    how = "plain" if content == value.encode() else "base64"
    return f"{how}, ending in {content[-1:]!r}"


def readable(buffer: str) -> str:
    return decoded(buffer).decode("utf-8", "backslashreplace")


def decoded(buffer: str) -> bytes:
    try:
        return base64.b64decode(buffer, validate=True)
    except (binascii.Error, ValueError):
        return buffer.encode("utf-8", "surrogateescape")


def json_leaves(value: Any, path: str) -> Iterator[Leaf]:
    if isinstance(value, dict):
        if not value:
            yield Leaf(path, "text", "{}")
        for key in sorted(value):
            yield from json_leaves(value[key], f"{path}/{key}")
    elif isinstance(value, list):
        yield Leaf(f"{path}/length", "text", str(len(value)))
        for i, item in enumerate(value):
            yield from json_leaves(item, f"{path}/{i}")
    else:
        text = value if isinstance(value, str) else json.dumps(value)
        yield Leaf(path, KINDS.get(path.rpartition("/")[2], "text"), text)
