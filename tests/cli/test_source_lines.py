"""Servers tell failures with a stack of their source lines: people read what it says, the log has all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import IrodsfsCommand
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone

LINES = (".cpp", "[-]", "errno []")


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    """A zone that tells all failures with source lines."""
    with EmbeddedZone.served(tmp_path_factory.mktemp("talkative"), "--source-lines") as zone:
        yield zone


@pytest.fixture
def its_mount(talkative: EmbeddedZone, tmp_path: Path, user_environment: dict[str, str]) -> Iterator[Mount]:
    mount = Mount(tmp_path / "its-mount", talkative.home)
    mount.start(talkative.environment_file(), env=user_environment)
    try:
        yield mount
    finally:
        mount.stop()


FAILING = [
    ("meta", "rm", "{file}", "color", "red"),
    ("meta", "add", "{file}", "a" * 3000, "b"),
    ("acl", "grant", "{file}", "ghost", "read"),
    ("query", "--mount", "{mount}", "select NO_SUCH_COLUMN"),
    ("query", "--mount", "{mount}", "select DATA_NAME where"),
    ("ticket", "rm", "no-such-ticket", "--mount", "{mount}"),
    ("ticket", "modify", "{ticket}", "add_user", "ghost", "--mount", "{mount}"),
    ("rule", "{rule}", "--mount", "{mount}"),
    ("mount", "--resource", "no-such-resource", "{environment}", "{other}"),
    ("mount", "--collection", "/noZone/home", "{environment}", "{other}"),
    ("doctor", "{environment}", "--resource", "no-such-resource"),
]


@pytest.mark.parametrize("command", FAILING, ids=" ".join)
def test_commands_that_fail_show_no_source_lines(
    irodsfs: IrodsfsCommand, talkative: EmbeddedZone, its_mount: Mount, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (its_mount.path / "file").write_bytes(b"content")
    (tmp_path / "rule.r").write_text("main { no_such_microservice; }\nINPUT null\nOUTPUT ruleExecOut\n", "utf-8")
    (tmp_path / "other").mkdir()
    ticket = irodsfs("ticket", "create", its_mount.path).stdout.strip()
    names = {
        "mount": its_mount.path,
        "file": its_mount.path / "file",
        "ticket": ticket,
        "rule": tmp_path / "rule.r",
        "environment": talkative.environment_file(),
        "other": tmp_path / "other",
    }
    done = irodsfs(*(part.format(**names) for part in command))
    assert done.returncode != 0
    assert done.stderr + done.stdout
    assert not [line for line in LINES if line in done.stderr + done.stdout]


@pytest.mark.parametrize(
    ("method", "url", "options"),
    [
        ("POST", "/dataObject{home}/file/copy", {"params": {"target": "{home}/file"}}),
        ("PUT", "/dataObject{home}/file/replicas", {"params": {"resource": "no-such-resource"}}),
        ("PUT", "/dataObject{home}/file/acl/ghost", {}),
        ("PUT", "/user/ghost/temppassword", {"params": {"admin": "true"}}),
        ("PUT", "/collection{home}/file/below", {}),
        ("POST", "/query", {"json": {"query": "select NO_SUCH_COLUMN"}}),
    ],
)
def test_answers_over_http_show_no_source_lines(
    talkative: EmbeddedZone, its_mount: Mount, method: str, url: str, options: dict[str, dict[str, str]]
) -> None:
    (its_mount.path / "file").write_bytes(b"content")
    filled = {
        kind: {name: value.format(home=talkative.home) for name, value in given.items()}
        for kind, given in options.items()
    }
    with connected(os.getxattr(its_mount.path, "irods.control").decode()) as control:
        answer: httpx.Response = control.request(method, url.format(home=talkative.home), **filled)
    assert answer.status_code >= 400
    assert answer.json()["message"]
    assert not [line for line in LINES if line in answer.text]


def test_the_log_has_the_source_lines_in_one_line(talkative: EmbeddedZone, its_mount: Mount) -> None:
    with connected(os.getxattr(its_mount.path, "irods.control").decode()) as control:
        control.put(f"/dataObject{talkative.home}/file/acl/ghost")
        (its_mount.path / "file").write_bytes(b"content")
        control.put(f"/dataObject{talkative.home}/file/acl/ghost")
    assert [line for line in its_mount.log.splitlines() if "acl/ghost" in line and ".cpp:81" in line]
