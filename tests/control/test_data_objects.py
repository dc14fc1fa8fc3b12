"""What the guide has not: replicas, checksums, copies and moves within the zone."""

from __future__ import annotations

import os

import httpx
import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from tests.control.sockets import connected
from tests.mount.conftest import MountThrough, mount_through, proxy
from tests.objects import put
from tests.proxy import Proxy
from tests.zones import AnyZone

__all__ = ["mount_through", "proxy"]


@pytest.fixture
def source(session: iRODSSession, home: str) -> str:
    with session.data_objects.open(f"{home}/source", "w") as file:
        file.write(b"content")
    return f"{home}/source"


def test_checksums_are_registered_and_verified(control: httpx.Client, session: iRODSSession, source: str) -> None:
    answer = control.put(f"/dataObject{source}/checksum")
    assert answer.json() == {"path": source, "checksum": session.data_objects.get(source).checksum}
    assert answer.json()["checksum"].startswith("sha2:")
    assert control.put(f"/dataObject{source}/checksum", params={"verify": "true"}).status_code == 200


def test_copies_are_made_and_overwrite_only_when_forced(
    control: httpx.Client, session: iRODSSession, home: str, source: str
) -> None:
    made = control.post(f"/dataObject{source}/copy", params={"target": f"{home}/copy"})
    assert (made.status_code, made.json()["dataName"], made.json()["dataSize"]) == (201, "copy", 7)
    again = control.post(f"/dataObject{source}/copy", params={"target": f"{home}/copy"})
    assert (again.status_code, again.json()["remedy"]) == (409, "Add force=true to overwrite what is there.")
    forced = {"target": f"{home}/copy", "force": "true"}
    assert control.post(f"/dataObject{source}/copy", params=forced).status_code == 201
    with session.data_objects.open(f"{home}/copy", "r") as file:
        assert file.read() == b"content"


def test_moves_go_to_free_paths_and_never_into_themselves(
    control: httpx.Client, session: iRODSSession, home: str, source: str
) -> None:
    assert control.post(f"/dataObject{source}/move", params={"target": f"{home}/moved"}).status_code == 204
    assert session.data_objects.exists(f"{home}/moved")
    taken = control.post(f"/dataObject{home}/moved/move", params={"target": f"{home}"})
    assert (taken.status_code, taken.json()["field"]) == (409, "target")
    elsewhere = control.post(f"/dataObject{home}/moved/move", params={"target": "/no-zone-of-this-name/moved"})
    assert (elsewhere.status_code, elsewhere.json()["field"]) == (400, "target")
    into_itself = control.post(f"/collection{home}/move", params={"target": f"{home}/sub"})
    assert (into_itself.status_code, into_itself.json()["field"]) == (400, "target")
    assert session.collections.exists(home)


def test_replicas_are_made_listed_and_removed(
    control: httpx.Client, source: str, resource: str, other_resource: str
) -> None:
    made = control.put(f"/dataObject{source}/replicas", params={"resource": other_resource})
    assert made.status_code == 200, made.text
    assert [(each["number"], each["resource"]) for each in made.json()["replica"]] == [
        (0, resource),
        (1, other_resource),
    ]
    assert control.delete(f"/dataObject{source}/replicas/1").status_code == 204
    assert [each["number"] for each in control.get(f"/dataObject{source}/replicas").json()["replica"]] == [0]
    assert control.delete(f"/dataObject{source}/replicas/7").status_code == 404
    assert control.delete(f"/dataObject{source}/replicas/0").status_code == 409
    control.delete(f"/dataObject{source}")


@pytest.mark.parametrize("path", ["/0", "/no-zone-of-this-name/a"])
def test_what_lies_in_no_zone_is_missing_and_is_not_opened(
    mount_through: MountThrough, proxy: Proxy, source: str, path: str
) -> None:
    with connected(os.getxattr(mount_through(proxy).path, "irods.control").decode()) as control:
        control.get("/server")
        requests = proxy.count()
        ticket = {"mode": "read", "object_path": path}
        answers = [
            control.get(f"/fileContents{path}"),
            control.post(f"/fileContents{path}", files={"uploadFile": b"content"}),
            control.post(f"/fileContents{path}?offset=1", files={"uploadFile": b"content"}),
            control.post(f"/dataObject{source}/copy", params={"target": path}),
            control.post("/ticket", json=ticket),
        ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert [answer.json()["field"] for answer in answers] == ["path", "path", "path", "target", "object_path"]
    assert not requests.keys() & {
        api_number[name] for name in ("DATA_OBJ_OPEN_AN", "DATA_OBJ_COPY_AN", "TICKET_ADMIN_AN")
    }


def test_people_read_what_a_server_says_last_and_not_its_source_lines(
    control: httpx.Client, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    answer = control.put(f"/dataObject{home}/file/replicas", params={"resource": "nowhere"})
    assert answer.status_code == 400
    told = "The zone answered SYS_RESC_DOES_NOT_EXIST -78000: no resource found for name [nowhere]."
    assert answer.json()["message"] == told


@pytest.mark.parametrize(("parameters", "kept"), [({}, True), ({"force": "false"}, True), ({"force": "true"}, False)])
def test_what_is_removed_goes_to_the_trash_unless_forced(
    control: httpx.Client,
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
    parameters: dict[str, str],
    kept: bool,
) -> None:
    session.data_objects.create(f"{home}/object")
    assert control.delete(f"/dataObject{home}/object", params=parameters).status_code == 204
    assert not session.data_objects.exists(f"{home}/object")
    assert session.data_objects.exists(f"{home.replace(zone_server.home, zone_server.trash)}/object") == kept
