"""Results of any length, in every form."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from irodsfs.control.mounted import CONNECTIONS
from tests.control.sockets import plainly_connected
from tests.mounts import Mount
from tests.zones import AnyZone

COLLECTION = "COLLECTION WITH MANY ROWS"
"""Stands for its path in the documents below."""

AVUS, OBJECTS = 2_000, 12
QUERY = {
    "select": [{"value": "DATA_NAME"}, {"value": "META_COLL_ATTR_NAME"}],
    "condition": [{"column": "COLL_NAME", "operator": "EQUAL", "value": COLLECTION}],
}
TEXT = {"query": f"select DATA_NAME, META_COLL_ATTR_NAME where COLL_NAME = '{COLLECTION}'"}
WIDE_QUERY = QUERY | {"select": [*QUERY["select"], {"value": "DATA_PATH"}, {"value": "DATA_ID"}]}
WIDE_TEXT = {"query": TEXT["query"].replace("select ", "select DATA_PATH, DATA_ID, ")}
EXPECTED = {(f"object{number}", f'"[a{avu}],[') for number in range(OBJECTS) for avu in range(AVUS)}
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def many_rows(control: httpx.Client, zone_server: AnyZone) -> Iterator[str]:
    """A collection with so many AVUs and data objects that each of those with each of these are some pages of rows."""
    collection = f"{zone_server.home}/{uuid.uuid4().hex}"
    control.put(f"/collection{collection}")
    for number in range(OBJECTS):
        control.post(f"/fileContents{collection}/object{number}", files={"uploadFile": b""})
    entries = [{"attribute": f'"[a{avu}],[', "value": "v"} for avu in range(AVUS)]
    control.put(f"/collection{collection}/metadata", json={"metadataEntries": entries})
    yield collection
    control.delete(f"/collection{collection}", params={"force": "true"})


def about(collection: str, document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document).replace(COLLECTION, collection))
    return found


def rows_in_json(text: str) -> Iterator[tuple[str, ...]]:
    for row in json.loads(text)["row"]:
        yield tuple(each["value"] for each in row["column"]) if "column" in row else tuple(row["value"])


def rows_in_xml(text: str) -> Iterator[tuple[str, ...]]:
    for row in fromstring(text.encode()).findall("row"):
        yield tuple(each.text for each in row)


def rows_in_lines(text: str) -> Iterator[tuple[str, ...]]:
    for row in map(json.loads, text.splitlines()):
        yield tuple(row.values() if isinstance(row, dict) else row)


@pytest.mark.parametrize(("url", "document"), [("/query", WIDE_TEXT), ("/genQuery", WIDE_QUERY)])
def test_a_long_result_takes_little_memory(
    control: httpx.Client, mounted_zone: Mount, many_rows: str, url: str, document: dict[str, Any]
) -> None:
    # First in this module, as a process does not give back what it once had.
    before, size = mounted_zone.peak_memory(), 0
    with control.stream("POST", url, json=about(many_rows, document)) as answer:
        for block in answer.iter_raw():
            size += len(block)
    assert size > 2 * MEBIBYTE
    assert mounted_zone.peak_memory() - before < 24 * MEBIBYTE


@pytest.mark.parametrize(("url", "document"), [("/genQuery", QUERY), ("/query", TEXT)])
@pytest.mark.parametrize(
    ("media_type", "rows"),
    [
        ("application/json", rows_in_json),
        ("application/xml", rows_in_xml),
        ("application/x-ndjson", rows_in_lines),
    ],
)
def test_a_long_result_is_complete_in_every_form(
    control: httpx.Client, many_rows: str, media_type: str, rows: Any, url: str, document: dict[str, Any]
) -> None:
    answer = control.post(url, json=about(many_rows, document), headers={"Accept": media_type})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    found = list(rows(answer.text))
    assert len(found) == AVUS * OBJECTS
    assert set(found) == EXPECTED


def test_a_short_result_has_a_length(control: httpx.Client, many_rows: str) -> None:
    query = about(many_rows, TEXT)["query"]
    assert int(control.post("/query", json={"query": f"{query} limit 1"}).headers["content-length"]) > 0
    nothing = control.post("/query", json={"query": f"{query} and DATA_NAME = 'missing'"})
    assert (nothing.headers["content-length"], nothing.json()) == ("11", {"row": []})


@contextmanager
def half_read(path: str, query: dict[str, Any]) -> Iterator[None]:
    """A client that has asked for a long result, and has read no more than the beginning of the answer."""
    body = json.dumps(query)
    headers = f"Host: i\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with plainly_connected(path) as client:
        client.sendall(f"POST /genQuery HTTP/1.1\r\n{headers}\r\n{body}".encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        yield


def test_results_that_are_read_slowly_or_not_to_their_end_keep_no_query_waiting(
    control: httpx.Client, mounted_zone: Mount, many_rows: str
) -> None:
    query = about(many_rows, QUERY)
    path = os.getxattr(mounted_zone.path, "irods.control").decode()
    with ExitStack() as readers:
        for _ in range(CONNECTIONS + 1):
            readers.enter_context(half_read(path, query))
        assert len(control.post("/genQuery", json={"select": [{"value": "RESC_NAME"}]}).json()["row"]) > 0
    assert len(list(rows_in_json(control.post("/genQuery", json=query).text))) == AVUS * OBJECTS
