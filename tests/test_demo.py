from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from irods.password_obfuscation import decode

from irodsfs.cli.mountpoints import MOUNT_TABLE
from tests.local_users import STRANGER, local_users

Demo = subprocess.Popen[bytes]
StartDemo = Callable[..., Demo]

STEPS = 9
STOP_SECONDS = 90


@pytest.fixture
def demo_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "tmp"
    directory.mkdir()
    return directory


@pytest.fixture
def start_demo(user_environment: dict[str, str], demo_directory: Path) -> Iterator[StartDemo]:
    """Starts `irodsfs demo`; ends it when the test fails, in the way in which it still cleans up."""
    with ExitStack() as stops:

        def start(*options: str, terminal: int = subprocess.DEVNULL, directory: Path = demo_directory) -> Demo:
            demo = subprocess.Popen(
                [sys.executable, "-m", "irodsfs", "demo", *options],
                env=user_environment | {"TMPDIR": str(directory)},
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            stops.callback(stop, demo)
            return demo

        yield start


def stop(demo: Demo) -> None:
    demo.terminate()
    demo.communicate(timeout=STOP_SECONDS)


def output(demo: Demo, until: bytes) -> str:
    assert demo.stdout is not None
    shown = b""
    while until not in shown:
        more = os.read(demo.stdout.fileno(), 4096)
        assert more, shown
        shown += more
    return shown.decode()


def assert_nothing_left(directory: Path) -> None:
    assert list(directory.iterdir()) == []
    assert str(directory) not in MOUNT_TABLE.read_text()


@pytest.mark.timeout(600)
def test_does_the_main_job_and_leaves_nothing_behind(start_demo: StartDemo, demo_directory: Path) -> None:
    demo = start_demo("--exit")
    out, errors = demo.communicate()
    assert (demo.returncode, errors) == (0, b"")
    shown = out.decode()
    assert [int(number) for number in re.findall(r"^(\d+)\. ", shown, re.MULTILINE)] == [*range(1, STEPS + 1)]
    files = re.search(r"([\d,]+) files, ", shown)
    assert files is not None
    assert int(files[1].replace(",", "")) >= 2000
    assert f"{files[1]} data objects below tempZone" in shown
    assert "no difference" in shown
    assert 'user.reviewed-by="Ada Lovelace"' in shown
    assert "its AVU: reviewed-by = Ada Lovelace" in shown
    assert_nothing_left(demo_directory)


def test_on_a_terminal_the_mount_stays_until_enter(start_demo: StartDemo, demo_directory: Path) -> None:
    keyboard, terminal = pty.openpty()
    demo = start_demo("--files", "300", terminal=terminal)
    shown = output(demo, until=b"Press Enter")
    (directory,) = demo_directory.iterdir()
    assert f"cd {directory}/mount" in shown
    assert [entry.name for entry in (directory / "mount").iterdir()] == ["python"]
    os.write(keyboard, b"\n")
    _, errors = demo.communicate(timeout=STOP_SECONDS)
    os.close(keyboard)
    os.close(terminal)
    assert (demo.returncode, errors) == (0, b"")
    assert_nothing_left(demo_directory)


ATTEMPTS = """
import os, sys
from contextlib import suppress
from pathlib import Path
from irods.exception import CAT_INVALID_AUTHENTICATION
from irods.session import iRODSSession

directory, port, secret = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
zone, mount = directory / "zone", directory / "mount"
for attempt in (
    lambda: os.listdir(directory),
    lambda: os.listdir(mount),
    lambda: (mount / "python").stat(),
    lambda: (mount / "new").write_bytes(b""),
    lambda: (directory / "new").write_bytes(b""),
    lambda: (zone / ".irodsA").read_bytes(),
    lambda: (zone / "irods_environment.json").read_bytes(),
    lambda: (zone / "catalog.sqlite").read_bytes(),
    lambda: os.listdir(zone / "vault"),
):
    with suppress(PermissionError):
        print("not refused:", attempt())
for password in ("rods", "", "irods", "password", "tempZone"):
    try:
        with iRODSSession(host="127.0.0.1", port=port, user="rods", password=password, zone="tempZone") as session:
            print("let in:", session.server_version)
    except CAT_INVALID_AUTHENTICATION:
        print("kept out")
for process in Path("/proc").glob("[0-9]*"):
    for file in (process / "cmdline", process / "environ"):
        with suppress(PermissionError, FileNotFoundError, ProcessLookupError):
            if secret in file.read_bytes() and process.name != str(os.getpid()):
                print("told:", file)
"""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """One like /tmp, where others may go and make files."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o1777)
        yield directory


def test_another_local_user_can_neither_read_nor_write_anything(start_demo: StartDemo, open_directory: Path) -> None:
    keyboard, terminal = pty.openpty()
    demo = start_demo("--files", "20", terminal=terminal, directory=open_directory)
    shown = output(demo, until=b"Press Enter")
    port = re.search(r"answers on 127.0.0.1:(\d+)", shown)
    assert port is not None
    (directory,) = open_directory.iterdir()
    password = decode((directory / "zone" / ".irodsA").read_text(), uid=os.getuid())
    with local_users() as users:
        assert users.python(STRANGER, ATTEMPTS, directory, port[1], password) == "kept out\n" * 5
    assert password not in shown
    os.write(keyboard, b"\n")
    demo.communicate(timeout=STOP_SECONDS)
    os.close(keyboard)
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(
    start_demo: StartDemo, demo_directory: Path, number: signal.Signals
) -> None:
    demo = start_demo("--exit")
    output(demo, until=b"$ cp -r")
    demo.send_signal(number)
    _, errors = demo.communicate(timeout=STOP_SECONDS)
    assert demo.returncode != 0
    assert b"Traceback" not in errors
    assert_nothing_left(demo_directory)
