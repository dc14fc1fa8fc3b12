from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import IrodsfsCommand, MakeMount
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


@contextmanager
def another_namespace(program: str) -> Iterator[subprocess.Popen[str]]:
    """A mount namespace with a copy of each mount, as containers have; `program` prints a line when it is ready."""
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield holder
        holder.stdin.close()


def test_a_mount_that_another_namespace_still_shows_ends_when_all_is_written(
    irodsfs: IrodsfsCommand, make_mount: MakeMount, session: iRODSSession
) -> None:
    mount = make_mount("--write-back")
    with another_namespace("print('ready', flush=True); input()"):
        (mount.path / "file").write_bytes(b"content")
        done = irodsfs("umount", mount.path)
        assert (done.returncode, done.stdout) == (0, "")
        assert "another mount namespace shows the mount" in done.stderr
        assert mount.process is not None
        assert mount.process.wait(10) == 0
        with session.data_objects.open(f"{mount.collection}/file", "r") as opened:
            assert opened.read() == b"content"


def test_a_mount_that_is_used_in_another_namespace_goes_on_there(irodsfs: IrodsfsCommand, mount: Mount) -> None:
    (mount.path / "file").write_bytes(b"content")
    program = f"file = open({str(mount.path / 'file')!r}); print('ready', flush=True); input(); print(file.read())"
    with another_namespace(program) as other:
        assert mount.process is not None
        done = irodsfs("umount", mount.path)
        assert done.returncode == 0
        assert f"1 open files keep the mount: process {mount.process.pid} ends with" in done.stderr.replace("\n", " ")
        assert list(mount.path.iterdir()) == []
        assert mount.process.poll() is None
        assert other.communicate("\n")[0] == "content\n"
    assert mount.process.wait(60) == 0
