from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource
import click
from irodsfs.cli.running import run

@click.command()
def command():
    PR_GET_DUMPABLE = 3
    print(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))

run(command)
"""


@pytest.mark.parametrize("before", ["unlimited", "0"])
def test_no_command_shows_its_memory_to_anybody(before: str) -> None:
    command = ["sh", "-c", f'ulimit -S -c {before} 2>/dev/null; exec "$0" -c "$1"', sys.executable, PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "0 0 0\n"
