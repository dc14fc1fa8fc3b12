"""A user who requires TLS gets TLS, with the server that was named, or no connection."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from irodsfs.cli.mountpoints import find_mount
from irodsfs.sandbox.protocol.wire import Message, Struct, encode
from tests.certificates import make_certificate
from tests.conftest import IrodsfsCommand
from tests.hostile_zone import HostileZone, Lie
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone

REQUIRED = {
    "irods_client_server_negotiation": "request_server_negotiation",
    "irods_client_server_policy": "CS_NEG_REQUIRE",
}
NEGOTIATION, VERSION = "RODS_CS_NEG_T", "RODS_VERSION"


@pytest.fixture
def mountpoint(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mount"
    path.mkdir()
    yield path
    while find_mount(path):
        subprocess.run(["fusermount3", "-uz", path], check=True)


def refused(done: subprocess.CompletedProcess[str], mountpoint: Path) -> str:
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1, done.stderr
    assert "internal failure" not in done.stderr
    assert find_mount(mountpoint) is None
    return done.stderr


def policy(name: str) -> Lie:
    return lambda message: replace(message, body=encode(Struct("CS_NEG_PI", ("status", 1), ("result", name))))


def no_negotiation(message: Message) -> Message:
    fields = [("status", 0), ("relVersion", "rods5.0.2"), ("apiVersion", "d"), ("reconnPort", 0), ("cookie", 400)]
    return Message(VERSION, 0, encode(Struct("Version_PI", *fields)))


@pytest.mark.parametrize(
    "lie",
    [
        policy("CS_NEG_REFUSE"),
        policy("CS_NEG_USE_TCP"),
        policy(""),
        no_negotiation,
        lambda message: replace(message, body=b""),
    ],
    ids=["refuse", "unknown", "empty", "none", "nothing"],
)
def test_a_server_that_talks_out_of_tls_is_told_nothing(
    embedded_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path, lie: Lie
) -> None:
    """Not even who wants to log in with which response to a challenge."""
    logins: list[Message] = []
    with HostileZone.before(embedded_zone.host, embedded_zone.port) as zone:
        zone.lie_about(NEGOTIATION, lie)
        zone.lie_about(110000, lambda message: logins.append(message) or message)
        environment = embedded_zone.environment_file(**REQUIRED, irods_port=zone.port)
        refused(irodsfs("mount", "-o", "timeout=5", environment, mountpoint), mountpoint)
    assert logins == []


def test_an_honest_server_without_tls_is_refused(
    embedded_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    message = refused(irodsfs("mount", embedded_zone.environment_file(**REQUIRED), mountpoint), mountpoint)
    assert "CS_NEG_REQUIRE" in message


@pytest.mark.parametrize("negotiation", ["none", "off"])
def test_who_requires_tls_can_not_do_without_negotiation(
    embedded_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path, negotiation: str
) -> None:
    settings = REQUIRED | {"irods_client_server_negotiation": negotiation}
    done = irodsfs("mount", embedded_zone.environment_file(**settings), mountpoint)
    assert done.returncode == 3
    assert "CS_NEG_REQUIRE" in refused(done, mountpoint)


@pytest.fixture(scope="module")
def zone_of_another_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    """Its certificate is trusted, and says another name than the one that leads there."""
    directory = tmp_path_factory.mktemp("other")
    with ExitStack() as stack:
        make_certificate(directory / "zone", "data.example.org")
        yield stack.enter_context(EmbeddedZone.served(directory, "--negotiation", "CS_NEG_REQUIRE"))


def test_a_certificate_of_another_host_is_not_trusted(
    zone_of_another_name: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    settings = REQUIRED | {
        "irods_ssl_ca_certificate_file": str(zone_of_another_name.directory / "zone" / "certificate.pem"),
        "irods_host": "localhost",
    }
    message = refused(irodsfs("mount", zone_of_another_name.environment_file(**settings), mountpoint), mountpoint)
    assert "certificate" in message
    lax = zone_of_another_name.environment_file(**settings, irods_ssl_verify_server="cert")
    assert irodsfs("mount", lax, mountpoint).returncode == 0
    assert irodsfs("umount", mountpoint).returncode == 0
