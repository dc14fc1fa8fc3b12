from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from irodsfs.cli.mountpoints import find_mount
from tests.zones import AnyZone


def helper(*arguments: str | Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = "from irodsfs.cli.fstab import main; main()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_line_is_mounted_with_the_empty_environment_of_boot(zone_server: AnyZone, tmp_path: Path) -> None:
    mountpoint = tmp_path / "with space"
    mountpoint.mkdir()
    words = "rw,_netdev,nofail,noauto,user=root,x-systemd.automount,nodev,nosuid,noatime,uid=1234"
    environment = {"XDG_STATE_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    try:
        done = helper(zone_server.environment_file(), mountpoint, "-s", "-o", words, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        mount = find_mount(mountpoint)
        assert mount is not None
        assert mountpoint.stat().st_uid == 1234
    finally:
        umount = [sys.executable, "-m", "irodsfs", "umount", mountpoint]
        subprocess.run(umount, env=environment | {"PATH": os.environ["PATH"]}, check=True)


def test_an_option_that_nobody_knows_is_refused(tmp_path: Path, user_environment: dict[str, str]) -> None:
    done = helper("zone.json", tmp_path, "-o", "nofail,uuid=1", env=user_environment)
    assert done.returncode == 3
    assert done.stderr.startswith("irodsfs: -o uuid is not an option")


@pytest.mark.parametrize("word", ["ro", "_netdev", "atime", "relatime", "strictatime", "nodiratime", "sync", "async"])
def test_words_for_mount_are_dropped(tmp_path: Path, user_environment: dict[str, str], word: str) -> None:
    done = helper(tmp_path / "none.json", tmp_path, "-o", word, env=user_environment)
    assert done.stderr.startswith(f"irodsfs: {tmp_path / 'none.json'} does not exist")
