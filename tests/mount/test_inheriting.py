"""Saving a file keeps its AVUs and permissions, however the program saves."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from operator import itemgetter
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddUser, MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount
from tests.proxy import Proxy
from tests.zones import AnyZone

Levels = list[dict[str, str]]


@pytest.fixture
def levels(zone_server: AnyZone) -> Levels:
    """Permissions unlike those of a new file, in the order in which they are shown."""
    public = {"user": "public", "zone": zone_server.zone, "type": "rodsgroup", "level": "read_object"}
    return sorted([public, zone_server.owner], key=itemgetter("user"))


@pytest.fixture
def file(mount: Mount, levels: Levels) -> Path:
    return described(mount, levels)


def described(mount: Mount, levels: Levels) -> Path:
    path = mount.path / "file"
    path.write_text("old\n")
    os.setxattr(path, "user.project", b'[["p1",""],["p2","unit"]]')
    os.setxattr(path, "irods.acl", json.dumps(levels).encode())
    return path


def assert_described(path: Path, levels: Levels) -> None:
    assert path.read_text() == "new\n"
    assert json.loads(os.getxattr(path, "user.project")) == [["p1", ""], ["p2", "unit"]]
    assert json.loads(os.getxattr(path, "irods.acl")) == levels


def atomic_write(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as temporary:
        temporary.write(text)
        os.fsync(temporary.fileno())
    Path(temporary.name).replace(path)


def test_sed_in_place_keeps_metadata_and_permissions(file: Path, levels: Levels) -> None:
    subprocess.run(["sed", "-i", "s/old/new/", file], check=True)
    assert_described(file, levels)


def test_an_atomic_write_keeps_metadata_and_permissions(file: Path, levels: Levels) -> None:
    atomic_write(file, "new\n")
    assert_described(file, levels)


@pytest.mark.parametrize(
    "settings",
    [[], ["set backup"], ["set backupcopy=yes"], ["set backupcopy=no", "set nowritebackup"]],
)
def test_vim_keeps_metadata_and_permissions_however_it_saves(file: Path, levels: Levels, settings: list[str]) -> None:
    script = [part for line in (*settings, "%s/old/new/", "wq") for part in ("-c", line)]
    subprocess.run(["vim", "-es", "-u", "NONE", *script, file], check=True, stdin=subprocess.DEVNULL, timeout=60)
    assert_described(file, levels)


@pytest.mark.parametrize("suffix", ["~", ".bak", ".~1~"])
def test_a_file_written_anew_after_its_backup_was_renamed_keeps_both(file: Path, levels: Levels, suffix: str) -> None:
    backup = file.with_name(file.name + suffix)
    file.rename(backup)
    file.write_text("new\n")
    assert_described(file, levels)
    assert backup.read_text() == "old\n"
    assert json.loads(os.getxattr(backup, "irods.acl")) == levels


def test_sed_with_a_backup_keeps_metadata_and_permissions(file: Path, levels: Levels) -> None:
    subprocess.run(["sed", "-i.bak", "s/old/new/", file], check=True)
    assert_described(file, levels)
    assert file.with_name("file.bak").read_text() == "old\n"


def test_what_was_renamed_otherwise_takes_its_metadata_along(file: Path) -> None:
    file.rename(file.with_name("other"))
    file.write_text("new\n")
    assert os.listxattr(file) == []
    assert os.listxattr(file.with_name("other")) == ["user.project"]


def test_saving_costs_four_flights_whatever_is_kept(proxy: Proxy, mount_through: MountThrough, levels: Levels) -> None:
    mount = mount_through(proxy, "--cache-timeout", "60")
    for number in range(2):
        (mount.path / f"file{number}").write_text("old\n")
        (mount.path / f"new{number}").write_text("new\n")
    os.setxattr(mount.path / "file0", "user.project", b"p1")
    os.setxattr(mount.path / "file1", "irods.acl", json.dumps(levels).encode())
    os.setxattr(mount.path / "file1", "user.project", b"p1")
    os.stat(mount.path / "file1")
    for number in range(2):
        with proxy.counting_flights():
            (mount.path / f"new{number}").rename(mount.path / f"file{number}")
        # Linux looks up again what is about to be replaced, and the zone is asked then.
        assert proxy.flights == 4
        assert os.getxattr(mount.path / f"file{number}", "user.project") == b"p1"
    assert json.loads(os.getxattr(mount.path / "file1", "irods.acl")) == levels


def test_another_user_who_saves_leaves_the_permissions_of_all(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, levels: Levels, add_user: AddUser
) -> None:
    described(make_mount(), levels)
    editor = add_user()
    for path, level in [(home, "own"), (f"{home}/file", "own")]:
        session.acls.set(iRODSAccess(level, path, editor.name))
    other = make_mount(environment_file=zone_server.environment_file(editor.name, editor.password))
    subprocess.run(["sed", "-i", "s/old/new/", other.path / "file"], check=True)
    assert (other.path / "file").read_text() == "new\n"
    assert json.loads(os.getxattr(other.path / "file", "user.project")) == [["p1", ""], ["p2", "unit"]]
    owner = {"user": editor.name, "zone": zone_server.zone, "type": "rodsuser", "level": "own"}
    assert json.loads(os.getxattr(other.path / "file", "irods.acl")) == sorted([owner, *levels], key=itemgetter("user"))


def test_a_file_with_metadata_of_its_own_keeps_only_that(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("new\n")
    os.setxattr(other, "user.own", b"1")
    other.replace(file)
    assert os.listxattr(file) == ["user.own"]


def test_replacing_drops_metadata_when_told_so(make_mount: MakeMount, levels: Levels) -> None:
    file = described(make_mount("--replace-drops-metadata"), levels)
    atomic_write(file, "new\n")
    assert os.listxattr(file) == []
