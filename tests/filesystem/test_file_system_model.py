"""Random operations on the file system, without a kernel, and on a local directory have the same results."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from irods.session import iRODSSession

from irodsfs.filesystem.errnos import FAILURES, errno_of
from tests.filesystem.program import File, Program, served
from tests.zones import EmbeddedZone, federated

EXAMPLES = int(os.environ.get("IRODSFS_MODEL_EXAMPLES") or 120)

paths = st.sampled_from(["a", "b", "c d", "a/a", "b/a", "b/c d", "b/a/a"])
flags = st.sets(st.sampled_from([os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND]), max_size=2).map(
    lambda chosen: sum(chosen)
)
sizes = st.one_of(st.integers(0, 20), st.integers(0, 9_000))
which = st.integers(0, 5)
second = st.integers(0, 2**31 - 1)

Operation = tuple[object, ...]

operations = st.lists(
    st.one_of(
        st.tuples(st.just("open"), paths, flags),
        st.tuples(st.just("open"), paths, st.just(os.O_CREAT)),
        st.tuples(st.just("mkdir"), paths),
        st.tuples(st.sampled_from(["rmdir", "unlink", "listdir", "stat"]), paths),
        st.tuples(st.just("rename"), paths, paths),
        st.tuples(st.just("truncate"), paths, sizes),
        st.tuples(st.just("utime"), paths, second),
        st.tuples(st.just("write"), which, sizes),
        st.tuples(st.sampled_from(["pwrite", "read"]), which, sizes, sizes),
        st.tuples(st.just("ftruncate"), which, sizes),
        st.tuples(st.sampled_from(["fsync", "close", "close"]), which),
    ),
    max_size=30,
)

BEGINNING: list[Operation] = [
    ("mkdir", "b"),
    ("open", "a", os.O_CREAT),
    ("open", "b/a", os.O_CREAT),
    ("write", 0, 100),
    ("write", 1, 30),
    ("close", 0),
]
"""So that there is something to find: a file, and an open one in a directory."""


@dataclass
class Local:
    """The same calls on a local directory."""

    root: Path

    def open(self, path: str, flags: int) -> int:
        return os.open(self.root / path, flags | os.O_RDWR, 0o644)

    def stat(self, path: str) -> object:
        status = (self.root / path).stat()
        return stat.S_IFMT(status.st_mode), status.st_size if stat.S_ISREG(status.st_mode) else None

    def utime(self, path: str, second: int) -> float:
        os.utime(self.root / path, (second, second))
        return (self.root / path).stat().st_mtime

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(self.root / path))


@dataclass
class Remote:
    """Those calls of a program on the file system whose results are told as the local ones."""

    program: Program

    async def stat(self, path: str) -> object:
        status = await self.program.stat(path)
        return stat.S_IFMT(status.st_mode), status.st_size if stat.S_ISREG(status.st_mode) else None

    async def utime(self, path: str, second: int) -> float:
        await self.program.utime(path, second * 10**9)
        return (await self.program.stat(path)).st_mtime_ns / 1e9

    async def listdir(self, path: str) -> list[str]:
        return sorted(await self.program.listdir(path))


@dataclass
class Pair:
    """Both trees, and the files that are open in both."""

    local: Local
    remote: Remote
    prefix: str
    open_files: list[tuple[int, File]] = field(default_factory=list)

    async def play(self, operation: Operation) -> None:
        kind, *arguments = operation
        if kind in ("write", "pwrite", "read", "ftruncate", "fsync", "close"):
            if self.open_files:
                await self._on_file(str(kind), *arguments)
        elif kind == "open":
            await self._open(*arguments)
        else:
            await self._on_paths(str(kind), *arguments)

    async def _open(self, path: str, flags: int) -> None:
        local = told(lambda: self.local.open(path, flags))
        remote = await told_by(self.remote.program.open, f"{self.prefix}/{path}", flags | os.O_RDWR)
        if isinstance(local, int) and isinstance(remote, File):
            self.open_files.append((local, remote))
            return
        if isinstance(local, int):
            os.close(local)
        assert remote == local

    async def _on_file(self, kind: str, number: int, *arguments: int) -> None:
        position = number % len(self.open_files)
        descriptor, file = self.open_files[position]
        program = self.remote.program
        if kind == "write":
            content = bytes([arguments[0] % 255 + 1]) * arguments[0]
            os.write(descriptor, content)
            await program.write(file, content)
        elif kind == "pwrite":
            content = bytes([arguments[1] % 255 + 1]) * arguments[1]
            os.pwrite(descriptor, content, arguments[0])
            await program.pwrite(file, arguments[0], content)
        elif kind == "read":
            assert await program.read(file, *arguments) == os.pread(descriptor, arguments[1], arguments[0])
        elif kind == "ftruncate":
            os.ftruncate(descriptor, arguments[0])
            await program.ftruncate(file, arguments[0])
        elif kind == "fsync":
            await program.fsync(file)
        else:
            del self.open_files[position]
            os.close(descriptor)
            await program.close(file)

    async def _on_paths(self, kind: str, path: str, *others: object) -> None:
        if hasattr(self.local, kind):
            expected = told(lambda: getattr(self.local, kind)(path, *others))
            assert await told_by(getattr(self.remote, kind), f"{self.prefix}/{path}", *others) == expected
            return
        below = [other if isinstance(other, int) else self.local.root / str(other) for other in others]
        remote = [other if isinstance(other, int) else f"{self.prefix}/{other}" for other in others]
        expected = told(lambda: getattr(os, kind)(self.local.root / path, *below))
        assert await told_by(getattr(self.remote.program, kind), f"{self.prefix}/{path}", *remote) == expected

    async def finish(self) -> None:
        while self.open_files:
            await self.play(("close", 0))
        assert await self._tree() == {
            str(path.relative_to(self.local.root)): None if path.is_dir() else path.read_bytes()
            for path in self.local.root.rglob("*")
        }

    async def _tree(self, below: str = "") -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        for name in await self.remote.program.listdir(f"{self.prefix}/{below}"):
            path = f"{below}/{name}".lstrip("/")
            kind, size = await self.remote.stat(f"{self.prefix}/{path}")  # type: ignore[misc]
            if kind == stat.S_IFDIR:
                found |= {path: None, **await self._tree(path)}
            else:
                file = await self.remote.program.open(f"{self.prefix}/{path}", os.O_RDONLY)
                found[path] = await self.remote.program.read(file, 0, size + 1)
                await self.remote.program.close(file)
        return found


def told(call: Callable[[], object]) -> object:
    """The result, or the name of the errno."""
    try:
        return call()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


async def told_by(call: Callable[..., object], *arguments: object) -> object:
    try:
        return await call(*arguments)  # type: ignore[misc]
    except FAILURES as error:
        return errno.errorcode[errno_of(error)]


def in_zone(session: iRODSSession, collection: str) -> dict[str, int | None]:
    """What another client finds below a collection: sizes of data objects, None for collections."""
    found: dict[str, int | None] = {}
    for each, collections, objects in session.collections.get(collection).walk():
        found |= {sub.path[len(collection) + 1 :]: None for sub in collections}
        found |= {f"{each.path}/{one.name}"[len(collection) + 1 :]: one.size for one in objects}
    return found


def in_directory(root: Path) -> dict[str, int | None]:
    return {str(path.relative_to(root)): None if path.is_dir() else path.stat().st_size for path in root.rglob("*")}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("write_back", [False, True], ids=["at once", "write-back"])
def test_it_does_what_a_local_file_system_does(
    session: iRODSSession, home: str, tmp_path: Path, *, write_back: bool
) -> None:
    compare(session, home, tmp_path, EXAMPLES, write_back=write_back)


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedZone, EmbeddedZone]]:
    with federated(tmp_path_factory.mktemp("zones")) as zones:
        yield zones


@pytest.mark.embedded_zone
@pytest.mark.timeout(600)
def test_it_does_so_in_another_zone(zones: tuple[EmbeddedZone, EmbeddedZone], tmp_path: Path) -> None:
    with zones[0].session() as session:
        foreign = f"/otherZone/home/rods#tempZone/{uuid.uuid4().hex}"
        session.collections.create(foreign)
        compare(session, foreign, tmp_path, EXAMPLES // 3, write_back=False)


def compare(session: iRODSSession, collection: str, tmp_path: Path, examples_wanted: int, *, write_back: bool) -> None:
    """Play examples on a collection and on local directories; in the end others find the same in the zone."""

    async def main() -> None:
        async with served(session, collection, tmp_path, write_back=write_back) as file_system:
            remote = Remote(Program(file_system))

            @settings(max_examples=examples_wanted, deadline=None, suppress_health_check=list(HealthCheck))
            @given(operations)
            def examples(chosen: list[Operation]) -> None:
                trio.from_thread.run(play, chosen)

            async def play(chosen: list[Operation]) -> None:
                name = uuid.uuid4().hex
                root = tmp_path / name
                root.mkdir()
                await remote.program.mkdir(name)
                pair = Pair(Local(root), remote, name)
                for operation in (*BEGINNING, *chosen):
                    await pair.play(operation)
                await pair.finish()

            await trio.to_thread.run_sync(examples)

    trio.run(main)
    local = {path: size for path, size in in_directory(tmp_path).items() if not path.startswith(("spool", "control"))}
    assert in_zone(session, collection) == local
