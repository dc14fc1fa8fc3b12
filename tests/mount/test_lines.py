"""Lines that die quietly: what a firewall forgets, what a server that hangs costs, and who need not wait for it."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.grid.connection import PROVEN_SECONDS
from irodsfs.mount.calls import LOOKS
from tests.conftest import IrodsfsCommand, MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import fails
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import EmbeddedZone

OPEN, QUERY = api_number["DATA_OBJ_OPEN_AN"], api_number["GEN_QUERY_AN"]
MEGABYTE = 1 << 20
PIDFD_GETFD = 438
"""The number of this system call on every machine."""

PATIENCE = 60
"""Seconds in which what comes must have come."""

PROMISED = 3.0
"""Seconds in which a call on a forgotten line succeeds on a new one."""

TIME_LIMIT = 3.0
MORE = 1.5
"""Seconds that a call may take beyond the time limit, on a machine that has other work."""

Call = Callable[[], object]


def seconds(call: Call) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def written(path: Path, content: bytes) -> int:
    """A descriptor of a new file that holds `content`, which has not been flushed."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, content)
    return descriptor


forgotten = pytest.mark.parametrize("idle", [PROVEN_SECONDS, 0.0], ids=["idle", "just used"])


def made_after_forgetting(proxy: Proxy, mount: Path, idle: float, *calls: Call) -> None:
    """Make calls side by side when all connections, several of which are idle, carry nothing any more."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: os.statvfs(mount), range(len(calls))))
        time.sleep(idle)
        proxy.forget_lines()
        took = list(threads.map(seconds, calls))
    assert max(took) < PROMISED, took


@forgotten
def test_names_are_found_and_changed_when_lines_were_forgotten(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, idle: float
) -> None:
    for name in ("renamed", "removed", "tagged"):
        session.collections.create(f"{home}/{name}")
        put(session, f"{home}/{name}/file", name.encode())
    mount = mount_through(proxy).path
    files = {name: mount / name / "file" for name in os.listdir(mount)}
    assert all(file.stat().st_size for file in files.values())
    made_after_forgetting(
        proxy,
        mount,
        idle,
        lambda: os.statvfs(mount),
        lambda: (mount / "made").mkdir(),
        lambda: files["renamed"].rename(mount / "renamed/to"),
        lambda: files["removed"].unlink(),
        lambda: os.setxattr(files["tagged"], "user.attribute", b"value"),
        lambda: os.utime(files["tagged"], (1, 1)),
    )
    assert session.collections.exists(f"{home}/made")
    assert get(session, f"{home}/renamed/to") == b"renamed"
    assert not session.data_objects.exists(f"{home}/removed/file")
    tagged = session.data_objects.get(f"{home}/tagged/file")
    assert (tagged.metadata.get_one("attribute").value, int(tagged.modify_time.timestamp())) == ("value", 1)


@forgotten
def test_what_was_written_is_brought_when_lines_were_forgotten(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, idle: float
) -> None:
    for name in ("closed", "synced", "listed"):
        session.collections.create(f"{home}/{name}")
    mount = mount_through(proxy, "--cache-timeout", "0").path
    closed, synced = (written(mount / name / "file", name.encode()) for name in ("closed", "synced"))
    with os.fdopen(synced):
        made_after_forgetting(
            proxy,
            mount,
            idle,
            lambda: os.close(closed),
            lambda: os.fsync(synced),
            lambda: os.listdir(mount / "listed"),
            lambda: (mount / "new").write_bytes(b"new"),
        )
        for path in ("closed/file", "synced/file", "new"):
            assert get(session, f"{home}/{path}") == path.partition("/")[0].encode()


@forgotten
def test_open_files_are_read_on_when_lines_were_forgotten(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str, idle: float
) -> None:
    large = os.urandom(32 * MEGABYTE)
    put(session, f"{home}/sequential", large)
    put(session, f"{home}/random", large)
    put(session, f"{home}/unopened", large)
    put(session, f"{home}/small", b"small")
    mounted = mount_through(proxy)
    mounted.expect_log("boundary: read .*ENOTCONN")  # the kernel reads on when nobody wants more
    mount = mounted.path
    assert len(os.listdir(mount)) == 4
    read: dict[str, bytes] = {}

    def open_and_read() -> None:
        with (mount / "unopened").open("rb", 0) as unopened:
            read["unopened"] = unopened.read(MEGABYTE)

    with (mount / "sequential").open("rb", 0) as sequential, (mount / "random").open("rb", 0) as random:
        assert sequential.read(3 * MEGABYTE) == large[: 3 * MEGABYTE]
        assert os.pread(random.fileno(), 10, 20 * MEGABYTE) == large[20 * MEGABYTE :][:10]
        made_after_forgetting(
            proxy,
            mount,
            idle,
            lambda: read.update(sequential=sequential.read(20 * MEGABYTE)),
            lambda: read.update(random=os.pread(random.fileno(), 10, 30 * MEGABYTE)),
            lambda: read.update(small=(mount / "small").read_bytes()),
            open_and_read,
        )
    assert read == {
        "sequential": large[3 * MEGABYTE : 23 * MEGABYTE],
        "random": large[30 * MEGABYTE :][:10],
        "small": b"small",
        "unopened": large[:MEGABYTE],
    }


def sockets_of(process: int) -> Iterator[socket.socket]:
    """Duplicates of the TCP sockets that a process has open."""
    library = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(process)
    with os.fdopen(pidfd, "rb", closefd=True):
        for descriptor in os.listdir(f"/proc/{process}/fd"):
            own = library.syscall(PIDFD_GETFD, pidfd, int(descriptor), 0)
            if own < 0:
                assert ctypes.get_errno() == errno.EBADF  # it has been closed since
                continue
            if not stat.S_ISSOCK(os.fstat(own).st_mode):
                os.close(own)
                continue
            with socket.socket(fileno=own) as found:
                if found.family in (socket.AF_INET, socket.AF_INET6):
                    yield found


@pytest.mark.parametrize("limit", [7, 60])
def test_the_kernel_looks_after_every_line_of_a_mount(
    make_mount: MakeMount, session: iRODSSession, home: str, limit: int
) -> None:
    put(session, f"{home}/large", bytes(12 * MEGABYTE))
    mount = make_mount("--timeout", str(limit))
    with (mount.path / "large").open("rb", 0) as reading, (mount.path / "new").open("wb", 0) as writing:
        reading.read(10)
        writing.write(bytes(12 * MEGABYTE))
        found = 0
        for line in sockets_of(mount.status()["pid"]):
            found += 1
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 30
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) <= 10
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == limit * 1000
        assert found >= 2


@pytest.fixture
def hang(zone_server: EmbeddedZone) -> Iterator[Call]:
    """Stops the server, as one that hangs; it goes on at the end."""
    assert zone_server.process is not None
    process = zone_server.process
    tasks = Path(f"/proc/{process.pid}/task")

    def stop() -> None:
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: all("State:\tT" in thread.read_text() for thread in tasks.glob("*/status")))

    yield stop
    process.send_signal(signal.SIGCONT)


def takes(call: Call) -> float:
    """Seconds until a call fails because the zone says nothing."""
    began = time.monotonic()
    with fails(errno.ETIMEDOUT):
        call()
    return time.monotonic() - began


def test_a_zone_that_hangs_costs_each_call_its_time_limit_once(
    make_mount: MakeMount, session: iRODSSession, home: str, hang: Call
) -> None:
    # Each in a directory of its own: Linux lets one call at a time look up or change names in one.
    for name in ("stat", "mkdir", "unlink", "rename", "getxattr", "files"):
        session.collections.create(f"{home}/{name}")
        put(session, f"{home}/{name}/file", b"content")
    put(session, f"{home}/large", os.urandom(12 * MEGABYTE))
    mount = make_mount("--cache-timeout", "0", "--timeout", str(TIME_LIMIT))
    mount.expect_log("ETIMEDOUT|ZoneTimeout|could not be written")
    closed, synced = (written(mount.path / "files" / name, b"content") for name in ("closed", "synced"))
    streamed = written(mount.path / "files/streamed", bytes(12 * MEGABYTE))
    reading = os.open(mount.path / "large", os.O_RDONLY)
    here = {each: os.open(mount.path / each, os.O_PATH) for each in os.listdir(mount.path)}
    calls: dict[str, Call] = {
        "statfs": lambda: os.statvfs(mount.path),
        "opendir": lambda: os.listdir(mount.path),
        "read": lambda: os.pread(reading, 10, 9 * MEGABYTE),
        "stat": lambda: os.stat("file", dir_fd=here["stat"]),
        "mkdir": lambda: os.mkdir("made", dir_fd=here["mkdir"]),
        "unlink": lambda: os.unlink("file", dir_fd=here["unlink"]),
        "rename": lambda: os.rename("file", "renamed", src_dir_fd=here["rename"], dst_dir_fd=here["rename"]),
        "getxattr": lambda: os.getxattr(f"/proc/self/fd/{here['getxattr']}", "user.attribute"),
        "fsync": lambda: os.fsync(synced),
        "close": lambda: os.close(closed),
        "close of a stream": lambda: os.close(streamed),
    }
    hang()
    try:
        took = {name: takes(calls[name]) for name in ("statfs", "opendir")}
        with ThreadPoolExecutor(2 * len(calls)) as threads:
            took |= dict(zip(calls, threads.map(takes, calls.values()), strict=True))
    finally:
        for descriptor in (reading, synced, *here.values()):
            with suppress(OSError):
                os.close(descriptor)
    assert max(took.values()) < TIME_LIMIT + MORE, took


def test_many_calls_that_wait_for_one_another_take_no_longer(
    make_mount: MakeMount, session: iRODSSession, home: str, hang: Call
) -> None:
    for number in range(20):
        put(session, f"{home}/{number}", b"content")
    mount = make_mount("--connections", "2", "--timeout", str(TIME_LIMIT))
    mount.expect_log("ETIMEDOUT|ZoneTimeout")
    assert len(os.listdir(mount.path)) == 20
    hang()
    with ThreadPoolExecutor(20) as threads:
        took = list(threads.map(lambda number: takes((mount.path / str(number)).read_bytes), range(20)))
    assert max(took) < TIME_LIMIT + MORE, took


def test_the_mount_recovers_when_the_zone_goes_on(make_mount: MakeMount, zone_server: EmbeddedZone, hang: Call) -> None:
    mount = make_mount("--cache-timeout", "0", "--timeout", "1")
    mount.expect_log("ETIMEDOUT|ZoneTimeout")
    hang()
    takes(lambda: os.listdir(mount.path))
    assert zone_server.process is not None
    zone_server.process.send_signal(signal.SIGCONT)
    assert os.listdir(mount.path) == []


PROGRAMS = {
    "stat": "os.stat(name)",
    "opendir": "os.listdir('.')",
    "statfs": "os.statvfs('.')",
    "open": "open(name)",
    "mkdir": "os.mkdir(name)",
    "close": "f = os.open(name, os.O_CREAT | os.O_WRONLY); os.write(f, b'content'); ready(); os.close(f)",
    "fsync": "f = os.open(name, os.O_CREAT | os.O_WRONLY); os.write(f, b'content'); ready(); os.fsync(f)",
    "end": "f = os.open(name, os.O_CREAT | os.O_WRONLY); os.write(f, b'content'); ready()",
    "read": "f = os.open('large', os.O_RDONLY); t = threading.Thread(target=os.pread, args=(f, 10, 9 << 20)); ready(); "
    "t.start(); t.join()",
}


def wait_until(call: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not call():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_until_it_waits(process: int) -> None:
    """Return when a program waits for an answer of the mount."""
    threads = Path(f"/proc/{process}/task")
    wait_until(lambda: any("request_wait" in thread.read_text() for thread in threads.glob("*/wchan")))


@contextmanager
def program(directory: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs Python `code` in a directory; continues when it is `ready`, or about to do its only call."""
    prelude = (
        "import os, signal, threading; name = f'of the program {os.getpid()}'\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "def ready():\n    print(flush=True)\n    input()\n" + ("" if "ready()" in code else "ready()\n")
    )
    started = subprocess.Popen(
        [sys.executable, "-c", prelude + code], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    try:
        started.stdout.readline()
        yield started
    finally:
        started.kill()
        started.communicate()


def go_on(started: subprocess.Popen[bytes]) -> None:
    assert started.stdin is not None
    started.stdin.write(b"\n")
    started.stdin.flush()


def leaves(started: subprocess.Popen[bytes], number: signal.Signals) -> float:
    """Seconds until a program leaves that is sent a signal."""
    began = time.monotonic()
    started.send_signal(number)
    assert started.wait(20) == -number
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((name, signal.SIGKILL) for name in PROGRAMS if name != "end"),
        ("stat", signal.SIGTERM),
        ("close", signal.SIGINT),
    ],
)
def test_a_program_that_is_killed_while_the_zone_hangs_leaves_at_once(
    make_mount: MakeMount,
    session: iRODSSession,
    home: str,
    hang: Call,
    name: str,
    number: signal.Signals,
) -> None:
    put(session, f"{home}/large", os.urandom(12 * MEGABYTE))
    mount = make_mount("--cache-timeout", "0")
    with program(mount.path, PROGRAMS[name]) as started:
        hang()
        go_on(started)
        wait_until_it_waits(started.pid)
        assert leaves(started, number) < 2


