from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from irods.exception import CAT_INVALID_AUTHENTICATION
from irods.password_obfuscation import decode, encode

from irodsfs.sandbox.administrator_password import scrambled
from irodsfs.sandbox.served_zone import Zone
from tests.conftest import IrodsfsCommand
from tests.local_users import STRANGER
from tests.zones import EmbeddedZone

pytestmark = pytest.mark.embedded_zone


def test_prints_its_address_when_it_answers_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "irodsfs", "sandbox", "serve", "--directory", tmp_path / "zone"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        rest = server.stdout.read()
        server.wait(timeout=20)
    finally:
        server.kill()
        server.communicate()
    assert line.startswith(f"zone tempZone in {tmp_path / 'zone'} answers on 127.0.0.1:")
    assert [line.partition("=")[0] for line in rest.splitlines()] == [
        "export IRODS_ENVIRONMENT_FILE",
        "export IRODS_AUTHENTICATION_FILE",
    ]
    assert server.returncode == 0


def test_a_zone_is_taken_up_again(tmp_path: Path) -> None:
    with EmbeddedZone.served(tmp_path) as zone:
        with zone.session() as session:
            session.collections.create("/tempZone/home/rods/kept")
        zone.kill()
        zone.start()
        with zone.session() as session:
            assert session.collections.exists("/tempZone/home/rods/kept")


def test_what_it_prints_lets_its_owner_in(tmp_path: Path, user_environment: dict[str, str]) -> None:
    mountpoint = tmp_path / "mount point"
    mountpoint.mkdir()
    command = [sys.executable, "-m", "irodsfs", "sandbox", "serve", "--directory", tmp_path / "a zone"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            _, *exports = (server.stdout.readline() for _ in range(3))
            program = (
                f'{"".join(exports)} set -e; "$0" -m irodsfs mount "$1"; touch "$1/made"; "$0" -m irodsfs umount "$1"'
            )
            subprocess.run(["bash", "-c", program, sys.executable, mountpoint], env=user_environment, check=True)
        finally:
            server.terminate()
    assert [file.name for file in (tmp_path / "a zone" / "vault" / "home" / "rods").iterdir()] == ["made"]


def test_each_zone_gets_a_password_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    passwords = set()
    for name in ("one", "other"):
        zone = Zone.create(tmp_path / name)
        for private in (zone.directory, zone.password_file, zone.catalog_file):
            assert private.stat().st_mode & 0o077 == 0, private
        passwords.add(kept_password(zone))
    assert len(passwords) == 2
    assert all(len(password) >= 32 for password in passwords)


def test_a_password_is_kept_until_another_one_is_chosen(tmp_path: Path, irodsfs: IrodsfsCommand) -> None:
    with EmbeddedZone.served(tmp_path) as zone:
        first = zone.password
        zone.kill()
        zone.start()
        assert zone.password == first
        zone.kill()
        (tmp_path / "chosen").write_text("an/other one\n")
        zone.start("--password-file", str(tmp_path / "chosen"))
        assert zone.password == "an/other one"
        with zone.session() as session:
            assert session.server_version
        with pytest.raises(CAT_INVALID_AUTHENTICATION), zone.session("rods", first) as session:
            assert session.server_version
        zone.kill()
        (tmp_path / "zone" / ".irodsA").unlink()
        zone.start()
        assert zone.password not in (first, "an/other one")
        with zone.session() as session:
            assert session.server_version


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff", b"x" * 43])
def test_a_file_that_holds_no_password_is_one_clear_sentence(
    tmp_path: Path, irodsfs: IrodsfsCommand, content: bytes
) -> None:
    (tmp_path / "password").write_bytes(content)
    done = irodsfs("sandbox", "serve", "--directory", tmp_path / "zone", "--password-file", tmp_path / "password")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert str(tmp_path / "password") in done.stderr
    assert not (tmp_path / "zone").exists()


def test_a_directory_that_somebody_else_made_is_refused(tmp_path: Path, irodsfs: IrodsfsCommand) -> None:
    (tmp_path / "zone").mkdir()
    os.chown(tmp_path / "zone", STRANGER, STRANGER)
    (tmp_path / "link").symlink_to(tmp_path)
    os.chown(tmp_path / "link", STRANGER, STRANGER, follow_symlinks=False)
    for directory in (tmp_path / "zone", tmp_path / "link"):
        done = irodsfs("sandbox", "serve", "--directory", directory)
        assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
        assert f"{directory} belongs to another user" in done.stderr


def kept_password(zone: Zone) -> str:
    return str(decode(zone.password_file.read_text("utf-8"), uid=os.getuid()))


@given(
    password=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
    uid=st.integers(0, 2**32 - 1),
    time=st.integers(0, 2**31 - 1),
)
def test_passwords_are_scrambled_as_iinit_does(password: str, uid: int, time: int) -> None:
    assert scrambled(password, uid, time) == encode(password, uid, time)
    assert decode(scrambled(password, uid, time), uid) == password


def test_a_port_in_use_is_one_clear_sentence(
    zone_server: EmbeddedZone, tmp_path: Path, irodsfs: IrodsfsCommand
) -> None:
    done = irodsfs("sandbox", "serve", "--directory", tmp_path / "other", "--port", str(zone_server.port))
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1
