"""What another client makes in the moment between what was found and what is then requested stays as it is."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from irods.access import iRODSAccess
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.control.serving import served
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

OPEN, UNLINK = api_number["DATA_OBJ_OPEN_AN"], api_number["DATA_OBJ_UNLINK_AN"]
COPY, RENAME = api_number["DATA_OBJ_COPY_AN"], api_number["DATA_OBJ_RENAME_AN"]
MAKE, REMOVE = api_number["COLL_CREATE_AN"], api_number["RM_COLL_AN"]
STREAM = b'--b\r\nContent-Disposition: form-data; name="uploadFile"; filename="f"\r\n\r\n'
Upload = Callable[[str], int]


@pytest.fixture(scope="module")
def proxy(zone_server: AnyZone) -> Iterator[Proxy]:
    with Proxy.before(zone_server.host, zone_server.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service has its log."""
    return tmp_path_factory.mktemp("races")


@pytest.fixture(scope="module")
def url(zone_server: AnyZone, proxy: Proxy, directory: Path) -> Iterator[str]:
    environment = directory / "irods_environment.json"
    settings = json.loads(zone_server.environment_file().read_text()) | {"irods_port": proxy.port}
    environment.write_text(json.dumps(settings))
    with served(environment, directory) as url:
        yield url


@pytest.fixture
def client(url: str, zone_server: AnyZone, proxy: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, auth=(zone_server.user, zone_server.password), timeout=60) as client:
        yield client
    proxy.forget_hooks()


class Theirs:
    """A data object of another client, and what it looked like when it was made."""

    def __init__(self, session: iRODSSession, path: str) -> None:
        self.path = path
        self._session = session
        self.before: object = None

    def make(self) -> None:
        put(self._session, self.path, b"theirs")
        self._session.data_objects.get(self.path).metadata.add("whose", "theirs")
        self._session.acls.set(iRODSAccess("read", self.path, "public", self._session.zone))
        self.before = self.state()

    def state(self) -> object:
        found = self._session.data_objects.get(self.path)
        avus = sorted((avu.name, avu.value) for avu in found.metadata.items())
        levels = sorted((each.user_name, each.access_name) for each in self._session.acls.get(found))
        replicas = [(each.number, each.status, each.size, each.modify_time) for each in found.replicas]
        return found.id, found.modify_time, replicas, avus, levels, get(self._session, self.path)

    def assert_untouched(self) -> None:
        assert self.before is not None, "the moment did not come"
        assert self.state() == self.before


@pytest.fixture
def theirs(session: iRODSSession, home: str) -> Theirs:
    return Theirs(session, f"{home}/target")


@contextmanager
def made_before(proxy: Proxy, api: int, make: Callable[[], None]) -> Iterator[None]:
    """Another client makes something just before the first request of an API number reaches the zone."""
    left = [make]

    def hook(_: int) -> None:
        if left:
            left.pop()()

    proxy.on_request(api, hook)
    yield
    proxy.forget_hooks()
    assert not left, "the request was not sent"


@pytest.mark.parametrize(
    ("api", "method", "url_", "sent", "status"),
    [
        (OPEN, "POST", "/fileContents{target}", {"files": {"uploadFile": b"ours"}}, 409),
        (OPEN, "POST", "/fileContents{target}", {"files": {"uploadFile": b""}}, 409),
        (OPEN, "POST", "/fileContents{target}", {"files": {"uploadFile": b"x" * 9_000_000}}, 409),
        (OPEN, "POST", "/fileContents{target}?offset=3", {"files": {"uploadFile": b"ours"}}, 409),
        (
            OPEN,
            "POST",
            "/fileContents{target}",
            {"files": {"uploadFile": b"ours"}, "headers": {"If-None-Match": "*"}},
            412,
        ),
        (COPY, "POST", "/dataObject{source}/copy?target={target}", {}, 409),
        (RENAME, "POST", "/dataObject{source}/move?target={target}", {}, 409),
        (RENAME, "POST", "/collection{collection}/move?target={target}", {}, 409),
        (MAKE, "PUT", "/collection{target}", {}, 409),
        (MAKE, "PUT", "/collection{target}/below", {}, 409),
    ],
)
def test_what_was_missing_and_is_not_any_more_stays_as_it_is(
    client: httpx.Client,
    session: iRODSSession,
    proxy: Proxy,
    home: str,
    theirs: Theirs,
    api: int,
    method: str,
    url_: str,
    sent: dict[str, object],
    status: int,
) -> None:
    source, collection = f"{home}/source", f"{home}/collection"
    put(session, source, b"source")
    session.collections.create(collection)
    with made_before(proxy, api, theirs.make):
        url = url_.format(source=source, collection=collection, target=theirs.path)
        answer = client.request(method, url, **sent)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    theirs.assert_untouched()
    assert get(session, source) == b"source"
    assert session.collections.exists(collection)


