"""PAM and native passwords over TCP, before a zone that requires TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from tests.control.serving import served

pytestmark = pytest.mark.embedded_zone

PAM_PASSWORD = "pam;=\\pass"


@pytest.fixture(scope="module")
def environment_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("tls")
    zone = Zone.create(
        directory / "zone", password="rods", negotiation="CS_NEG_REQUIRE", pam_passwords={"rods": PAM_PASSWORD}
    )
    zone.tls()
    with Server(zone) as server:
        file = directory / "irods_environment.json"
        file.write_text(
            json.dumps(
                {
                    "irods_host": "localhost",
                    "irods_port": server.port,
                    "irods_user_name": "nobody",
                    "irods_zone_name": zone.name,
                    "irods_client_server_negotiation": "request_server_negotiation",
                    "irods_client_server_policy": "CS_NEG_REQUIRE",
                    "irods_ssl_ca_certificate_file": str(zone.directory / "certificate.pem"),
                }
            )
        )
        yield file


@pytest.mark.parametrize("separator", ["*", "-", " "])
def test_the_prefix_chooses_between_pam_and_native_passwords(
    environment_file: Path, tmp_path: Path, separator: str
) -> None:
    def status(name: str, password: str) -> int:
        return httpx.get(f"{url}/collection/tempZone/home/rods", auth=(name, password)).status_code

    pam, standard = f"PAM{separator}rods", f"STANDARD{separator}rods"
    with served(environment_file, tmp_path) as url:
        assert status(pam, "rods") == 401
        assert status(pam, PAM_PASSWORD) == 200
        assert status(pam, "wrong") == 401, "a password was kept from an earlier login"
        assert status(standard, PAM_PASSWORD) == 401
        assert status(standard, "rods") == 200
        assert status("rods", "rods") == 200
    assert list(tmp_path.rglob(".irodsA")) == []


def test_names_without_a_prefix_are_authenticated_as_told(environment_file: Path, tmp_path: Path) -> None:
    with served(environment_file, tmp_path, "--authentication", "PAM") as url:
        assert httpx.get(f"{url}/server", auth=("rods", PAM_PASSWORD)).status_code == 200
        assert httpx.get(f"{url}/server", auth=("rods", "rods")).status_code == 401
        assert httpx.get(f"{url}/server", auth=("STANDARD*rods", "rods")).status_code == 200
