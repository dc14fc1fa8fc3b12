"""`irodsfs serve` among strangers: web pages, guessers, clients that send or take nothing, and old tricks of HTTP."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand
from tests.control.serving import served
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

PORTAL, EVIL = "https://portal.example", "https://evil.example"
PATIENCE = 1
"""Seconds of `--client-timeout`."""

MEBIBYTE = 1024 * 1024
Credentials = tuple[str, str]


@pytest.fixture(scope="module")
def url(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("strangers")
    (directory / "spool").mkdir()
    with served(
        zone_server.environment_file(),
        directory,
        *("--client-timeout", str(PATIENCE), "--spool-directory", str(directory / "spool"), "--spool-limit", "1"),
        *("--allow-cors", "--cors-origin", PORTAL),
    ) as url:
        yield url


@pytest.fixture
def user(zone_server: AnyZone) -> Credentials:
    return zone_server.user, zone_server.password


@pytest.fixture
def client(url: str, user: Credentials) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, auth=user, timeout=60) as client:
        yield client


@contextmanager
def line(url: str) -> Iterator[socket.socket]:
    """A connection, for requests byte by byte."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        yield connection


def head(method: str, path: str, user: Credentials, *headers: str) -> bytes:
    """A request up to its body."""
    authorization = httpx.BasicAuth(*user)._auth_header
    lines = [f"{method} {path} HTTP/1.1", "Host: here", f"Authorization: {authorization}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("PUT", "/collection{home}/made", {}),
        ("DELETE", "/dataObject{home}/file", {}),
        ("POST", "/dataObject{home}/file/move?target={home}/moved", {}),
        ("POST", "/fileContents{home}/file", {"files": {"uploadFile": b"evil"}}),
        ("POST", "/rule", {"json": {"ruleAsOriginalText": "r { }\nOUTPUT null"}}),
        ("POST", "/query", {"json": {"query": "select ZONE_NAME"}}),
        ("POST", "/cache/invalidate", {}),
    ],
)
@pytest.mark.parametrize("browser", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_foreign_page_changes_anything(
    client: httpx.Client,
    session: iRODSSession,
    home: str,
    method: str,
    path: str,
    sent: dict[str, object],
    browser: dict[str, str],
) -> None:
    put(session, f"{home}/file", b"content")
    answer = client.request(method, path.format(home=home), headers=browser, **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]) == (403, "FOREIGN_ORIGIN")
    assert get(session, f"{home}/file") == b"content"
    assert not session.collections.exists(f"{home}/made")


def test_pages_of_a_named_origin_and_its_own_may(client: httpx.Client, url: str, home: str) -> None:
    for number, origin in enumerate((PORTAL, url)):
        browser = {"Origin": origin, "Sec-Fetch-Site": "cross-site" if origin == PORTAL else "same-origin"}
        assert client.put(f"/collection{home}/made{number}", headers=browser).status_code == 200
    assert client.get("/server", headers={"Origin": EVIL}).status_code == 200