def test_a_collection_that_others_made_meanwhile_is_answered_as_it_is(
    client: httpx.Client, session: iRODSSession, proxy: Proxy, home: str
) -> None:
    path = f"{home}/target"

    def make() -> None:
        session.collections.create(path)
        session.collections.get(path).metadata.add("whose", "theirs")

    with made_before(proxy, MAKE, make):
        assert client.put(f"/collection{path}").status_code == 200
    assert [avu.value for avu in session.collections.get(path).metadata.items()] == ["theirs"]


def test_a_kind_that_has_changed_meanwhile_is_not_removed(
    client: httpx.Client, session: iRODSSession, proxy: Proxy, theirs: Theirs
) -> None:
    def replace() -> None:
        session.collections.remove(theirs.path, force=True)
        theirs.make()

    session.collections.create(theirs.path)
    with made_before(proxy, REMOVE, replace):
        assert client.delete(f"/collection{theirs.path}", params={"force": "true"}).status_code >= 400
    theirs.assert_untouched()


def upload_that_fails(url: str, user: tuple[str, str], path: str, then: Callable[[], None]) -> None:
    """An upload whose client hangs up after its first bytes were written and `then` was done."""
    authorization = httpx.BasicAuth(*user)._auth_header
    host, _, port = url.rpartition("/")[2].partition(":")
    content = STREAM + bytes(9_000_000)
    head = [
        f"POST /fileContents{path} HTTP/1.1",
        "Host: here",
        f"Authorization: {authorization}",
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {len(content) + 1000}",
    ]
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + content)
        then()


@pytest.mark.parametrize("status", [409, 412])
def test_what_must_be_new_is_refused_where_something_is(
    client: httpx.Client, session: iRODSSession, theirs: Theirs, home: str, status: int
) -> None:
    theirs.make()
    if status == 412:
        answer = client.post(
            f"/fileContents{theirs.path}", files={"uploadFile": b"ours"}, headers={"If-None-Match": "*"}
        )
    else:
        answer = client.put(f"/collection{theirs.path}")
    assert (answer.status_code, answer.json()["field"]) == (status, "path")
    theirs.assert_untouched()
    new = f"/fileContents{home}/new"
    assert client.post(new, files={"uploadFile": b"x"}, headers={"If-None-Match": "*"}).status_code == 200


def test_an_upload_that_fails_leaves_nothing(
    url: str, client: httpx.Client, session: iRODSSession, proxy: Proxy, zone_server: AnyZone, home: str
) -> None:
    path = f"{home}/failed"
    stall = proxy.stall_at(UNLINK)
    upload_that_fails(url, (zone_server.user, zone_server.password), path, lambda: None)
    assert stall.reached.wait(60)
    stall.release()
    proxy.forget_hooks()
    while session.data_objects.exists(path):
        assert client.get("/server").status_code == 200


def test_an_upload_that_fails_removes_nothing_that_others_have_put_in_its_place(
    url: str,
    client: httpx.Client,
    session: iRODSSession,
    zone_server: AnyZone,
    theirs: Theirs,
    home: str,
    directory: Path,
) -> None:
    moved = f"{home}/moved"

    def replace() -> None:
        while not session.data_objects.exists(theirs.path):
            assert client.get("/server").status_code == 200
        session.data_objects.move(theirs.path, moved)
        theirs.make()

    upload_that_fails(url, (zone_server.user, zone_server.password), theirs.path, replace)
    while f"not at {theirs.path!r} any more" not in (directory / "serve.log").read_text():
        theirs.assert_untouched()
    theirs.assert_untouched()


def test_a_ticket_is_not_made_for_nothing(client: httpx.Client, zone_server: AnyZone) -> None:
    for path in ("/0", "/nowhere/0", f"/{zone_server.zone}/missing"):
        answer = client.post("/ticket", json={"mode": "read", "object_path": path})
        assert (answer.status_code, answer.json()["field"]) == (404, "object_path"), path


@pytest.mark.parametrize("path", ["/0", "/nowhere/0", "/nowhere/0/1", "/%20/x"])
def test_nothing_is_asked_to_be_made_in_no_zone(
    client: httpx.Client, session: iRODSSession, proxy: Proxy, home: str, path: str
) -> None:
    put(session, f"{home}/source", b"source")
    proxy.count()
    uploaded = client.post(f"/fileContents{path}", files={"uploadFile": b"x"})
    copied = client.post(f"/dataObject{home}/source/copy", params={"target": path.replace("%20", " ")})
    assert [(each.status_code, each.json()["field"]) for each in (uploaded, copied)] == [(404, "path"), (404, "target")]
    assert client.get(f"/fileContents{path}").status_code == 404
    assert not proxy.requests.keys() & {OPEN, COPY}
