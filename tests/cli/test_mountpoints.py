from __future__ import annotations

from pathlib import Path

import pytest

from irodsfs.cli import mountpoints
from irodsfs.cli.mountpoints import find_mount, require_fuse, resolve
from irodsfs.user_errors import FuseError
from tests.conftest import MakeMount


def test_mounts_are_found_by_type() -> None:
    mount = find_mount(Path("/proc"))
    assert mount is not None
    assert mount.type == "proc"


def test_a_mount_point_with_odd_characters_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mountinfo"
    line = r"36 35 98:0 / /mnt/a\040b\134c\011é rw,noatime master:1 - fuse.irodsfs irods:/z rw"
    table.write_bytes(line.encode())
    monkeypatch.setattr(mountpoints, "MOUNT_TABLE", table)
    mount = find_mount(Path("/mnt/a b\\c\té"))
    assert mount is not None
    assert mount.type == "fuse.irodsfs"


def test_paths_are_resolved_through_links_and_dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "to-link").symlink_to(tmp_path / "link")
    monkeypatch.chdir(tmp_path / "real")
    expected = tmp_path.resolve() / "real"
    assert [resolve(Path(given)) for given in (".", "../link", "../to-link", "../real/../real", "../missing/..")] == [
        expected,
        expected,
        expected,
        expected,
        tmp_path.resolve(),
    ]


def test_without_the_device_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mountpoints, "FUSE_DEVICE", tmp_path / "fuse")
    with pytest.raises(FuseError, match="does not exist: load the kernel module fuse"):
        require_fuse(allow_other=False)


@pytest.mark.parametrize(("text", "allowed"), [("user_allow_other\n", True), ("#user_allow_other\n", False)])
def test_others_may_be_let_in_where_the_administrator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, allowed: bool
) -> None:
    configuration = tmp_path / "fuse.conf"
    configuration.write_text(text)
    monkeypatch.setattr(mountpoints, "FUSE_CONFIGURATION", configuration)
    monkeypatch.setattr(mountpoints.os, "getuid", lambda: 1000)
    if allowed:
        require_fuse(allow_other=True)
    else:
        with pytest.raises(FuseError, match="user_allow_other"):
            require_fuse(allow_other=True)


def test_a_mount_of_ours_is_found_with_its_type(make_mount: MakeMount) -> None:
    mount = find_mount(resolve(make_mount().path))
    assert mount is not None
    assert mount.type == mountpoints.FILE_SYSTEM_TYPE
