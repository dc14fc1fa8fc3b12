"""Processes of `irodsfs` that start at once, as forks of one that has imported everything.

Starting Python and importing what a mount needs takes half a second of a processor, which a thousand mounts and zones
would pay. `python -m tests.processes DESCRIPTOR` is the process that is forked; each process of the tests has one. What
a fork runs is the program as its command line would, to the end of the interpreter; that real command lines do, too, is
for the tests in tests/cli to say.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

MODULES = ("irodsfs.cli.mount", "irodsfs.cli.sandbox", "irodsfs.daemon", "irodsfs.control.mounted")
ZONE_MODULES = ("irodsfs.sandbox.zone_server", "irodsfs.sandbox.federation.introducing")

LONGEST_REQUEST = 1 << 17


class Process:
    """A running `irodsfs`, with what `subprocess.Popen` offers of the same names."""

    def __init__(self, parent: Forked, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent = parent
        self._ended = os.pidfd_open(pid)
        self._asking = threading.Lock()

    def poll(self) -> int | None:
        return self._result(0)

    def wait(self, timeout: float | None = None) -> int:
        result = self._result(timeout)
        if result is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("irodsfs", timeout)
        return result

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _result(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], timeout)[0]:
            # A proxy's thread may have killed it, and waits, too; the parent tells the result once.
            with self._asking:
                if self.returncode is None:
                    # Until its parent has asked for the result, no other process can get the number.
                    self.returncode = self._parent.result_of(self.pid)
                    os.close(self._ended)
        return self.returncode


class Forked:
    """The process that is forked, of this one."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking = threading.Lock()
        """Held from a request to its answer: threads of the tests start and wait for processes at the same time."""
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.processes", str(other.fileno())],
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
            )

    def start(self, command: Sequence[str | Path], *, env: Mapping[str, str], out: IO[Any], err: IO[Any]) -> Process:
        """As `python -m` with these words, in the working directory of this process and without input."""
        request = {"command": [str(word) for word in command], "env": dict(env), "directory": str(Path.cwd())}
        with self._asking:
            socket.send_fds(self._socket, [json.dumps(request).encode()], [out.fileno(), err.fileno()])
            pid = self._answer()
        return Process(self, pid)

    def result_of(self, pid: int) -> int:
        """What a process that has ended has left; once for each."""
        with self._asking:
            self._socket.send(json.dumps({"ended": pid}).encode())
            return self._answer()

    def _answer(self) -> int:
        answer = self._socket.recv(LONGEST_REQUEST)
        assert answer, f"the process that is forked has ended: {self._process.wait()}"
        return int(answer)


@functools.cache
def forked() -> Forked:
    return Forked()


def serve_forks(requests: socket.socket) -> list[str] | None:
    """The command line, in each of the forks; None when nobody wants another."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 2)
        if not message:
            return None
        request = json.loads(message)
        if "ended" in request:
            _, status = os.waitpid(request["ended"], 0)
            requests.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become(request, descriptors)
            command: list[str] = request["command"]
            return command
        for descriptor in descriptors:
            os.close(descriptor)
        requests.send(str(pid).encode())


def _become(request: dict[str, Any], descriptors: Sequence[int]) -> None:
    for number, descriptor in enumerate(descriptors, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["env"])


def main() -> None:
    for module in MODULES + ZONE_MODULES:
        importlib.import_module(module)
    gc.freeze()  # so that a fork doesn't copy what it only looks through for garbage
    command = serve_forks(socket.socket(fileno=int(sys.argv[1])))
    if command is not None:
        sys.argv = command
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
