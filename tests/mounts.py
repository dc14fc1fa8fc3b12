"""A kernel mount for tests, served by `irodsfs mount --foreground` in a process of its own."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.control.sockets import connected
from tests.processes import Process, forked

START_SECONDS = 60
STOP_SECONDS = 60
TROUBLE = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b|Traceback")


class NotifySocket:
    """Plays the service manager: receives what the mount says through $NOTIFY_SOCKET."""

    def __init__(self) -> None:
        self.address = f"@irodsfs-test-{uuid.uuid4().hex}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:])

    def await_ready(self, process: Process) -> str:
        """What `process` said first; fails when it ends before saying anything."""
        ended = os.pidfd_open(process.pid)
        try:
            readable, _, _ = select.select([self._socket, ended], [], [], START_SECONDS)
        finally:
            os.close(ended)
        assert self._socket in readable, "the mount ended or said nothing"
        return self._socket.recv(4096).decode()

    def close(self) -> None:
        self._socket.close()


class Mount:
    """`path` is the mount point, `collection` what is mounted there."""

    def __init__(self, path: Path, collection: str) -> None:
        self.path = path
        self.collection = collection
        self.process: Process | None = None
        self._log_file = path.with_name(f"{path.name}.log")
        self._expected: list[re.Pattern[str]] = []
        self._zone: Path | str = ""
        self._env: dict[str, str] = {}
        self.module = "irodsfs"
        """What is started, with the arguments of `irodsfs`."""

    def start(self, zone: Path | str, *options: str, env: dict[str, str]) -> None:
        """Returns when the mount answers."""
        self.path.mkdir(exist_ok=True)
        self._zone, self._env = zone, env
        command = [self.module, "mount", "--foreground", "--collection", self.collection, *options, zone, self.path]
        notifications = NotifySocket()
        try:
            with self._log_file.open("ab") as log:
                env_of_mount = env | {"NOTIFY_SOCKET": notifications.address}
                self.process = forked().start(command, env=env_of_mount, out=log, err=log)
            said = notifications.await_ready(self.process)
        except AssertionError as error:
            raise AssertionError(f"{error}; its log:\n{self.log}") from None
        finally:
            notifications.close()
        assert said == "READY=1"

    def shown(self, path: str) -> Path:
        """Where the mount shows an entry of the zone."""
        return self.path / path.removeprefix(self.collection).lstrip("/")

    def kill(self) -> None:
        """Ends the process at once, as a crash does, and takes the dead mount away."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        subprocess.run(["fusermount3", "-uz", self.path], check=False, capture_output=True)

    def start_again(self, *options: str, zone: Path | str | None = None) -> None:
        """Mounts the same again, after it has ended."""
        self.start(zone or self._zone, *options, env=self._env)

    def written_back(self) -> dict[str, Any]:
        """The status of the mount when nothing waits any more."""
        with connected(os.getxattr(self.path, "irods.control").decode()) as control:
            answer: dict[str, Any] = control.get("/status", params={"wait": "true"}).json()
        return answer

    def status(self) -> dict[str, Any]:
        with connected(os.getxattr(self.path, "irods.control").decode()) as control:
            answer: dict[str, Any] = control.get("/status").json()
        return answer

    def stop(self) -> None:
        """Unmounts and waits for the process; by force when it must be."""
        assert self.process is not None
        try:
            subprocess.run(["fusermount3", "-u", self.path], check=False, capture_output=True)
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            subprocess.run(["fusermount3", "-uz", self.path], check=False, capture_output=True)
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the mount did not end; its log:\n{self.log}") from None

    def peak_memory(self) -> int:
        """The most bytes of memory that the process has had so far."""
        assert self.process is not None
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text("ascii"))
        assert found is not None
        return int(found[1]) * 1024

    @property
    def log(self) -> str:
        return self._log_file.read_text("utf-8", "replace")

    def expect_log(self, pattern: str) -> None:
        """Lines of trouble that match `pattern` are what the test is about."""
        self._expected.append(re.compile(pattern))

    def check_log(self) -> None:
        """Fails on any warning, error or traceback in the log that the test doesn't expect."""
        unexpected = [
            line
            for line in self.log.splitlines()
            if TROUBLE.search(line) and not any(pattern.search(line) for pattern in self._expected)
        ]
        assert not unexpected, f"unexpected in the log:\n{self.log}"


def fails(number: int) -> AbstractContextManager[object]:
    """A block that must fail with this errno."""
    return pytest.raises(OSError, match=rf"^\[Errno {number}\]")
