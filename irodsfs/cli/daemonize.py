"""Runs work in a process of its own and waits until that process says that it is ready."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from irodsfs.private_files import private_file
from irodsfs.user_errors import IrodsfsError

Ready = Callable[[], None]


class StartError(IrodsfsError):
    """What the process in the background reported, with its exit status."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc] # it stands for any of the failures


def run_in_background(work: Callable[[Ready], None], log: Path) -> None:
    """Returns when `work`, in a process of its own, calls its argument; raises StartError when it fails before.

    The process is forked here, so no thread may have been started before; stderr goes to `log`.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _become_daemon(log)
        with os.fdopen(writing, "w") as report:
            sys.exit(_work(work, report))
    os.close(writing)
    _await_report(child, reading, log)


def _become_daemon(log: Path) -> None:
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    errors = private_file(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((nowhere, 0), (nowhere, 1), (errors, 2)):
        os.dup2(source, target)
    os.close(nowhere)
    os.close(errors)


def _work(work: Callable[[Ready], None], report: IO[str]) -> int:
    def ready() -> None:
        report.write(json.dumps({"ready": True}))
        report.close()

    def fail(message: str, exit_code: int) -> int:
        if not report.closed:
            report.write(json.dumps({"message": message, "exit_code": exit_code}))
        return exit_code

    try:
        work(ready)
    except IrodsfsError as error:
        return fail(error.message, error.exit_code)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _await_report(child: int, reading: int, log: Path) -> None:
    try:
        with os.fdopen(reading) as report:
            text = report.read()
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        raise
    if not text:
        _, status = os.waitpid(child, 0)
        raise StartError(f"The mount ended before it was ready ({_describe(status)}): see {log}.", 1)
    answer = json.loads(text)
    if "ready" not in answer:
        os.waitpid(child, 0)
        raise StartError(answer["message"], answer["exit_code"])


def _describe(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit status {code}"
