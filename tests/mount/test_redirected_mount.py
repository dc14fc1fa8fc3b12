"""A mount of a grid of two servers: where the bytes of its files go, and how that is seen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from tests.conftest import IrodsfsCommand, MakeMount
from tests.zones import FAR, EmbeddedZone, FarServer, add_resources

pytestmark = pytest.mark.embedded_zone

CONTENT = os.urandom(12 << 20)
TRAFFIC = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def far(embedded_zone: EmbeddedZone) -> Iterator[FarServer]:
    with FarServer.beside(embedded_zone) as server:
        add_resources(embedded_zone)
        yield server


@pytest.mark.parametrize(
    ("options", "straight"),
    [((), True), (("--redirect", "on"), True), (("--redirect", "off"), False), (("-o", "redirect=off"), False)],
)
def test_bytes_are_shown_by_host(
    far: FarServer,
    embedded_zone: EmbeddedZone,
    make_mount: MakeMount,
    irodsfs: IrodsfsCommand,
    options: tuple[str, ...],
    straight: bool,
) -> None:
    mount = make_mount("--resource", "farResc", *options)
    file = mount.path / "large"
    file.write_bytes(CONTENT)
    os.posix_fadvise(fd := os.open(file, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    assert file.read_bytes() == CONTENT
    (replica,) = json.loads(os.getxattr(file, "irods.replicas"))
    assert (replica["resource"], replica["host"]) == ("farResc", FAR)
    status = json.loads(irodsfs("status", "--json", str(mount.path)).stdout)
    traffic = {each["host"]: (each["bytesRead"], each["bytesWritten"]) for each in status["traffic"]}
    host, other = (FAR, embedded_zone.host) if straight else (embedded_zone.host, FAR)
    assert min(traffic[host]) >= len(CONTENT)
    assert max(traffic.get(other, (0, 0))) < len(CONTENT)
    assert f"traffic {host}" in irodsfs("status", str(mount.path)).stdout
