from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from irodsfs import user_errors
from irodsfs.cli.mountpoints import find_mount
from tests.mounts import NotifySocket
from tests.zones import EmbeddedZone

UNIT = Path(__file__).parent.parent / "systemd" / "irodsfs@.service"


@pytest.fixture
def service() -> dict[str, str]:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    return dict(unit["Service"])


def test_the_unit_has_no_faults(tmp_path: Path, user_environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", UNIT], env=user_environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_of_the_unit_mounts_tells_that_it_is_ready_and_stops_cleanly(
    service: dict[str, str], zone_server: EmbeddedZone, home: str, user_environment: dict[str, str], tmp_path: Path
) -> None:
    mountpoint = tmp_path / "lab"
    mountpoint.mkdir()
    configuration = Path(user_environment["XDG_CONFIG_HOME"]) / "irodsfs" / "lab.toml"
    configuration.parent.mkdir()
    settings = {"mountpoint": mountpoint, "zone": zone_server.environment_file(), "collection": home}
    configuration.write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()))
    notifications = NotifySocket()
    environment = user_environment | {
        "NOTIFY_SOCKET": notifications.address,
        "PATH": f"{Path(sys.executable).parent}:{user_environment['PATH']}",
    }
    command = shlex.split(service["ExecStart"].replace("%i", "lab"))
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        assert notifications.await_ready(process) == "READY=1"
        mounted = find_mount(mountpoint)
        assert mounted is not None
        assert list(mountpoint.iterdir()) == []
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
        notifications.close()
        if find_mount(mountpoint):
            subprocess.run(["fusermount3", "-uz", mountpoint], check=True)
    assert process.returncode == 0, log
    assert find_mount(mountpoint) is None


def test_the_unit_does_not_try_again_what_can_only_fail_again(service: dict[str, str]) -> None:
    hopeless = {
        user_errors.ConfigurationError,
        user_errors.AuthenticationError,
        user_errors.CollectionError,
        user_errors.MountPointError,
        user_errors.FuseError,
    }
    assert {int(code) for code in service["RestartPreventExitStatus"].split()} == {
        error.exit_code for error in hopeless
    }
    assert service["Type"] == "notify"
