from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, sys
from pathlib import Path
from irodsfs.cli.daemonize import run_in_background
from irodsfs.user_errors import IrodsfsError, AuthenticationError

def work(ready):
    {work}

try:
    run_in_background(work, Path({log!r}))
except IrodsfsError as error:
    print(error.exit_code, error.message)
else:
    print("ready")
"""


def outcome(tmp_path: Path, work: str) -> str:
    """What the process that started `work` in the background says of it."""
    program = PROGRAM.format(work=work, log=str(tmp_path / "log"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    return done.stdout


def test_returns_when_the_work_is_ready(tmp_path: Path) -> None:
    assert outcome(tmp_path, "ready()") == "ready\n"


def test_a_failure_before_is_raised_with_its_exit_status(tmp_path: Path) -> None:
    assert outcome(tmp_path, "raise AuthenticationError('no such user')") == "4 no such user\n"


def test_an_unexpected_failure_is_logged_and_the_log_is_named(tmp_path: Path) -> None:
    said = outcome(tmp_path, "raise ZeroDivisionError('oh')")
    assert said == f"1 The mount ended before it was ready (exit status 1): see {tmp_path / 'log'}.\n"
    assert "ZeroDivisionError: oh" in (tmp_path / "log").read_text()


def test_a_death_is_described(tmp_path: Path) -> None:
    assert "(signal 9)" in outcome(tmp_path, "os.kill(os.getpid(), 9)")


def test_work_that_ends_without_being_ready_is_a_failure(tmp_path: Path) -> None:
    assert "(exit status 0)" in outcome(tmp_path, "pass")


def test_the_process_is_detached_and_its_stderr_goes_to_the_log(tmp_path: Path) -> None:
    work = "sys.stderr.write(f'{os.getsid(0) == os.getpid()} {os.getcwd()} {sys.stdin.read()!r}'); print('x'); ready()"
    assert outcome(tmp_path, work) == "ready\n"
    assert (tmp_path / "log").read_text() == "True / ''"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600
