"""What every operation has in common: negotiation, paths, and failures that name field and remedy."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from irods.session import iRODSSession

from tests.control.sockets import plainly_connected
from tests.mounts import Mount
from tests.zones import AnyZone

BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<ns2:ticket xmlns:ns2="http://irods.org/irods-rest"><mode>&lol2;</mode></ns2:ticket>"""
JSON, XML = {"Content-Type": "application/json"}, {"Content-Type": "application/xml"}


def assert_failure(answer: httpx.Response, status: int, field: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["status"], told["field"]) == (status, status, field), answer.text
    assert told["message"]
    assert told["remedy"]


@pytest.mark.parametrize(
    ("accept", "received"),
    [
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("text/xml", "application/xml"),
        ("*/*", "application/json"),
        ("application/xml;q=0.5, application/json", "application/json"),
        ("text/html, application/xml;q=0.9, */*;q=0.1", "application/xml"),
    ],
)
def test_the_accept_header_chooses_the_form(control: httpx.Client, accept: str, received: str) -> None:
    assert control.get("/server", headers={"Accept": accept}).headers["content-type"] == received


@pytest.mark.parametrize("value", ["application/xml", '"application/xml"'])
def test_the_parameter_overrides_the_accept_header(control: httpx.Client, value: str) -> None:
    answer = control.get("/server", params={"contentType": value}, headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/xml"


def test_a_form_that_is_not_had_is_refused(control: httpx.Client) -> None:
    assert_failure(control.get("/server", headers={"Accept": "image/png"}), 406, "Accept")
    assert_failure(control.get("/server", params={"contentType": "image/png"}), 400, "contentType")


def test_failures_are_told_in_the_negotiated_form(control: httpx.Client, home: str) -> None:
    answer = control.get(f"/collection{home}/missing", headers={"Accept": "application/xml"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/xml"
    assert fromstring(answer.content).findtext("field") == "path"


@pytest.mark.parametrize(
    ("content", "headers", "status", "field"),
    [
        (b"{", JSON, 400, "body"),
        (b"[]", JSON, 400, "body"),
        (b"\xff", JSON, 400, "body"),
        (b'{"mode": "read"}', JSON, 400, "object_path"),
        (b'{"mode": "fly", "object_path": "/a"}', JSON, 400, "mode"),
        (b'{"mode": 1, "object_path": "/a"}', JSON, 400, "mode"),
        (b'{"mode": "read", "object_path": "/a", "color": "red"}', JSON, 400, "color"),
        (b'{"mode": "read", "object_path": "/a/../b"}', JSON, 400, "object_path"),
        (b'{"mode": "read", "object_path": "/a", "ticket_string": "123"}', JSON, 400, "ticket_string"),
        (b'{"mode": "read", "object_path": "/a", "ticket_string": "a\\u0000"}', JSON, 400, "ticket_string"),
        (b"<ticket", XML, 400, "body"),
        (b"<other/>", XML, 400, "body"),
        (b"<ticket><mode>read</mode></ticket>", XML, 400, "object_path"),
        (b"<ticket><mode>read</mode><mode>read</mode><object_path>/a</object_path></ticket>", XML, 400, "mode"),
        (b"<ticket><color/><mode>read</mode><object_path>/a</object_path></ticket>", XML, 400, "color"),
        (BOMB.encode(), XML, 400, "body"),
        (b"mode=read", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "Content-Type"),
        (b" " * 2_000_000, JSON, 413, "body"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(
    control: httpx.Client, content: bytes, headers: dict[str, str], status: int, field: str
) -> None:
    assert_failure(control.post("/ticket", content=content, headers=headers), status, field)


@pytest.mark.parametrize(
    ("method", "url", "status", "field"),
    [
        ("GET", "/collection{home}?color=red", 400, "color"),
        ("GET", "/collection{home}?listing=perhaps", 400, "listing"),
        ("GET", "/collection{home}?offset=-1", 400, "offset"),
        ("GET", "/collection{home}?offset=1&offset=2", 400, "offset"),
        ("GET", "/collection{home}?listType=all", 400, "listType"),
        ("GET", "/collection{home}?ticket=a&ticket=b", 400, "ticket"),
        ("GET", "/collection{home}/%ff", 400, "path"),
        ("GET", "/collection{home}/a%2F..%2Fb", 400, "path"),
        ("GET", "/collection{home}/a%00b", 400, "path"),
        ("GET", "/collection{home}/" + "x" * 2000, 400, "path"),
        ("GET", "/collection{home}/missing", 404, "path"),
        ("GET", "/dataObject{home}/missing", 404, "path"),
        ("GET", "/dataObject{home}", 409, "path"),
        ("DELETE", "/dataObject{home}", 409, "path"),
        ("GET", "/fileContents{home}/missing", 404, "path"),
        ("GET", "/fileContents{home}", 409, "path"),
        ("GET", "/collection{home}/missing/metadata", 404, "path"),
        ("PUT", "/collection{home}/acl/ghost", 400, "userName"),
        ("PUT", "/collection{home}/acl/{user}?permission=FLY", 400, "permission"),
        ("GET", "/ticket/missing", 404, "ticketString"),
        ("DELETE", "/ticket/missing", 404, "ticketString"),
        ("PUT", "/user/ghost/temppassword", 403, "userName"),
        pytest.param("PUT", "/user/ghost/temppassword?admin=true", 404, "userName", marks=pytest.mark.administrator),
        ("GET", "/nothing", 404, "path"),
        ("DELETE", "/server", 405, "method"),
        ("DELETE", "/collection{home}/metadata", 405, "method"),
        ("PATCH", "/collection{home}", 405, "method"),
        ("FOO", "/server", 405, "method"),
        ("FOO", "/nothing", 404, "path"),
        pytest.param("DELETE", "/collection/?force=true", 403, "path", marks=pytest.mark.embedded_zone),
        pytest.param("DELETE", "/collection/tempZone?force=true", 403, "path", marks=pytest.mark.embedded_zone),
        ("PUT", "/collection/no-zone-of-this-name/a", 404, "path"),
    ],
)
def test_bad_requests_are_refused_naming_the_field(
    control: httpx.Client, zone_server: AnyZone, home: str, method: str, url: str, status: int, field: str
) -> None:
    assert_failure(control.request(method, url.format(home=home, user=zone_server.user)), status, field)


def test_a_method_that_a_sub_resource_lacks_does_nothing_to_its_parent(
    control: httpx.Client, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/metadata")
    assert control.delete(f"/collection{home}/metadata").status_code == 405
    assert session.collections.exists(f"{home}/metadata")


@pytest.mark.parametrize("name", ["a b", "100%", "q?x#y", "quote'\"", "new\nline", "ünïcödé", "a+b&c=d"])
def test_paths_hold_any_character(control: httpx.Client, session: iRODSSession, home: str, name: str) -> None:
    path = f"{home}/{name}"
    made = control.put(f"/collection{quote(path)}")
    assert made.json()["collectionName"] == path
    assert session.collections.exists(path)
    whole = quote(path, safe="")
    assert control.get(f"/collection/{whole}", headers={"Accept": "application/xml"}).status_code == 200
    control.post(f"/fileContents/{quote(f'{path}/{name}', safe='')}", files={"uploadFile": b"x"})
    assert control.get(f"/fileContents{quote(f'{path}/{name}')}").content == b"x"


def test_an_encoded_slash_makes_a_sub_resource_a_name(control: httpx.Client, session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/metadata")
    answer = control.get(f"/collection{home}%2Fmetadata")
    assert answer.json()["collectionName"] == f"{home}/metadata"
    assert "metadataEntries" in control.get(f"/collection{home}/metadata").json()


def test_control_characters_in_names_do_not_break_xml(control: httpx.Client, session: iRODSSession, home: str) -> None:
    control.post(f"/fileContents{home}/a%01b", files={"uploadFile": b""})
    answer = control.get(f"/collection{home}", params={"listing": "true"}, headers={"Accept": "application/xml"})
    assert [child.findtext("pathOrName") for child in fromstring(answer.content).findall("children")] == ["a\ufffdb"]
    listed = control.get(f"/collection{home}", params={"listing": "true"}).json()["children"]
    assert [child["pathOrName"] for child in listed] == ["a\x01b"]


def test_the_socket_is_its_owners_only(mounted_zone: Mount) -> None:
    path = Path(os.getxattr(mounted_zone.path / "home", "irods.control").decode())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"irods.control" not in os.listxattr(mounted_zone.path)


def test_a_client_that_sends_nonsense_or_hangs_up_disturbs_nobody(
    control: httpx.Client, mounted_zone: Mount, home: str
) -> None:
    path = os.getxattr(mounted_zone.path, "irods.control").decode()
    head = f"POST /fileContents{home}/half HTTP/1.1\r\nHost: i\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    form = '--b\r\nContent-Disposition: form-data; name="uploadFile"; filename="f"\r\n\r\nhalf of it'
    for sent in ("\0\1\2\r\n\r\n", head, f"{head}Content-Length: 100000\r\n\r\n{form}"):
        with plainly_connected(path) as client:
            client.sendall(sent.encode())
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass
    while control.get(f"/dataObject{home}/half").status_code != 404:
        assert control.get("/server").status_code == 200
    assert (mounted_zone.path / "home").is_dir()