def test_what_a_killed_program_has_written_is_brought_without_it(
    make_mount: MakeMount, session: iRODSSession, home: str, zone_server: EmbeddedZone, hang: Call
) -> None:
    mount = make_mount("--cache-timeout", "0")
    assert zone_server.process is not None
    with program(mount.path, PROGRAMS["close"]) as killed, program(mount.path, PROGRAMS["end"]) as ended:
        hang()
        assert leaves(killed, signal.SIGKILL) < 2
        go_on(ended)
        wait_until_it_waits(ended.pid)
        time.sleep(4 * LOOKS)
        # One that has come to its end has its bytes in the zone when others are told of that.
        assert ended.poll() is None
        zone_server.process.send_signal(signal.SIGCONT)
        assert ended.wait(20) == 0
    assert get(session, f"{home}/of the program {ended.pid}") == b"content"
    brought = f"{home}/of the program {killed.pid}"
    wait_until(lambda: session.data_objects.exists(brought) and get(session, brought) == b"content")


def test_what_a_killed_program_has_left_open_may_be_refused(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/directory")
    mount = mount_through(proxy, "--cache-timeout", "60")
    mount.expect_log("ERROR irodsfs.mount.boundary: release")
    os.listdir(mount.path / "directory")
    stall = proxy.stall_at(QUERY)
    opening = "import os; os.open('file', os.O_CREAT | os.O_EXCL | os.O_WRONLY)"
    program = subprocess.Popen([sys.executable, "-c", opening], cwd=mount.path / "directory")
    assert stall.reached.wait(PATIENCE)
    program.kill()
    program.wait(PATIENCE)
    proxy.forget_hooks()
    proxy.cut_at(OPEN, times=1000)
    stall.release()
    wait_until(lambda: "release" in mount.log)
    proxy.forget_hooks()
    (mount.path / "directory" / "other").write_bytes(b"content")
    assert get(session, f"{home}/directory/other") == b"content"


def test_status_answers_while_the_zone_hangs(
    make_mount: MakeMount, irodsfs: IrodsfsCommand, session: iRODSSession, home: str, hang: Call
) -> None:
    for number in range(3):
        session.collections.create(f"{home}/{number}/below")
    mount = make_mount("--cache-timeout", "0", "--timeout", "10")
    mount.expect_log("ETIMEDOUT|ZoneTimeout")
    directories = [os.open(mount.path / str(number), os.O_RDONLY) for number in range(3)]
    hang()
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(takes, partial(os.listdir, here)) for here in directories]
        for path in (mount.path, mount.path / "0", mount.path / "missing"):
            began = time.monotonic()
            answer = irodsfs("status", path, "--json")
            assert json.loads(answer.stdout)["collection"] == home, answer.stderr
            assert time.monotonic() - began < 5
        assert mount.status()["mountpoint"] == str(mount.path)
        assert not any(each.done() for each in waiting)
    for directory in directories:
        os.close(directory)
