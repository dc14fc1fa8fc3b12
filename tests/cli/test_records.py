from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from irodsfs.cli.mountpoints import resolve
from irodsfs.cli.records import find_record, recorded
from irodsfs.config import MountConfig, ZoneAccount
from irodsfs.user_errors import MountError, MountPointError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MountConfig:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    account = ZoneAccount(host="h", user="alice", zone="z")
    return MountConfig(
        account=account, name="lab", mountpoint=tmp_path / "mnt", collection="/z", spool_directory=tmp_path / "spool"
    )


def test_a_running_mount_is_found_by_its_mount_point(config: MountConfig) -> None:
    with recorded(config), find_record(resolve(config.mountpoint)) as record:
        assert record is not None
        assert record.read().pid == os.getpid()
        with find_record(config.mountpoint.parent) as other:
            assert other is None


def test_a_mount_that_has_ended_is_not_found(config: MountConfig) -> None:
    with recorded(config):
        pass
    with find_record(resolve(config.mountpoint)) as record:
        assert record is None


def test_the_record_of_a_killed_process_does_not_count(config: MountConfig, tmp_path: Path) -> None:
    file = tmp_path / "irodsfs" / "lab.mount"
    file.parent.mkdir()
    file.write_text(f'{{"mountpoint": "{config.mountpoint}", "pid": {os.getpid()}}}' + " " * 1000)
    with find_record(resolve(config.mountpoint)) as record:
        assert record is None
    with recorded(config), find_record(resolve(config.mountpoint)) as record:
        assert record is not None


def test_a_failure_is_left_for_those_who_wait(config: MountConfig) -> None:
    with ExitStack() as waiting, ExitStack() as running:
        running.enter_context(recorded(config))
        record = waiting.enter_context(find_record(resolve(config.mountpoint)))
        assert not running.__exit__(MountError, MountError("could not be uploaded"), None)
        assert record is not None
        assert record.read().failure == "could not be uploaded"


def test_a_name_is_used_by_one_mount_at_a_time(config: MountConfig) -> None:
    with recorded(config), pytest.raises(MountPointError, match="named lab is running already"), recorded(config):
        pass
