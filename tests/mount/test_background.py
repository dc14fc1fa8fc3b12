"""A mistake in any task of a mount ends nothing but itself: what was written is in the zone or kept, which is told."""

from __future__ import annotations

import ast
import errno
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

import irodsfs
from irodsfs.filesystem.prefetcher import AHEAD, WALK
from tests.control.sockets import connected, plainly_connected
from tests.mount import crashing
from tests.mount.crashing import BEGIN, WAIT
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.proxy import Proxy
from tests.zones import AnyZone

OPEN, QUERY = api_number["DATA_OBJ_OPEN_AN"], api_number["GEN_QUERY_AN"]
MEGABYTE = 1 << 20
PATIENCE = 60
"""Seconds in which what is promised must have happened."""

WALKED = [f"file{number:02}" for number in range(WALK + AHEAD)]
LARGE = os.urandom(16 * MEGABYTE)
LONG_LINE = {"delay": 0.02, "rate": 30e6}
"""What makes more connections worth it: seconds of a round trip, and bytes a second on each of them."""

ON_A_LONG_LINE = ["ReadAhead._work_beside", "Files._sync_waiting.<locals>.carry"]
"""Tasks that there are only where the zone is some way away."""

NOT_OF_A_MOUNT = {
    "control/web.py: server.serve": "irodsfs serve, which keeps no bytes of programs",
    "daemon.py: each": "those that are handed over to it",
    "daemon.py: _announce": "a mount that can't be announced must end: tested below",
    "grid/background.py: self._run": "all that are started in the background",
    "grid/background.py: self._run_again": "all that are kept up",
}
STARTED = {
    "grid/zone.py: pool.watch": "ConnectionPool.watch",
    "grid/pool.py: self._recover": "ConnectionPool._recover",
    "grid/optional_requests.py: run": "beside.<locals>.run",
    "catalog/catalog.py: self._bring": "Catalog._bring",
    "filesystem/prefetcher.py: self._read": "Prefetcher._read",
    "transfer/write_back.py: self._carry": "WriteBack._carry",
    "transfer/write_stream.py: self._run": "WriteStream._run",
    "transfer/reader.py: self._ahead.run": "ReadAhead.run",
    "transfer/readahead.py: self._work_beside": "ReadAhead._work_beside",
    "mount/calls.py: self._carry_out": "Calls._carry_out",
    "daemon.py: calls.watch": "Calls.watch",
    "daemon.py: control_socket": "serve_when_wanted",
    "daemon.py: beat": "beat",
    "daemon.py: collect_when_idle": "collect_when_idle",
    "daemon.py: partial(end.come_with, until_the_end.enter_context(_handled()))": "_End.come_with",
    "daemon.py: self._file_system.begin_to_finish": "FileSystem.begin_to_finish",
    "filesystem/pending_uploads.py: each.secure": "Unsaved.secure",
    "filesystem/files.py: carry": "Files._sync_waiting.<locals>.carry",
    "grid/pool.py: self.in_thread": "ConnectionPool.in_thread",
    "control/http_server.py: self._handle": "Server._handle",
    "control/streamed_responses.py: _cancel_when_gone": "_cancel_when_gone",
    "control/bodies.py: body.discard_all": "Body.discard_all",
}
"""Where tasks of a mount are started, and the kind of task that is."""

STARTING = {"start_soon", "keep_up", "serve_listeners", "spawn_system_task"}

AT_THE_END = ["FileSystem.begin_to_finish", "Unsaved.secure", "ConnectionPool.in_thread"]
KINDS = sorted({*STARTED.values()} - {*AT_THE_END})
WAITED_FOR = [
    "beside.<locals>.run",
    "Catalog._bring",
    "Prefetcher._read",
    "WriteBack._carry",
    "WriteStream._run",
    "ReadAhead.run",
    "ReadAhead._work_beside",
    "Calls._carry_out",
    "Files._sync_waiting.<locals>.carry",
]
"""Those that somebody waits for: also when they fail before they have done anything."""


