from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from irodsfs.cli.mountpoints import find_mount
from tests.conftest import IrodsfsCommand
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone


@pytest.fixture(scope="module")
def secure_zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedZone]:
    directory = tmp_path_factory.mktemp("secure-zone")
    with EmbeddedZone.served(directory, "--negotiation", "CS_NEG_REQUIRE") as zone:
        yield zone


@pytest.fixture
def mountpoint(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mount"
    path.mkdir()
    yield path
    while find_mount(path):
        subprocess.run(["fusermount3", "-uz", path], check=True)


def tls(zone: EmbeddedZone, **changes: object) -> dict[str, object]:
    return {
        "irods_client_server_negotiation": "request_server_negotiation",
        "irods_client_server_policy": "CS_NEG_REQUIRE",
        "irods_ssl_ca_certificate_file": str(zone.directory / "zone" / "certificate.pem"),
        "irods_ssl_verify_server": "hostname",
    } | changes


def test_a_zone_that_requires_tls_is_mounted(
    secure_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    done = irodsfs("mount", secure_zone.environment_file(**tls(secure_zone)), mountpoint)
    assert done.returncode == 0, done.stderr
    (mountpoint / "secret").write_text("through TLS")
    assert irodsfs("umount", mountpoint).returncode == 0


def test_a_large_file_goes_through_tls_and_comes_back(
    secure_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    environment = secure_zone.environment_file(**tls(secure_zone))
    content = random.Random(1).randbytes(20 << 20)
    for step in ("write", "read"):
        assert irodsfs("mount", environment, mountpoint).returncode == 0
        if step == "write":
            (mountpoint / "large").write_bytes(content)
        else:
            assert (mountpoint / "large").read_bytes() == content
        assert irodsfs("umount", mountpoint).returncode == 0


def test_a_server_that_can_not_prove_who_it_is_is_not_trusted(
    secure_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    settings = tls(secure_zone)
    del settings["irods_ssl_ca_certificate_file"]
    done = irodsfs("mount", secure_zone.environment_file(**settings), mountpoint)
    assert done.returncode != 0
    assert "certificate" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_zone_that_requires_tls_refuses_others(
    secure_zone: EmbeddedZone, irodsfs: IrodsfsCommand, mountpoint: Path
) -> None:
    done = irodsfs("mount", secure_zone.environment_file(), mountpoint)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
