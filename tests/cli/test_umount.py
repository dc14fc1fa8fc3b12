from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import IrodsfsCommand
from tests.mounts import Mount


def test_what_is_not_mounted_is_said_so(irodsfs: IrodsfsCommand, tmp_path: Path) -> None:
    done = irodsfs("umount", tmp_path)
    assert (done.returncode, done.stderr) == (9, f"irodsfs: {tmp_path} is not mounted.\n")


def test_other_file_systems_are_left_alone(irodsfs: IrodsfsCommand) -> None:
    done = irodsfs("umount", "/proc")
    assert (done.returncode, done.stderr) == (
        9,
        "irodsfs: /proc is a mount of type proc, not one of irodsfs: use umount.\n",
    )


def test_a_mount_in_use_stays(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    descriptor = os.open(mount.path, os.O_RDONLY)
    try:
        done = irodsfs("umount", mount.path)
    finally:
        os.close(descriptor)
    assert done.returncode == 9
    assert f"{mount.path} is in use" in done.stderr
    assert list(mount.path.iterdir()) == []


def test_a_link_to_the_mount_point_will_do(irodsfs: IrodsfsCommand, mount: Mount, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(mount.path.name)
    assert irodsfs("umount", link).returncode == 0
    assert mount.process is not None
    assert mount.process.wait(10) == 0


def test_the_mount_of_a_killed_process_can_be_unmounted(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    assert mount.process is not None
    mount.process.kill()
    mount.process.wait()
    with pytest.raises(OSError, match="not connected"):
        os.statvfs(mount.path)
    assert irodsfs("umount", mount.path).returncode == 0
    assert list(mount.path.iterdir()) == []