def test_all_kinds_of_tasks_are_known() -> None:
    package = Path(irodsfs.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        if not file.is_relative_to(package / "sandbox"):
            where = file.relative_to(package)
            found |= {f"{where}: {task}" for task in _tasks(ast.parse(file.read_text("utf-8")))}
    assert found == STARTED.keys() | NOT_OF_A_MOUNT.keys()


def _tasks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in STARTING:
            yield ast.unparse(node.args[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_answer_requests":
            yield from map(ast.unparse, node.args[2:])  # behind the configuration, and who is told that it is ready


@pytest.fixture(scope="module")
def shared(zone_server: AnyZone) -> str:
    """A collection with what is read in the tests."""
    path = f"{zone_server.home}/shared"
    with zone_server.session() as session:
        session.collections.create(f"{path}/walked")
        for name in WALKED:
            put(session, f"{path}/walked/{name}", name.encode())
        put(session, f"{path}/large", LARGE)
        put(session, f"{path}/locked", b"before")
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a mount is told which task is to crash, and when."""
    directory = tmp_path / "crash"
    directory.mkdir()
    return directory


Start = Callable[[Path], Mount]


@pytest.fixture
def start(
    zone_server: AnyZone, shared: str, directory: Path, user_environment: dict[str, str], tmp_path: Path
) -> Iterator[Start]:
    """Mounts in a process whose tasks can be let crash."""
    with ExitStack() as stops:

        def start(environment_file: Path) -> Mount:
            mount = Mount(tmp_path / "mount", shared)
            mount.module = "tests.mount.crashing"
            stops.callback(mount.stop)
            root = str(Path(__file__).parents[2])
            env = user_environment | {"IRODSFS_CRASH": str(directory), "PYTHONPATH": root}
            options = ("--write-back", "--cache-timeout", "1", "--connections", "6")
            mount.start(environment_file, *options, env=env)
            return mount

        yield start


@pytest.fixture
def spool(user_environment: dict[str, str]) -> Path:
    return Path(user_environment["XDG_CACHE_HOME"]) / "irodsfs"


class Programs:
    """What programs do on a mount. `written` is what they have written, `told` the files of which closing failed."""

    def __init__(self, mount: Mount, shared: str, name: str) -> None:
        self.mount = mount
        self.shared = shared
        self.written: dict[str, bytes] = {}
        self.told: set[str] = set()
        self._name = name
        self._count = 0
        self._stream = -1

    def write_small(self, name: str = "") -> None:
        self._count += 1
        name = name or f"{self._name} {self._count}"
        content = f"content {self._count} of {self._name}".encode()
        for _ in range(2):  # a program that is refused something is told so, and tries once more
            with suppress(OSError):
                descriptor = os.open(self.mount.path / name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
                try:
                    os.write(descriptor, content)
                    self.written[name] = content
                finally:
                    self._close(descriptor, name)
                return
        raise AssertionError(f"{name} was refused twice")

    def rename_with_all_that_waits(self) -> None:
        self._count += 1
        directory = f"{self._name} directory {self._count}"
        names = [f"{directory}/{number}" for number in range(8)]
        (self.mount.path / directory).mkdir()
        for name in names:
            self.write_small(name)
        (self.mount.path / directory).rename(self.mount.path / f"{directory}, renamed")
        for name in names:
            self.written[name.replace("/", ", renamed/")] = self.written.pop(name)

    def begin_stream(self) -> None:
        name = f"{self._name} stream"
        self._stream = os.open(self.mount.path / name, os.O_CREAT | os.O_WRONLY)
        self.written[name] = b""
        for _ in range(12):
            self.go_on()

    def go_on(self) -> None:
        """Write a megabyte."""
        name = f"{self._name} stream"
        content = os.urandom(MEGABYTE)
        try:
            os.pwrite(self._stream, content, len(self.written[name]))
        except OSError:
            os.pwrite(self._stream, content, len(self.written[name]))
        self.written[name] += content

    def write_large(self) -> None:
        self._count += 1
        name = f"{self._name} {self._count}"
        self.written[name] = os.urandom(12 * MEGABYTE)
        descriptor = os.open(self.mount.path / name, os.O_CREAT | os.O_WRONLY)
        for start in range(0, 12 * MEGABYTE, MEGABYTE):
            os.pwrite(descriptor, self.written[name][start : start + MEGABYTE], start)
        self._close(descriptor, name)

    def end_stream(self) -> None:
        stream, self._stream = self._stream, -1
        if stream >= 0:
            self._close(stream, f"{self._name} stream")

    def _close(self, descriptor: int, name: str) -> None:
        try:
            os.close(descriptor)
        except OSError:
            self.told.add(name)

    def read_large(self) -> bytes:
        with (self.mount.path / "large").open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.read()

    def read_by_many(self) -> None:
        """More handles are read through than there are connections."""
        with ExitStack() as opened:
            for number in range(8):
                file = opened.enter_context((self.mount.path / "large").open("rb", buffering=0))
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                os.pread(file.fileno(), 4096, number * 2 * MEGABYTE)

    def walk(self) -> None:
        for name in os.listdir(self.mount.path / "walked"):
            assert (self.mount.path / "walked" / name).read_bytes() == name.encode()

    def look_for_nothing(self) -> None:
        self._count += 1
        assert not (self.mount.path / "walked" / f"missing {self._count}").exists()

    def ask(self) -> None:
        with self._socket() as control:
            control.get("/status")

    def download(self) -> None:
        with self._socket() as control:
            control.get(f"/fileContents{self.shared}/large")

    def leave_a_body(self) -> None:
        with plainly_connected(os.getxattr(self.mount.path, "irods.control").decode()) as client:
            client.sendall(b"POST /nothing HTTP/1.1\r\nHost: irods\r\nContent-Length: 10\r\n\r\n")
            client.recv(1000)

    def send_signal(self, number: signal.Signals) -> None:
        assert self.mount.process is not None
        self.mount.process.send_signal(number)

    @contextmanager
    def _socket(self) -> Iterator[httpx.Client]:
        with connected(os.getxattr(self.mount.path, "irods.control").decode()) as control:
            yield control

    def let_run(self, kind: str, moment: str) -> None:
        """Do what makes a task of a kind run."""
        by_kind: dict[str, Callable[[], object]] = {
            "ReadAhead.run": self.read_large,
            "ReadAhead._work_beside": self.read_large,
            "Calls.watch": self.read_large,
            "ConnectionPool.watch": self.read_large,
            "ConnectionPool._recover": self.read_by_many,
            "Prefetcher._read": self.walk,
            "Catalog._bring": self.walk,
            "beside.<locals>.run": self.look_for_nothing,
            "WriteBack._carry": self.write_small,
            "Calls._carry_out": self.write_small,
            "beat": self.write_small,
            "collect_when_idle": self.write_small,
            "Files._sync_waiting.<locals>.carry": self.rename_with_all_that_waits,
            "WriteStream._run": self.write_large if moment == BEGIN else self.go_on,
            "serve_when_wanted": self.ask,
            "Server._handle": self.ask,
            "_cancel_when_gone": self.download,
            "Body.discard_all": self.leave_a_body,
            "_End.come_with": lambda: self.send_signal(signal.SIGHUP),
        }
        with suppress(OSError, httpx.HTTPError):  # who waits for what crashes is told
            by_kind[kind]()


def failed(spool: Path) -> dict[str, bytes]:
    """What the zone would not take: bytes by path."""
    described = {file: json.loads(file.read_text()) for file in spool.glob("*/failed/*.json")}
    return {each["path"]: file.with_suffix("").read_bytes() for file, each in described.items()}


def check(programs: Programs, session: iRODSSession, spool: Path) -> None:
    """All that was written is in the zone, or it is kept, and programs or who unmounts are told that."""
    process, kept = programs.mount.process, failed(spool)
    assert process is not None
    for name, content in programs.written.items():
        path = f"{programs.shared}/{name}"
        if not session.data_objects.exists(path) or get(session, path) != content:
            assert kept[path] == content
            assert name in programs.told or process.returncode != 0


Scene = Callable[..., AbstractContextManager[Programs]]


@pytest.fixture
def scene(start: Start, zone_server: AnyZone, session: iRODSSession, spool: Path) -> Scene:
    """In the block a large file is being written, and a small one waits; at its end, all must be well."""

    @contextmanager
    def scene(name: str, **line: float) -> Iterator[Programs]:
        with ExitStack() as stack:
            proxy = stack.enter_context(Proxy.before(zone_server.host, zone_server.port, **line))
            mount = start((zone_server.behind(proxy.port) if line else zone_server).environment_file())
            programs = Programs(mount, mount.collection, name)
            programs.begin_stream()
            lock = session.data_objects.open(f"{mount.collection}/locked", "r+")
            stack.callback(lock.close)
            programs.write_small("locked")  # waits for the end of that
            yield programs
            lock.close()
            mount.stop()
            programs.end_stream()
        assert "Crash" in mount.log
        check(programs, session, spool)

    return scene


def go_on_as_before(programs: Programs) -> None:
    for _ in range(4):
        programs.go_on()
    programs.write_small()
    assert programs.read_large() == LARGE
    programs.walk()
    assert programs.mount.path.is_mount()
    programs.end_stream()


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_crashes_ends_nothing_but_itself(scene: Scene, directory: Path, kind: str) -> None:
    with scene(kind, **(LONG_LINE if kind in ON_A_LONG_LINE else {})) as programs:
        crashing.arm(directory, kind, WAIT)
        await_crash(programs, directory, kind, WAIT)
        go_on_as_before(programs)


def test_no_task_that_is_waited_for_keeps_anybody_waiting(scene: Scene, directory: Path) -> None:
    with scene("begin", **LONG_LINE) as programs:
        for kind in WAITED_FOR:
            crashing.arm(directory, kind, BEGIN)
            await_crash(programs, directory, kind, BEGIN)
            (directory / "crashed").unlink()
        go_on_as_before(programs)


def test_a_signal_during_the_end_interrupts_nothing(scene: Scene, directory: Path) -> None:
    with scene("end") as programs:
        go_on_as_before(programs)
        crashing.arm(directory, "_End.come_with", WAIT)
        subprocess.run(["fusermount3", "-u", programs.mount.path], check=True)
        await_crash(programs, directory, "_End.come_with", WAIT)


@pytest.mark.parametrize("kind", AT_THE_END)
def test_a_crash_at_the_end_leaves_nothing_behind(scene: Scene, directory: Path, spool: Path, kind: str) -> None:
    with scene(kind) as programs:
        crashing.arm(directory, kind, WAIT)
        programs.send_signal(signal.SIGTERM)
    assert (directory / "crashed").exists()
    assert failed(spool) == {}, "the zone has all of it"


def test_a_close_that_crashes_loses_nothing(scene: Scene, directory: Path, spool: Path) -> None:
    with scene("close") as programs:
        programs.end_stream()
        name, content = "too large to wait", os.urandom(6 * MEGABYTE)
        descriptor = os.open(programs.mount.path / name, os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, content)
        programs.written[name] = content
        crashing.arm(directory, "Calls._carry_out", WAIT)
        with fails(errno.EIO):
            os.close(descriptor)
        programs.told.add(name)
    assert failed(spool).keys() == {f"{programs.shared}/{name}"}


def test_a_small_file_that_can_not_wait_because_of_a_crash_is_in_the_zone(scene: Scene, directory: Path) -> None:
    with scene("small") as programs:
        programs.end_stream()
        descriptor = os.open(programs.mount.path / "small", os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, b"content")
        programs.written["small"] = b"content"
        crashing.arm(directory, "Calls._carry_out", WAIT)
        os.close(descriptor)


def test_a_mount_that_can_not_be_announced_ends(start: Start, directory: Path) -> None:
    crashing.arm(directory, "_announce", WAIT)
    with pytest.raises(AssertionError, match="the mount ended or said nothing"):
        start(directory)


def await_crash(programs: Programs, directory: Path, kind: str, moment: str) -> None:
    while not (directory / "crashed").exists():
        assert programs.mount.process is not None
        assert programs.mount.process.poll() is None, programs.mount.log
        programs.let_run(kind, moment)
