"""Saving a file keeps its AVUs and permissions, however the program saves."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.conftest import MakeMount
from tests.mounts import Mount

LEVELS = [
    {"user": "public", "zone": "tempZone", "type": "rodsgroup", "level": "read_object"},
    {"user": "rods", "zone": "tempZone", "type": "rodsadmin", "level": "own"},
]


@pytest.fixture
def file(mount: Mount) -> Path:
    return described(mount)


def described(mount: Mount) -> Path:
    path = mount.path / "file"
    path.write_text("old\n")
    os.setxattr(path, "user.project", b'[["p1",""],["p2","unit"]]')
    os.setxattr(path, "irods.acl", json.dumps(LEVELS).encode())
    return path


def assert_described(path: Path) -> None:
    assert path.read_text() == "new\n"
    assert json.loads(os.getxattr(path, "user.project")) == [["p1", ""], ["p2", "unit"]]
    assert json.loads(os.getxattr(path, "irods.acl")) == LEVELS


def atomic_write(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as temporary:
        temporary.write(text)
        os.fsync(temporary.fileno())
    Path(temporary.name).replace(path)


def test_sed_in_place_keeps_metadata_and_permissions(file: Path) -> None:
    subprocess.run(["sed", "-i", "s/old/new/", file], check=True)
    assert_described(file)


def test_vim_keeps_metadata_and_permissions(file: Path) -> None:
    script = ["-c", "set backupcopy=no", "-c", "%s/old/new/", "-c", "wq"]
    subprocess.run(["vim", "-es", "-u", "NONE", *script, file], check=True, stdin=subprocess.DEVNULL, timeout=60)
    assert_described(file)


def test_an_atomic_write_keeps_metadata_and_permissions(file: Path) -> None:
    atomic_write(file, "new\n")
    assert_described(file)


def test_a_file_with_metadata_of_its_own_keeps_only_that(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("new\n")
    os.setxattr(other, "user.own", b"1")
    other.replace(file)
    assert os.listxattr(file) == ["user.own"]


def test_replacing_drops_metadata_when_told_so(make_mount: MakeMount) -> None:
    file = described(make_mount("--replace-drops-metadata"))
    atomic_write(file, "new\n")
    assert os.listxattr(file) == []
