from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from irodsfs.cli.mountpoints import MOUNT_TABLE
from tests.conftest import IrodsfsCommand

STEPS = 9
PROMPT = b"Press Enter"


@pytest.fixture
def demo_directory(user_environment: dict[str, str], tmp_path: Path) -> Path:
    directory = tmp_path / "tmp"
    directory.mkdir()
    user_environment["TMPDIR"] = str(directory)
    return directory


@pytest.mark.timeout(600)
def test_does_the_main_job_and_leaves_nothing_behind(irodsfs: IrodsfsCommand, demo_directory: Path) -> None:
    done = irodsfs("demo", "--exit", timeout=590)
    assert done.returncode == 0, done.stderr
    assert [int(number) for number in re.findall(r"^(\d+)\. ", done.stdout, re.MULTILINE)] == [*range(1, STEPS + 1)]
    files = re.search(r"([\d,]+) files, ", done.stdout)
    assert files is not None
    assert int(files[1].replace(",", "")) >= 2000
    assert f"{files[1]} data objects below tempZone" in done.stdout
    assert "no difference" in done.stdout
    assert 'user.reviewed-by="Ada Lovelace"' in done.stdout
    assert "its AVU: reviewed-by = Ada Lovelace" in done.stdout
    assert list(demo_directory.iterdir()) == []
    assert str(demo_directory) not in MOUNT_TABLE.read_text()


def test_on_a_terminal_the_mount_stays_until_enter(user_environment: dict[str, str], demo_directory: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execve(  # noqa: S606 - the terminal made by fork must be its own
            sys.executable, [sys.executable, "-m", "irodsfs", "demo", "--files", "300"], user_environment
        )
    shown = read_until(terminal, PROMPT)
    (directory,) = demo_directory.iterdir()
    assert [entry.name for entry in (directory / "mount").iterdir()] == ["python"]
    assert f"cd {directory}/mount".encode() in shown
    os.write(terminal, b"\n")
    read_until(terminal, b"irodsfs mount --help")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert list(demo_directory.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(
    user_environment: dict[str, str], demo_directory: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "irodsfs", "demo", "--exit"]
    with subprocess.Popen(command, env=user_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        try:
            assert demo.stdout is not None
            read_until(demo.stdout.fileno(), b"$ cp -r")
            demo.send_signal(number)
            _, errors = demo.communicate(timeout=60)
        finally:
            demo.kill()
    assert demo.returncode != 0
    assert b"Traceback" not in errors
    assert list(demo_directory.iterdir()) == []
    assert str(demo_directory) not in MOUNT_TABLE.read_text()


def read_until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        more = os.read(terminal, 4096)
        assert more, shown
        shown += more
    return shown
