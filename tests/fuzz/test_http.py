"""HTTP requests and their parts: whatever comes, it is answered or refused, and never a failure of the server."""

from __future__ import annotations

import posixpath
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from irodsfs.control import xml
from irodsfs.control.accept import JSON, XML, most_wanted
from irodsfs.control.byte_ranges import by_header
from irodsfs.control.documents.metadata_documents import MetadataOperation
from irodsfs.control.documents.query_documents import GenQueryDocument
from irodsfs.control.documents.ticket_documents import TicketRequest
from irodsfs.control.http_errors import ControlError
from irodsfs.control.origins import require_own
from irodsfs.control.routes import all_operations
from irodsfs.control.uploads import uploaded
from irodsfs.control.url_paths import LONGEST_PATH, decode, logical_path
from tests.control.serving import served
from tests.fuzz.fuzzing import for_some_time, made_up
from tests.zones import AnyZone

SECONDS = 30
"""In which an answer comes, or the connection ends."""

FAILURES = {500, 502, 503, 504}
OFFERED = (JSON, XML, "application/x-ndjson")

texts = st.text(max_size=20)
headers = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=80)
numbers = st.integers(min_value=-(10**40), max_value=10**40).map(str) | st.just("9" * 5000) | st.just("")


@pytest.fixture(scope="module")
def served_zone(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a service, and its log."""
    directory = tmp_path_factory.mktemp("fuzz")
    with served(zone_server.environment_file(), directory, "--client-timeout", "1") as url:
        yield url, directory / "serve.log"


def ranges() -> st.SearchStrategy[str]:
    return headers | st.builds("{}={}-{}".format, st.sampled_from(["bytes", "BYTES", "lines"]), numbers, numbers)


def accepts() -> st.SearchStrategy[str]:
    kinds = st.sampled_from(["*/*", "text/*", "application/*", "text/xml", *OFFERED]) | headers
    return st.lists(st.builds("{};q={}".format, kinds, numbers | headers) | kinds, max_size=5).map(",".join)


def multiparts() -> st.SearchStrategy[bytes]:
    names = st.sampled_from(["uploadFile", "other", 'a"b'])
    dispositions = st.builds('Content-Disposition: form-data; name="{}"; filename="f"\r\n\r\n'.format, names)
    parts = st.builds(lambda head, body: b"--b\r\n" + head.encode() + body, dispositions, st.binary(max_size=200))
    ends = st.sampled_from([b"\r\n--b--\r\n", b"\r\n--b", b"--b--", b""])
    return st.builds(lambda parts, end: b"\r\n".join(parts) + end, st.lists(parts, max_size=3), ends)


def documents() -> st.SearchStrategy[bytes]:
    names = st.sampled_from(["ticket", "mode", "object_path", "query", "select", "value", "metadataEntries"]) | texts
    elements = st.recursive(
        texts.map(lambda text: text.replace("<", "&lt;")),
        lambda inner: st.builds("<{0} {1}='{2}'>{3}</{0}>".format, names, names, texts, inner),
        max_leaves=8,
    )
    entity = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>{}'
    return (elements | elements.map(entity.format)).map(lambda text: text.encode("utf-8", "replace")) | st.binary()


def requests(user: tuple[str, str], home: str) -> st.SearchStrategy[bytes]:
    segments = texts.map(lambda text: quote(text, safe="")) | st.sampled_from([".", "..", "%2F", "%00", "%ff", "", "a"])
    paths = st.one_of(
        st.sampled_from([each.path for each in all_operations()]).flatmap(
            lambda path: st.lists(segments, min_size=1, max_size=4).map(
                lambda parts: re.sub(r"/\{path:path\}", home + "/" + "/".join(parts), path)
            )
        ),
        st.lists(segments, max_size=6).map(lambda parts: "/" + "/".join(parts)),
    )
    named = st.sampled_from(["offset", "length", "listing", "force", "ticket", "contentType", "target", "recursive"])
    values = (texts | numbers).map(lambda text: quote(text, safe=""))
    queries = st.lists(st.builds("{}={}".format, named, values), max_size=3).map("&".join)
    bodies = st.one_of(
        st.tuples(st.just("multipart/form-data; boundary=b"), multiparts()),
        st.tuples(st.just(JSON) | st.just(XML) | headers, documents()),
        st.tuples(st.just(JSON), st.just(b'{"query": "select ZONE_NAME"}')),
    )
    more = st.lists(
        st.one_of(
            st.tuples(st.just("Range"), ranges()),
            st.tuples(st.just("Accept"), accepts()),
            st.tuples(st.sampled_from(["If-None-Match", "If-Range", "Origin", "Expect", "Upgrade", "Host"]), headers),
        ),
        max_size=3,
    )
    authorization = str(httpx.BasicAuth(*user)._auth_header)

    def written(
        method: str,
        path: str,
        query: str,
        body: tuple[str, bytes],
        more: list[tuple[str, str]],
        spoil: bytes,
        at: float,
    ) -> bytes:
        kind, content = body
        head = [f"{method} {path}?{query} HTTP/1.1", "Host: here", f"Authorization: {authorization}"]
        head += [f"Content-Type: {kind}", f"Content-Length: {len(content)}", "Connection: close"]
        head += [f"{name}: {value}" for name, value in more]
        raw = "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + content
        place = int(at * len(raw))
        return raw[:place] + spoil + raw[place:]

    methods = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "PRI"])
    spoils = st.just(b"") | st.just(b"") | st.binary(max_size=3)
    return st.builds(written, methods, paths, queries, bodies, more, spoils, st.floats(0, 1))


def test_requests_are_answered_or_refused(served_zone: tuple[str, Path], zone_server: AnyZone, home: str) -> None:
    url, log = served_zone
    address = urlsplit(url)
    user = zone_server.user, zone_server.password

    @made_up
    @given(requests(user, home))
    def check(request: bytes) -> None:
        with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
            answer = b""
            try:
                connection.sendall(request)
                while chunk := connection.recv(65536):
                    answer += chunk
            except (ConnectionResetError, BrokenPipeError):
                pass  # refused before it was sent to its end
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        assert found or not answer, answer[:100]
        assert found is None or int(found[1]) not in FAILURES, answer

    for_some_time(check)
    assert httpx.get(f"{url}/server", auth=user).status_code == 200
    assert "Traceback" not in log.read_text("utf-8", "replace")


def test_paths_are_normal_or_refused() -> None:
    @made_up
    @given(texts | st.builds("/".join, st.lists(texts | st.sampled_from([".", "..", "", "%2e%2e", "%00", "%C3"]))))
    def check(text: str) -> None:
        try:
            path = logical_path(decode(text, "path"))
        except ControlError:
            return
        assert path.startswith("/")
        assert posixpath.normpath(path) == path
        assert "\0" not in path
        assert len(path.encode("utf-8", "replace")) <= LONGEST_PATH

    for_some_time(check)


def test_ranges_are_of_the_file_or_refused() -> None:
    @made_up
    @given(st.integers(0, 2**63), ranges())
    def check(size: int, header: str) -> None:
        segment = None
        with suppress(ControlError):
            segment = by_header(size, header)
        assert segment is None or 0 <= segment.start < segment.end <= size

    for_some_time(check)


def test_what_is_chosen_is_offered() -> None:
    @made_up
    @given(accepts())
    def check(accept: str) -> None:
        assert most_wanted(accept, OFFERED) in (*OFFERED, None)

    for_some_time(check)


def test_forms_are_read_or_refused() -> None:
    async def read(content: bytes, size: int) -> None:
        pieces = [content[start : start + size] for start in range(0, len(content), size)]

        async def receive() -> Message:
            piece = pieces.pop(0) if pieces else b""
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        scope = {"type": "http", "headers": [(b"content-type", b"multipart/form-data; boundary=b")]}
        source: AsyncIterator[bytes]
        async with aclosing(uploaded(Request(scope, receive))) as source:
            received = b"".join([piece async for piece in source])
        assert received in content

    @made_up
    @given(multiparts() | st.binary(), st.integers(1, 100))
    def check(content: bytes, size: int) -> None:
        with suppress(ControlError):
            trio.run(read, content, size)

    for_some_time(check)


def test_documents_are_read_or_refused() -> None:
    @made_up
    @given(documents(), st.sampled_from([TicketRequest, GenQueryDocument, MetadataOperation]))
    def check(content: bytes, kind: type[TicketRequest]) -> None:
        with suppress(ControlError):
            assert isinstance(xml.read(content, kind), dict)

    for_some_time(check)


def test_origins_are_own_or_refused() -> None:
    names = st.sampled_from(["http://here", "https://here:1", "null"]) | headers

    @made_up
    @given(names, names, st.sampled_from(["http", "https"]))
    def check(host: str, origin: str, scheme: str) -> None:
        raw = [(b"host", host.encode("latin-1")), (b"origin", origin.encode("latin-1"))]
        request = Request({"type": "http", "scheme": scheme, "path": "/", "headers": raw, "server": None})
        with suppress(ControlError):
            require_own(request, [])
            assert urlsplit(origin).hostname == urlsplit(f"{scheme}://{host}").hostname

    for_some_time(check)
