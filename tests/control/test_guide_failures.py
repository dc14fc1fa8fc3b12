"""What goes wrong with the guide's operations: the status, the field, and a message that says what it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddUser, User
from tests.control.serving import served
from tests.zones import AnyZone


@pytest.fixture(scope="module")
def url(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(zone_server.environment_file(), tmp_path_factory.mktemp("served")) as url:
        yield url


@pytest.fixture
def stranger(add_user: AddUser) -> User:
    return add_user("rodsuser")


@pytest.fixture
def as_stranger(url: str, stranger: User) -> Iterator[httpx.Client]:
    """A client with the credentials of a user who has no permission for anything here."""
    with httpx.Client(base_url=url, auth=(stranger.name, stranger.password)) as client:
        yield client


def told(answer: httpx.Response) -> tuple[int, str, str]:
    document = answer.json()
    return answer.status_code, document["field"], document["message"]


def test_a_plus_in_a_path_is_a_blank_and_an_encoded_one_a_plus(control: httpx.Client, shared: str) -> None:
    for written, name in (("a+b", "a b"), ("a%2Bb", "a+b"), ("a%20b", "a b")):
        assert control.put(f"/collection{shared}/{written}").json()["collectionName"] == f"{shared}/{name}"
    children = control.get(f"/collection{shared}", params={"listing": "true"}).json()["children"]
    assert [each["pathOrName"] for each in children] == [f"{shared}/a b", f"{shared}/a+b"]


@pytest.mark.parametrize("below", ["new", "new/and/more"])
def test_creating_below_what_one_may_not_see_is_forbidden(as_stranger: httpx.Client, shared: str, below: str) -> None:
    status, field, message = told(as_stranger.put(f"/collection{shared}/{below}"))
    assert (status, field) == (403, "path")
    assert f"no permission in the collection that is to hold {shared}/{below}" in message


@pytest.mark.parametrize("path", ["/noZone", "/noZone/x", "/noZone/x/y"])
def test_a_collection_in_no_zone_is_not_found_without_asking_for_it(control: httpx.Client, path: str) -> None:
    assert told(control.put(f"/collection{path}")) == (404, "path", f"{path} lies in no zone.")


@pytest.mark.parametrize(("part", "longest"), [("attribute", 2700), ("value", 2700), ("unit", 250)])
def test_what_is_too_long_of_an_avu_is_said(control: httpx.Client, shared: str, part: str, longest: int) -> None:
    def put(size: int) -> dict[str, str]:
        entry = {"attribute": "a", "value": "v", "unit": "u"} | {part: "x" * size}
        (result,) = control.put(f"/collection{shared}/metadata", json={"metadataEntries": [entry]}).json()
        return result

    assert put(longest)["resultStatus"] == "OK"
    refused = put(longest + 1)
    assert refused["resultStatus"] == "OTHER_ERROR"
    assert refused["message"] == f"The {part} has {longest + 1} bytes: zones hold {longest} at most."


def test_a_temporary_password_of_an_unknown_user_is_not_found(control: httpx.Client) -> None:
    answer = control.put("/user/ghost/temppassword", params={"admin": "true"})
    assert told(answer) == (404, "userName", "There is no user ghost.")


def test_a_wrong_ticket_is_what_is_told(as_stranger: httpx.Client, session: iRODSSession, shared: str) -> None:
    session.data_objects.create(f"{shared}/object")
    paths = ["collection{}", "collection{}/metadata", "dataObject{}/object", "dataObject{}/object/metadata"]
    answers = [as_stranger.get(f"/{path.format(shared)}", params={"ticket": "wrong"}) for path in paths]
    answers += [as_stranger.get(f"/fileContents{shared}/object", params={"ticket": "wrong"})]
    upload = {"uploadFile": b"content"}
    answers += [as_stranger.post(f"/fileContents{shared}/new", params={"ticket": "wrong"}, files=upload)]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["field"] == "ticket"
        assert answer.json()["message"].endswith("that the ticket opens.")
    assert as_stranger.put(f"/collection{shared}/new", params={"ticket": "wrong"}).status_code == 403


def test_a_ticket_for_writing_makes_collections(
    as_stranger: httpx.Client, control: httpx.Client, session: iRODSSession, shared: str
) -> None:
    ticket = control.post("/ticket", json={"mode": "write", "object_path": shared}).json()["ticket_string"]
    answer = as_stranger.put(f"/collection{shared}/new", params={"ticket": ticket})
    assert (answer.status_code, answer.json()["collectionName"]) == (200, f"{shared}/new")
    assert session.collections.exists(f"{shared}/new")
    assert control.delete(f"/ticket/{ticket}").status_code == 204


@pytest.mark.embedded_zone
def test_bytes_that_are_not_those_of_the_checksum_conflict(
    url: str, zone_server: AnyZone, session: iRODSSession, shared: str
) -> None:
    path = f"{shared}/object"
    with session.data_objects.open(path, "w") as file:
        file.write(b"content")
    checksum, auth = f"{url}/dataObject{path}/checksum", (zone_server.user, zone_server.password)
    assert httpx.put(checksum, auth=auth).status_code == 200
    Path(session.data_objects.get(path).replicas[0].path).write_bytes(b"tnetnoc")
    status, field, message = told(httpx.put(checksum, params={"verify": "true"}, auth=auth))
    assert (status, field) == (409, "path")
    assert "does not match" in message.lower()


def test_a_ticket_for_what_one_may_only_read_needs_its_owner(
    as_stranger: httpx.Client, session: iRODSSession, shared: str, stranger: User
) -> None:
    session.data_objects.create(f"{shared}/object")
    session.acls.set(iRODSAccess("read", shared, stranger.name), recursive=True)
    for path in (shared, f"{shared}/object"):
        answer = as_stranger.post("/ticket", json={"mode": "read", "object_path": path})
        assert (answer.status_code, answer.json()["field"]) == (403, "object_path")
        assert answer.json()["remedy"] == "Ask an owner for permission."
