"""The file of the control socket: its owner's only, and never in the way of the next mount."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.conftest import MakeMount
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.zones import AnyZone


def kill(mount: Mount) -> None:
    assert mount.process is not None
    mount.process.kill()
    mount.process.wait()
    subprocess.run(["fusermount3", "-uz", mount.path], check=True)
    mount.path.rmdir()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_a_killed_mount_leaves_is_replaced_and_private_again(
    make_mount: MakeMount, zone_server: AnyZone, user_environment: dict[str, str]
) -> None:
    mount = make_mount()
    path = Path(os.getxattr(mount.path, "irods.control").decode())
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    kill(mount)
    keeper = os.open(path, os.O_PATH)  # so that the new socket can't have the inode of the stale one
    path.chmod(0o666)
    path.parent.chmod(0o755)
    mount.start(zone_server.environment_file(), env=user_environment)
    try:
        assert Path(os.getxattr(mount.path, "irods.control").decode()) == path
        assert path.stat().st_ino != os.fstat(keeper).st_ino
    finally:
        os.close(keeper)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    with connected(path) as control:
        assert control.get("/status").json()["mountpoint"] == str(mount.path)


def test_the_socket_goes_with_its_mount(make_mount: MakeMount) -> None:
    mount = make_mount()
    path = Path(os.getxattr(mount.path, "irods.control").decode())
    assert path.is_socket()
    mount.stop()
    assert not path.exists()