def test_a_body_needs_a_type(client: httpx.Client) -> None:
    answer = client.post("/query", content=b'{"query": "select ZONE_NAME"}')
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Type")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--allow-cors", "--cors-allow-credentials"], "--cors-origin"),
        (["--allow-cors", "--cors-allow-credentials", "--cors-origin", PORTAL, "--cors-origin", "*"], "--cors-origin"),
        (["--allow-cors", "--cors-origin", "null"], "null"),
        (["--allow-cors", "--cors-origin", f"{PORTAL}/"], "portal"),
        (["--spool-directory", "/missing"], "/missing"),
    ],
)
def test_what_would_let_everybody_in_is_refused_at_start(
    irodsfs: IrodsfsCommand, zone_server: AnyZone, options: list[str], told: str
) -> None:
    done = irodsfs("serve", zone_server.environment_file(), "--listen", "0", *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr


def test_it_does_not_say_that_it_answers_before_the_zone_did(irodsfs: IrodsfsCommand, zone_server: AnyZone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    done = irodsfs("serve", zone_server.environment_file(irods_host="127.0.0.1", irods_port=port), "--listen", "0")
    assert (done.returncode, done.stdout) == (5, "")


def test_status_and_metrics_are_for_users(url: str, client: httpx.Client, user: Credentials) -> None:
    for path in ("/status", "/metrics"):
        assert httpx.get(f"{url}{path}").status_code == 401
        assert httpx.head(f"{url}{path}").status_code == 401
        assert httpx.get(f"{url}{path}", auth=(user[0], "wrong")).status_code == 401
        assert client.get(path).status_code == 200
    assert httpx.post(f"{url}/cache/invalidate").status_code == 401
    assert httpx.get(f"{url}/openapi.json").status_code == 200


def test_public_metrics_are_for_everybody_who_only_reads(zone_server: AnyZone, tmp_path: Path) -> None:
    with served(zone_server.environment_file(), tmp_path, "--public-metrics") as url:
        assert httpx.get(f"{url}/status").status_code == 200
        assert httpx.get(f"{url}/metrics").status_code == 200
        assert httpx.post(f"{url}/cache/invalidate").status_code == 401


def test_anonymous_reads_no_metrics(zone_server: AnyZone, tmp_path: Path) -> None:
    with served(zone_server.environment_file(), tmp_path, "--anonymous") as url:
        assert httpx.get(f"{url}/metrics").status_code == 401


def test_many_guesses_at_once_are_no_more_than_one_after_another(
    zone_server: AnyZone, tmp_path: Path, user: Credentials
) -> None:
    with served(zone_server.environment_file(), tmp_path) as url:
        assert httpx.get(f"{url}/server", auth=user).status_code == 200

        def status(name: str, password: str) -> int:
            return httpx.get(f"{url}/server", auth=(name, password), timeout=60).status_code

        with ThreadPoolExecutor(40) as threads:
            codes = Counter(threads.map(lambda number: status(user[0], f"guess{number}"), range(120)))
            others = Counter(threads.map(lambda number: status(f"user{number}", "guess"), range(120)))
        assert codes.keys() == {401, 429}
        assert codes[401] <= 6
        assert codes[401] + others[401] <= 13
        assert status(*user) == 200


def test_a_session_that_has_ended_is_not_kept_out_by_guesses(
    zone_server: AnyZone, tmp_path: Path, user: Credentials
) -> None:
    with served(zone_server.environment_file(), tmp_path, "--session-lifetime", "0") as url:
        assert httpx.get(f"{url}/server", auth=user).status_code == 200
        codes = [httpx.get(f"{url}/server", auth=(user[0], f"guess{number}")).status_code for number in range(8)]
        assert codes[-1] == 429
        assert httpx.get(f"{url}/server", auth=user).status_code == 200


def test_many_clients_of_one_user_who_begin_at_once_are_no_guessers(
    zone_server: AnyZone, tmp_path: Path, user: Credentials
) -> None:
    with served(zone_server.environment_file(), tmp_path) as url, ThreadPoolExecutor(30) as threads:
        codes = threads.map(lambda _: httpx.get(f"{url}/server", auth=user, timeout=60).status_code, range(30))
        assert set(codes) == {200}


@pytest.mark.parametrize("sent", [b"", b"GET /server HTTP/1.1\r\nHost: here\r\nX-Slow: "])
def test_who_never_ends_the_head_of_a_request_is_cut_off(url: str, sent: bytes) -> None:
    with line(url) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        assert until_closed(connection) == b""
    assert time.monotonic() - began < 20 * PATIENCE


@pytest.mark.parametrize("drips", [False, True])
def test_who_never_ends_a_body_is_told_and_cut_off(
    url: str, user: Credentials, session: iRODSSession, home: str, drips: bool
) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="uploadFile"; filename="f"\r\n\r\n'
    headers = ("Content-Type: multipart/form-data; boundary=b", "Content-Length: 10000000")
    with line(url) as connection:
        connection.sendall(head("POST", f"/fileContents{home}/slow", user, *headers) + form)
        connection.settimeout(PATIENCE / 4)
        answer = b""
        began = time.monotonic()
        while not answer and time.monotonic() - began < 20 * PATIENCE:
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                connection.sendall(b"x" * drips)
        connection.settimeout(60)
        assert answer.startswith(b"HTTP/1.1 408 ")
    assert not session.data_objects.exists(f"{home}/slow")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /server HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
        b"GET /server HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ],
)
def test_the_protocol_is_not_changed(url: str, request_: bytes) -> None:
    with line(url) as connection:
        connection.sendall(request_)
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_http_2_is_not_spoken(url: str) -> None:
    with line(url) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
        assert until_closed(connection).startswith((b"HTTP/1.1 505 ", b"HTTP/1.1 400 "))


def test_an_address_before_the_path_is_none_of_it(url: str, user: Credentials) -> None:
    with line(url) as connection:
        connection.sendall(head("GET", "http://elsewhere/server", user))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    with line(url) as connection:
        connection.sendall(head("OPTIONS", "*", user))
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_what_replaces_something_has_a_limit_and_leaves_it_as_it_was(
    client: httpx.Client, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"before")
    refused = client.post(f"/fileContents{home}/file", files={"uploadFile": bytes(MEBIBYTE + 1)})
    assert (refused.status_code, refused.json()["error"]) == (413, "UPLOAD_TOO_LARGE")
    assert get(session, f"{home}/file") == b"before"
    for _ in range(3):
        assert client.post(f"/fileContents{home}/file", files={"uploadFile": bytes(MEBIBYTE)}).status_code == 200
    assert client.post(f"/fileContents{home}/new", files={"uploadFile": bytes(2 * MEBIBYTE)}).status_code == 200


def test_the_spool_is_where_it_was_chosen(
    zone_server: AnyZone, tmp_path: Path, user: Credentials, session: iRODSSession, home: str
) -> None:
    place = tmp_path / "spool"
    place.mkdir()
    put(session, f"{home}/file", b"before")
    with served(zone_server.environment_file(), tmp_path, "--spool-directory", str(place)) as url:
        place.rmdir()
        answer = httpx.post(f"{url}/fileContents{home}/file", files={"uploadFile": b"x"}, auth=user)
        assert answer.status_code == 500
        place.mkdir()
        answer = httpx.post(f"{url}/fileContents{home}/file", files={"uploadFile": b"after"}, auth=user)
        assert answer.status_code == 200
    assert get(session, f"{home}/file") == b"after"
    assert list(place.iterdir()) == []


def test_who_is_refused_while_still_sending_is_told_and_cut_off(url: str, session: iRODSSession, home: str) -> None:
    with line(url) as connection:
        head_ = head("POST", f"/fileContents{home}/new", ("nobody", "wrong"), "Content-Length: 100000000")
        connection.sendall(head_ + bytes(16 * MEBIBYTE))
        assert until_closed(connection).startswith(b"HTTP/1.1 401 ")
    assert not session.data_objects.exists(f"{home}/new")


def test_no_ticket_is_in_the_log(zone_server: AnyZone, tmp_path: Path, user: Credentials, home: str) -> None:
    secret = f"sésame{home[-8:]}"
    with (
        Proxy.before(zone_server.host, zone_server.port) as proxy,
        served(zone_server.environment_file(irods_port=proxy.port), tmp_path, "--log-level", "debug") as url,
        httpx.Client(base_url=url, auth=user, timeout=60) as client,
    ):
        client.get(f"/fileContents{home}/missing", params={"ticket": secret})
        client.put(f"/dataObject{home}/missing/checksum", params={"ticket": secret})
        made = {"mode": "read", "object_path": home, "ticket_string": secret}
        assert client.post("/ticket", json=made).status_code == 200
        assert client.post("/ticket", json=made).status_code == 409
        change = {"restriction_type": "add_user", "restriction_value": "ghost"}
        assert client.put(f"/ticket/{secret}", json=change).status_code == 400
        assert client.delete(f"/ticket/{secret}").status_code == 204
        client.get(f"/collection{home}", params={"ticket": secret})
        proxy.refuse()
        assert client.get(f"/ticket/{secret}").status_code == 502
        assert client.get(f"/collection{home}", params={"ticket": secret}).status_code == 502
    log = unquote((tmp_path / "serve.log").read_text())
    assert "GET /ticket/..." in log
    assert "same" not in log


def test_the_guides_prefix_is_one_at_the_beginning_only(client: httpx.Client, home: str) -> None:
    for path in ("/irods-rest/rest", "/irods-rest-4.2/rest"):
        answer = client.put(f"{path}/collection{home}/irods-rest/rest/made")
        assert answer.json()["collectionName"] == f"{home}/irods-rest/rest/made"
