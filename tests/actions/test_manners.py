"""What all commands have in common: locales, terminals, full disks, Ctrl-C, logins, and what is mounted."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.conftest import CommandLine
from tests.conftest import IrodsfsCommand, MakeMount
from tests.zones import AnyZone


def test_a_terminal_shows_any_name_in_a_line_of_its_own_encoding(command: CommandLine) -> None:
    (command.mount.path / "snow\n☃é").touch()
    main, terminal = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "irodsfs", "find", "m", "--name", "snow*"],
            env=command.environment | {"PYTHONIOENCODING": "latin-1"},
            cwd=command.mount.path.parent,
            stdout=terminal,
            check=True,
        )
        assert os.read(main, 1000) == b"m/snow\\n\\u2603\xe9\r\n"
    finally:
        os.close(main)
        os.close(terminal)


@pytest.mark.parametrize(
    "arguments", [("status", "m"), ("ls", "m"), ("tree", "m"), ("info", "m"), ("ticket", "create", "m")]
)
def test_a_full_disk_is_said(command: CommandLine, arguments: tuple[str, ...]) -> None:
    (command.mount.path / "listed").touch()  # so that each of them has something to say
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "irodsfs", *arguments],
            env=command.environment,
            cwd=command.mount.path.parent,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"irodsfs: The output can't be written: No space left on device.\n")


def test_ctrl_c_ends_a_command_quietly_with_130(command: CommandLine, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "irodsfs", "find", "--files-from", pipe],
            env=command.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        pipe.open("wb"),
    ):  # which returns when the command has begun to read
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"\n")
    assert process.returncode == 130


def test_a_session_that_is_refused_is_said_in_a_line(command: CommandLine, zone_server: AnyZone) -> None:
    refused = command("find", "--zone", zone_server.environment_file(), "~", IRODSFS_PASSWORD="wrong")
    assert (refused.returncode, refused.stdout, refused.stderr.count(b"\n")) == (4, b"", 1)
    nowhere = command("ls", "--zone", "irods://alice@localhost:1/tempZone", IRODSFS_PASSWORD="wrong")
    assert (nowhere.returncode, nowhere.stderr.count(b"\n")) == (5, 1)


def test_a_logical_path_is_for_the_mount_of_the_same_account(command: CommandLine, zone_server: AnyZone) -> None:
    own = str(command.zone)
    assert command("find", command.root, IRODS_ENVIRONMENT_FILE=own, IRODSFS_PASSWORD="wrong").returncode == 0
    other = zone_server.environment_file("somebody", "wrong")
    refused = command("find", command.root, IRODS_ENVIRONMENT_FILE=str(other))
    assert refused.returncode == 4


def test_all_mounts_are_listed_dead_ones_too(irodsfs: IrodsfsCommand, make_mount: MakeMount, home: str) -> None:
    living, dead = make_mount("--read-only"), make_mount()
    assert dead.process is not None
    dead.process.kill()
    dead.process.wait()
    known = {each["mountpoint"]: each for each in json.loads(irodsfs("list", "--json").stdout)}
    running, ended = known[str(living.path)], known[str(dead.path)]
    assert (running["state"], running["collection"], running["read_only"]) == ("running", home, True)
    assert living.process is not None
    assert running["pid"] == living.process.pid
    assert (ended["state"], ended["collection"], ended["pid"]) == ("dead", home, None)
    table = irodsfs("list").stdout.splitlines()
    assert table[0].split() == ["MOUNTPOINT", "STATE", "PID", "ZONE", "COLLECTION"]
    assert all(line == line.rstrip() for line in table)
    (line,) = [line for line in table if line.startswith(f"{dead.path} ")]
    assert line.split()[1:] == ["dead", "-", "-", home]
    failed = irodsfs("ls", dead.path)
    assert (failed.returncode, failed.stderr.count("\n")) == (10, 1)
    assert "does not answer" in failed.stderr
