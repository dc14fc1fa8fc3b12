"""Nothing is changed through the control socket of a mount with --read-only, nor by commands that use it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest
from irods.session import iRODSSession

from irodsfs.control.http_operations import Operation
from irodsfs.control.routes import all_operations
from tests.conftest import IrodsfsCommand, MakeMount
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.objects import get, put

HARMLESS = {"/genQuery", "/query", "/specificQuery", "/cache/invalidate"} | {
    f"/actions/{name}"
    for name in (
        "acl-ls",
        "du",
        "find",
        "info",
        "ls",
        "meta-ls",
        "query",
        "query-columns",
        "user",
        "group",
        "resource",
        "server",
        "specific-query",
    )
}
CHANGES = [each for each in all_operations() if each.method != "GET" and each.path not in HARMLESS]


@pytest.fixture
def read_only(make_mount: MakeMount, session: iRODSSession, home: str) -> Mount:
    put(session, f"{home}/file", b"content")
    session.data_objects.get(f"{home}/file").metadata.add("color", "red")
    return make_mount("--read-only")


@pytest.fixture
def control(read_only: Mount) -> Iterator[httpx.Client]:
    with connected(os.getxattr(read_only.path, "irods.control").decode()) as client:
        yield client


def url(operation: Operation, home: str) -> str:
    path = f"{home}/file" if "dataObject" in operation.path or "fileContents" in operation.path else home
    filled = operation.path.replace("/{path:path}", path)
    for name, value in {"userName": "public", "number": "0", "ticketString": "t", "name": "1-0"}.items():
        filled = filled.replace(f"{{{name}}}", value)
    return filled


def test_no_operation_changes_anything(control: httpx.Client, session: iRODSSession, home: str) -> None:
    assert len(CHANGES) > 20
    for operation in CHANGES:
        answer = control.request(operation.method, url(operation, home))
        assert (answer.status_code, answer.json()["error"]) == (403, "READ_ONLY"), (operation.method, operation.path)
    assert "Read-only file system" in answer.json()["message"]
    found = session.data_objects.get(f"{home}/file")
    assert [(avu.name, avu.value) for avu in found.metadata.items()] == [("color", "red")]
    assert get(session, f"{home}/file") == b"content"
    assert [each.name for each in session.collections.get(home).data_objects] == ["file"]
    assert session.collections.get(home).subcollections == []


def test_what_only_reads_is_answered(control: httpx.Client, home: str) -> None:
    assert control.get(f"/fileContents{home}/file").content == b"content"
    assert control.post("/query", json={"query": "select ZONE_NAME"}).status_code in (200, 501)
    assert control.post("/cache/invalidate").status_code == 204
    assert control.get("/status").json()["readOnly"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        ("meta", "add", "{file}", "size", "large"),
        ("meta", "rm", "{file}", "color", "red"),
        ("acl", "grant", "{file}", "public", "read"),
        ("acl", "revoke", "{file}", "public"),
        ("acl", "inherit", "{mount}"),
        ("ticket", "create", "{file}"),
        ("ticket", "modify", "t", "uses_limit", "1", "--mount", "{mount}"),
        ("ticket", "rm", "t", "--mount", "{mount}"),
        ("rule", "/dev/null", "--mount", "{mount}"),
    ],
)
def test_no_command_changes_anything(
    irodsfs: IrodsfsCommand, read_only: Mount, session: iRODSSession, home: str, arguments: tuple[str, ...]
) -> None:
    places = {"file": read_only.path / "file", "mount": read_only.path}
    done = irodsfs(*(each.format(**places) for each in arguments))
    assert done.returncode == 10
    assert "Read-only file system" in done.stderr
    found = session.data_objects.get(f"{home}/file")
    assert [(avu.name, avu.value) for avu in found.metadata.items()] == [("color", "red")]
