from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from irodsfs.cli.commands import COMMANDS, irodsfs
from tests.sandbox.raw import RawClient

SLOW_TO_LOAD = {"cryptography", "httpx", "irods", "lark", "pydantic", "pyfuse3", "rich", "starlette", "trio"}


def loaded(importtime: str) -> set[str]:
    """The packages outside irodsfs that `python -X importtime` reports."""
    lines = [line for line in importtime.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_listed_as_its_own_help_begins(name: str) -> None:
    command = irodsfs.get_command(click.Context(irodsfs), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").startswith(COMMANDS[name].removesuffix("."))


def test_shells_can_complete_commands_and_options() -> None:
    words = {"_IRODSFS_COMPLETE": "bash_complete", "COMP_WORDS": "irodsfs mount --read", "COMP_CWORD": "2"}
    program = Path(sys.executable).with_name("irodsfs")
    done = subprocess.run([program], env=os.environ | words, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["plain,--read-only"]


@pytest.mark.parametrize("arguments", [["--help"], ["query", "--help"], ["umount", "--help"]])
def test_help_waits_for_no_library_but_its_own(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "irodsfs", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "click" in loaded(done.stderr)
    assert not SLOW_TO_LOAD & loaded(done.stderr)


@pytest.mark.embedded_zone
def test_an_embedded_zone_lets_users_in_before_it_loads_what_only_later_requests_need(tmp_path: Path) -> None:
    program = [sys.executable, "-X", "importtime", "-m", "irodsfs"]
    (tmp_path / "password").write_text("chosen")
    command = [*program, "sandbox", "serve", "--directory", tmp_path / "zone"]
    command += ["--password-file", tmp_path / "password"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rpartition(b":")[2])
            RawClient.connected("127.0.0.1", port, "chosen").socket.close()
        finally:
            server.kill()
    packages = loaded((tmp_path / "log").read_text())
    assert {"click", "sqlite3"} <= packages
    assert not SLOW_TO_LOAD & packages
