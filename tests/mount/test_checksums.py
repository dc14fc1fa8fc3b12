"""Checksums registered with uploads, and compared on reading."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.proxy import Proxy
from tests.zones import AnyZone, EmbeddedZone

WRITE = 676
SIZES = [0, 100, 9 * 1024 * 1024]


def corrupt(zone: EmbeddedZone, path: str) -> None:
    (stored,) = (zone.directory / "zone").rglob(f"{Path(path).parent.name}/{Path(path).name}")
    with stored.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))


@pytest.mark.parametrize("size", SIZES)
def test_uploads_register_the_checksum_of_what_was_written(
    make_mount: MakeMount, session: iRODSSession, home: str, size: int
) -> None:
    mount = make_mount("--checksum")
    (mount.path / "file").write_bytes(os.urandom(size))
    registered = session.data_objects.get(f"{home}/file").checksum
    assert registered
    assert session.data_objects.chksum(f"{home}/file") == registered


@pytest.mark.parametrize("size", SIZES[1:])
def test_what_was_damaged_on_the_way_fails_the_close(proxy: Proxy, mount_through: MountThrough, size: int) -> None:
    mount = mount_through(proxy, "--checksum")
    mount.expect_log("could not be written: ChecksumMismatchError")
    mount.expect_log(r"ChecksumMismatchError.* \(EIO\)")
    proxy.spoil_next(WRITE)
    with fails(errno.EIO):
        (mount.path / "file").write_bytes(os.urandom(size))


@pytest.mark.parametrize("size", SIZES[1:])
def test_reading_what_was_damaged_is_an_error_and_logged(
    make_mount: MakeMount, embedded_zone: EmbeddedZone, home: str, size: int
) -> None:
    (make_mount("--checksum").path / "file").write_bytes(os.urandom(size))
    corrupt(embedded_zone, f"{home}/file")
    mount = make_mount("--verify")
    mount.expect_log(f"{home}/file: ChecksumMismatchError")
    with fails(errno.EIO):
        (mount.path / "file").read_bytes()
    assert f"{home}/file has the checksum sha2:" in mount.log


def test_a_checksum_in_a_scheme_that_the_environment_forbids_is_an_error_and_logged(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    with session.data_objects.open(f"{home}/file", "w", regChksum="0" * 32) as stream:
        stream.write(b"content")
    strict = zone_server.environment_file(irods_match_hash_policy="strict", irods_default_hash_scheme="SHA256")
    mount = make_mount("--verify", environment_file=strict)
    mount.expect_log(f"{home}/file: ChecksumRefusedError.* scheme md5.* only sha256")
    with fails(errno.EIO):
        (mount.path / "file").read_bytes()
    assert mount.log.count("irods_match_hash_policy is strict") == 1


def test_the_zone_finds_damage_when_asked_to_verify(mount: Mount, embedded_zone: EmbeddedZone, home: str) -> None:
    mount.expect_log(r"irods\.checksum: .* \(EIO\)")
    file = mount.path / "file"
    file.write_bytes(b"content")
    os.setxattr(file, "irods.checksum", b"compute")
    os.setxattr(file, "irods.checksum", b"verify")
    corrupt(embedded_zone, f"{home}/file")
    with fails(errno.EIO):
        os.setxattr(file, "irods.checksum", b"verify")


@pytest.mark.parametrize("size", SIZES[1:])
def test_what_is_intact_reads_as_ever(make_mount: MakeMount, size: int) -> None:
    content = os.urandom(size)
    (make_mount("--checksum").path / "file").write_bytes(content)
    assert (make_mount("--verify").path / "file").read_bytes() == content
