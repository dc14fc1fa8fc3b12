"""Contents of data objects: ranges, tags, streams of any size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from irods.session import iRODSSession

from tests.control.sockets import plainly_connected
from tests.mounts import Mount

MEBIBYTE = 1024 * 1024
LARGE = 96 * MEBIBYTE


@pytest.fixture
def letters(session: iRODSSession, home: str) -> str:
    with session.data_objects.open(f"{home}/letters", "w") as file:
        file.write(b"abcdefghij")
    return f"/fileContents{home}/letters"


@pytest.mark.parametrize(
    ("header", "content", "told"),
    [
        ("bytes=0-0", b"a", "bytes 0-0/10"),
        ("bytes=2-4", b"cde", "bytes 2-4/10"),
        ("bytes=8-", b"ij", "bytes 8-9/10"),
        ("bytes=-3", b"hij", "bytes 7-9/10"),
        ("bytes=5-99", b"fghij", "bytes 5-9/10"),
        (f"bytes=5-{'9' * 5000}", b"fghij", "bytes 5-9/10"),
        (f"bytes=-{'9' * 5000}", b"abcdefghij", "bytes 0-9/10"),
        (f"bytes={'0' * 5000}2-4", b"cde", "bytes 2-4/10"),
    ],
)
def test_a_range_is_answered_partially(
    control: httpx.Client, letters: str, header: str, content: bytes, told: str
) -> None:
    answer = control.get(letters, headers={"Range": header})
    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, content, told)


@pytest.mark.parametrize(
    "header", ["bytes=10-", "bytes=99-100", "bytes=-0", f"bytes={'9' * 5000}-", f"bytes={'9' * 5000}-{'9' * 5000}"]
)
def test_a_range_beyond_the_end_is_refused_with_the_size(control: httpx.Client, letters: str, header: str) -> None:
    answer = control.get(letters, headers={"Range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */10"
    assert answer.json()["field"] == "Range"


@pytest.mark.parametrize("header", ["bytes=4-2", "lines=1-2", "bytes=0-1,3-4", "bytes=x"])
def test_a_range_that_is_not_understood_is_ignored(control: httpx.Client, letters: str, header: str) -> None:
    assert control.get(letters, headers={"Range": header}).content == b"abcdefghij"


def test_offset_and_length_are_honoured(control: httpx.Client, letters: str) -> None:
    assert control.get(letters, params={"offset": "3", "length": "4"}).content == b"defg"
    assert control.get(letters, params={"offset": "30"}).content == b""


def test_head_tells_what_get_would(control: httpx.Client, letters: str) -> None:
    answer = control.head(letters)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "10", b"")
    assert answer.headers["etag"] == control.get(letters).headers["etag"]


def test_the_entity_tag_saves_what_is_known(control: httpx.Client, letters: str) -> None:
    tag = control.get(letters).headers["etag"]
    assert tag.startswith("W/")
    assert control.get(letters, headers={"If-None-Match": tag}).status_code == 304
    control.put(letters.replace("fileContents", "dataObject") + "/checksum")
    strong = control.get(letters).headers["etag"]
    assert strong.startswith('"')
    partial = control.get(letters, headers={"Range": "bytes=0-1", "If-Range": strong})
    assert (partial.status_code, partial.content) == (206, b"ab")
    control.post(letters, files={"uploadFile": b"other"})
    assert control.get(letters, headers={"If-None-Match": strong}).content == b"other"
    assert control.get(letters, headers={"Range": "bytes=0-1", "If-Range": strong}).content == b"other"


def test_an_upload_replaces_or_writes_from_an_offset(control: httpx.Client, letters: str) -> None:
    control.post(letters, params={"offset": "2"}, files={"uploadFile": b"XY"})
    assert control.get(letters).content == b"abXYefghij"
    control.post(letters, files={"uploadFile": b""})
    assert control.get(letters).content == b""


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"files": {"other": b"x"}}, 400, "uploadFile"),
        ({"files": [("uploadFile", b"x"), ("uploadFile", b"y")]}, 400, "uploadFile"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "Content-Type"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 415, "Content-Type"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, "body"),
    ],
)
def test_a_broken_form_is_refused_and_leaves_nothing(
    control: httpx.Client, home: str, sent: dict[str, object], status: int, field: str
) -> None:
    answer = control.post(f"/fileContents{home}/new", **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert control.get(f"/dataObject{home}/new").status_code == 404


def _bytes() -> Iterator[bytes]:
    block = bytes(range(256)) * 4096
    for _ in range(LARGE // MEBIBYTE):
        yield block


def test_large_contents_go_both_ways_in_constant_memory(
    control: httpx.Client, mounted_zone: Mount, home: str, tmp_path: Path
) -> None:
    digest = hashlib.sha256()
    with (tmp_path / "large").open("wb") as file:
        for block in _bytes():
            digest.update(block)
            file.write(block)
    before = mounted_zone.peak_memory()
    with (tmp_path / "large").open("rb") as file:
        uploaded = control.post(f"/fileContents{home}/large", files={"uploadFile": file})
    assert uploaded.json()["dataSize"] == LARGE
    assert uploaded.json()["replicationStatus"] == "1"
    received = hashlib.sha256()
    with control.stream("GET", f"/fileContents{home}/large") as answer:
        assert answer.headers["content-length"] == str(LARGE)
        for block in answer.iter_bytes():
            received.update(block)
    assert received.digest() == digest.digest()
    assert mounted_zone.peak_memory() - before < LARGE * 2 // 3


def test_a_connection_that_was_to_be_closed_is_closed_after_a_large_download(
    control: httpx.Client, mounted_zone: Mount, home: str
) -> None:
    content = b"".join(list(_bytes())[:6])
    control.post(f"/fileContents{home}/large", files={"uploadFile": content})
    request = f"GET /fileContents{home}/large HTTP/1.1\r\nHost: irods\r\nConnection: close\r\n\r\n"
    with plainly_connected(os.getxattr(mounted_zone.path, "irods.control").decode()) as client:
        client.sendall(request.encode())
        with client.makefile("rb") as answer:
            _, _, received = answer.read().partition(b"\r\n\r\n")
    assert received == content


def test_a_download_that_nobody_finishes_ends_and_frees_its_connection(
    control: httpx.Client, session: iRODSSession, mounted_zone: Mount, home: str
) -> None:
    with session.data_objects.open(f"{home}/large", "w") as file:
        for block in list(_bytes())[:16]:
            file.write(block)
    for _ in range(8):
        with control.stream("GET", f"/fileContents{home}/large") as answer:
            next(answer.iter_bytes())
    assert control.get(f"/fileContents{home}/large", headers={"Range": "bytes=0-3"}).content == b"\0\1\2\3"
    control.post("/cache/invalidate")
    assert mounted_zone.shown(f"{home}/large").stat().st_size == 16 * MEBIBYTE


def test_what_lies_in_no_zone_is_missing(control: httpx.Client) -> None:
    for method in ("GET", "HEAD"):
        assert control.request(method, "/fileContents/0").status_code == 404
    for path in ("/0", "/nowhere/x/y"):
        answer = control.post(f"/fileContents{path}", files={"uploadFile": b"content"})
        assert answer.status_code == 404
        assert "lies in no zone" in answer.json()["message"]
