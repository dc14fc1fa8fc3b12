"""What a reader of the documentation makes in an embedded zone, to try each kind of login."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.ticket import Ticket

from tests.mounts import fails
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    with EmbeddedZone.served(tmp_path_factory.mktemp("zone"), "--negotiation", "CS_NEG_DONT_CARE") as zone:
        yield zone


def run(environment: dict[str, str], text: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "irodsfs", *arguments]
    return subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=60, check=False)


def logged_in(environment: dict[str, str], zone: EmbeddedZone, user: str, text: str, *options: str) -> str:
    authority = zone.directory / "zone" / "certificate.pem"
    done = run(environment, text, "login", f"{user}@localhost:{zone.port}", "--ca-certificate", authority, *options)
    return done.stdout if done.returncode == 0 else done.stderr


def test_users_of_each_kind_log_in(zone: EmbeddedZone, user_environment: dict[str, str], tmp_path: Path) -> None:
    add, place = ("sandbox", "user", "add"), ("--directory", zone.directory / "zone")
    (tmp_path / "password").write_text("native secret\n")
    (tmp_path / "script.json").write_text(json.dumps([{"say": "Hello"}, {"ask": "Colour?", "answer": "blue"}]))
    for done in (
        run(user_environment, "", *add, "alice", *place, "--password-file", tmp_path / "password"),
        run(user_environment, "system secret\n", *add, "bob", *place, "--pam-password"),
        run(user_environment, "", *add, "carol", *place, "--pam-interactive", tmp_path / "script.json"),
        run(user_environment, "rods' secret\n", *add, "rods", *place, "--pam-password"),
    ):
        assert (done.returncode, done.stderr) == (0, "")
    assert "alice is logged in (native)" in logged_in(user_environment, zone, "alice", "native secret")
    assert "bob is logged in (pam_password)" in logged_in(user_environment, zone, "bob", "system secret")
    assert "rods is logged in (pam_password)" in logged_in(user_environment, zone, "rods", "rods' secret")
    interactive = ("--scheme", "pam_interactive")
    assert "carol is logged in" in logged_in(user_environment, zone, "carol", "blue\n", *interactive)
    assert "refused carol" in logged_in(user_environment, zone, "carol", "red\n", *interactive)
    done = run(user_environment, "x\n", *add, "alice", *place)
    assert (done.returncode, done.stderr) == (1, "irodsfs: There is a user alice already.\n")


@pytest.mark.parametrize("content", ["", "{}", '[{"ask": "Colour?"}]', '[{"say": 1}]', '[{"say": "a", "ask": "b"}]'])
def test_a_script_that_is_none(
    zone: EmbeddedZone, user_environment: dict[str, str], tmp_path: Path, content: str
) -> None:
    (tmp_path / "script.json").write_text(content)
    place = ("--directory", zone.directory / "zone", "--pam-interactive", tmp_path / "script.json")
    done = run(user_environment, "", "sandbox", "user", "add", "dora", *place)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "can't be read as a script" in done.stderr


def test_a_resource_is_made_in_the_directory_of_the_zone(zone: EmbeddedZone, user_environment: dict[str, str]) -> None:
    directory = zone.directory / "zone"
    done = run(user_environment, "", "sandbox", "resource", "add", "fast", "--directory", directory)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{directory}/vaults/fast\n", "")
    authority = zone.directory / "zone" / "certificate.pem"
    tls = {"irods_client_server_policy": "CS_NEG_DONT_CARE", "irods_ssl_ca_certificate_file": str(authority)}
    examined = run(
        user_environment,
        "",
        "doctor",
        zone.environment_file(irods_host="localhost", irods_default_resource="fast", **tls),
    )
    assert examined.returncode == 0, examined.stdout
    assert "TLS and certificate: is used, the certificate is verified" in examined.stdout
    again = run(user_environment, "", "sandbox", "resource", "add", "fast", "--directory", directory)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)


def test_a_zone_that_is_not_served(tmp_path: Path, user_environment: dict[str, str]) -> None:
    done = run(user_environment, "x\n", "sandbox", "user", "add", "alice", "--directory", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)


def test_what_a_ticket_opens_is_mounted_as_anonymous(
    zone: EmbeddedZone, user_environment: dict[str, str], tmp_path: Path
) -> None:
    done = run(user_environment, "", "sandbox", "user", "add", "anonymous", "--directory", zone.directory / "zone")
    assert (done.returncode, done.stderr) == (0, "")
    path = f"{zone.home}/open"
    with zone.session() as session:
        with session.data_objects.open(path, "w") as stream:
            stream.write(b"content")
        (tmp_path / "ticket").write_text(Ticket(session).issue("read", path).string)
    (tmp_path / "mount").mkdir()
    address = f"irods://anonymous@localhost:{zone.port}{path}"
    done = run(user_environment, "", "mount", "--ticket-file", tmp_path / "ticket", address, tmp_path / "mount")
    assert (done.returncode, done.stderr) == (0, "")
    try:
        assert (tmp_path / "mount" / "open").read_bytes() == b"content"
        assert (tmp_path / "mount" / "open").stat().st_mode & 0o222 == 0
        with fails(errno.EACCES):
            (tmp_path / "mount" / "open").write_bytes(b"other")
    finally:
        assert run(user_environment, "", "umount", tmp_path / "mount").returncode == 0


def test_a_resource_that_is_there_already(zone: EmbeddedZone, user_environment: dict[str, str]) -> None:
    add = ("sandbox", "resource", "add", "twice", "--directory", zone.directory / "zone")
    assert run(user_environment, "", *add).returncode == 0
    done = run(user_environment, "", *add)
    assert (done.returncode, done.stderr) == (1, "irodsfs: There is a resource twice already.\n")
