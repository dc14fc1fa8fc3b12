"""Random operations on a mount and on a local directory have the same results, and leave the same trees."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mounts import Mount

CHOSEN_EXAMPLES = os.environ.get("IRODSFS_MODEL_EXAMPLES")
EXAMPLES = int(CHOSEN_EXAMPLES or "5")
STEPS = 30

names = st.sampled_from(["a", "b", "c d"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
flags = st.builds(
    lambda access, others: access | sum(others),
    st.sampled_from([os.O_RDONLY, os.O_WRONLY, os.O_RDWR]),
    st.sets(st.sampled_from([os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND])),
)
offsets = st.one_of(st.integers(0, 20), st.integers(0, 10_000))
contents = st.one_of(st.binary(max_size=20), st.integers(0, 9_000).map(lambda size: b"x" * size))
seconds = st.integers(0, 2**31 - 1)


@dataclass(eq=False)
class Pair:
    """The same file open in both trees."""

    model: int
    mount: int

    def close(self) -> None:
        os.close(self.model)
        os.close(self.mount)


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def snapshot(root: Path) -> dict[str, object]:
    """Every entry below a directory, by listing and by looking it up: kind, size, content."""
    found: dict[str, object] = {}
    for directory, _, _ in os.walk(root):
        for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
            path = Path(entry.path)
            status = path.stat()
            assert entry.is_dir() == stat.S_ISDIR(status.st_mode)
            name = str(path.relative_to(root))
            found[name] = "directory" if entry.is_dir() else (status.st_size, path.read_bytes())
    return found


class Trees(RuleBasedStateMachine):
    """Each rule does one thing to both trees and expects one outcome."""

    model_root: Path
    mount_root: Path
    settle: Callable[[], object]
    session: iRODSSession
    collection: str
    foreign: bool

    handles: Bundle[Pair] = Bundle("handles")

    def __init__(self) -> None:
        super().__init__()
        name = uuid.uuid4().hex
        self.model = self.model_root / name
        self.mount = self.mount_root / name
        self.name = name
        self.model.mkdir()
        self.mount.mkdir()
        self.open_pairs: list[Pair] = []

    def both(self, call: Callable[[Path], object]) -> None:
        expected = outcome(lambda: call(self.model))
        assert outcome(lambda: call(self.mount)) == expected

    def both_handles(self, pair: Pair, call: Callable[[int], object]) -> None:
        expected = outcome(lambda: call(pair.model))
        assert outcome(lambda: call(pair.mount)) == expected

    @rule(target=handles, path=paths, flags=flags)
    def open(self, path: str, flags: int) -> object:
        opened = [outcome(lambda root=root: os.open(root / path, flags, 0o644)) for root in (self.model, self.mount)]
        if isinstance(opened[0], int) and isinstance(opened[1], int):
            pair = Pair(*opened)
            self.open_pairs.append(pair)
            return pair
        for each in opened:
            if isinstance(each, int):
                os.close(each)
        assert opened[0] == opened[1]
        return multiple()

    @rule(target=handles, pair=handles)
    def duplicate(self, pair: Pair) -> Pair:
        copy = Pair(os.dup(pair.model), os.dup(pair.mount))
        self.open_pairs.append(copy)
        return copy

    @rule(pair=consumes(handles))
    def close(self, pair: Pair) -> None:
        self.open_pairs.remove(pair)
        pair.close()

    @rule(pair=handles, content=contents)
    def write(self, pair: Pair, content: bytes) -> None:
        self.both_handles(pair, lambda handle: os.write(handle, content))

    @rule(pair=handles, offset=offsets, content=contents)
    def pwrite(self, pair: Pair, offset: int, content: bytes) -> None:
        self.both_handles(pair, lambda handle: os.pwrite(handle, content, offset))

    @rule(pair=handles, size=offsets)
    def read(self, pair: Pair, size: int) -> None:
        self.both_handles(pair, lambda handle: os.read(handle, size))

    @rule(pair=handles, offset=offsets, size=offsets)
    def pread(self, pair: Pair, offset: int, size: int) -> None:
        self.both_handles(pair, lambda handle: os.pread(handle, size, offset))

    @rule(pair=handles, offset=offsets, whence=st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]))
    def seek(self, pair: Pair, offset: int, whence: int) -> None:
        self.both_handles(pair, lambda handle: os.lseek(handle, offset, whence))

    @rule(pair=handles, size=offsets)
    def ftruncate(self, pair: Pair, size: int) -> None:
        self.both_handles(pair, lambda handle: os.ftruncate(handle, size))

    @rule(pair=handles)
    def fsync(self, pair: Pair) -> None:
        self.both_handles(pair, os.fsync)

    @rule(pair=handles, time=seconds)
    def futimens(self, pair: Pair, time: int) -> None:
        self.both_handles(pair, lambda handle: os.utime(handle, (time, time)))
        assert os.fstat(pair.mount).st_mtime == time

    @rule(path=paths, time=seconds)
    def utimens(self, path: str, time: int) -> None:
        self.both(lambda root: (os.utime(root / path, (time, time)), (root / path).stat().st_mtime))

    @rule(path=paths, size=offsets)
    def truncate(self, path: str, size: int) -> None:
        self.both(lambda root: os.truncate(root / path, size))

    @rule(path=paths)
    def mkdir(self, path: str) -> None:
        self.both(lambda root: os.mkdir(root / path))

    @rule(path=paths)
    def rmdir(self, path: str) -> None:
        self.both(lambda root: os.rmdir(root / path))

    @rule(path=paths)
    def unlink(self, path: str) -> None:
        self.both(lambda root: os.unlink(root / path))

    @rule(old=paths, new=paths)
    def rename(self, old: str, new: str) -> None:
        self.both(lambda root: os.rename(root / old, root / new))

    @rule(path=paths)
    def listing(self, path: str) -> None:
        self.both(lambda root: sorted(os.listdir(root / path)))

    @rule(path=paths, made=names, removed=names)
    def listing_during_changes(self, path: str, made: str, removed: str) -> None:
        def names_seen(root: Path) -> list[str]:
            if {made, removed} & set(os.listdir(root / path)):
                return []  # whether these are seen is up to the file system
            with os.scandir(root / path) as entries:
                first = [entry.name for entry, _ in zip(entries, range(1), strict=False)]
                (root / path / made).touch()
                (root / path / made).rename(root / path / removed)
                (root / path / removed).unlink()
                seen = [*first, *(entry.name for entry in entries)]
            assert len(seen) == len(set(seen))
            return sorted(set(seen) - {made, removed})

        self.both(names_seen)

    @rule(path=paths, contents=st.lists(contents, min_size=2, max_size=4))
    def append_from_two_handles(self, path: str, contents: list[bytes]) -> None:
        def append(root: Path) -> int:
            handles = [os.open(root / path, os.O_WRONLY | os.O_APPEND) for _ in range(2)]
            try:
                for number, content in enumerate(contents):
                    os.write(handles[number % 2], content)
                return os.fstat(handles[0]).st_size
            finally:
                for handle in handles:
                    os.close(handle)

        self.both(append)

    @rule(path=paths, value=st.sampled_from([b"one", b"two", "drei ü".encode()]))
    def attributes(self, path: str, value: bytes) -> None:
        if not (self.mount / path).exists():
            return
        os.setxattr(self.mount / path, "user.model", value)
        assert os.getxattr(self.mount / path, "user.model") == value
        assert os.listxattr(self.mount / path) == ["user.model"]
        os.removexattr(self.mount / path, "user.model")
        assert os.listxattr(self.mount / path) == []

    @precondition(lambda self: self.foreign and not self.open_pairs)
    @rule(name=names, content=contents)
    def another_client_writes(self, name: str, content: bytes) -> None:
        if (self.model / name).is_dir():
            return
        self.settle()
        with self.session.data_objects.open(f"{self.collection}/{self.name}/{name}", "w") as stream:
            stream.write(content)
        (self.model / name).write_bytes(content)

    @precondition(lambda self: self.foreign and not self.open_pairs)
    @rule(name=names)
    def another_client_removes(self, name: str) -> None:
        if (self.model / name).is_file():
            self.settle()
            self.session.data_objects.unlink(f"{self.collection}/{self.name}/{name}", force=True)
            (self.model / name).unlink()

    @invariant()
    def trees_agree(self) -> None:
        assert snapshot(self.mount) == snapshot(self.model)

    @invariant()
    def handles_agree(self) -> None:
        for pair in self.open_pairs:
            model, mount = os.fstat(pair.model), os.fstat(pair.mount)
            assert stat.S_IFMT(mount.st_mode) == stat.S_IFMT(model.st_mode)
            if stat.S_ISREG(model.st_mode):  # what a directory's size means differs from one file system to the next
                assert mount.st_size == model.st_size

    def teardown(self) -> None:
        for pair in self.open_pairs:
            pair.close()
        self.open_pairs.clear()
        assert snapshot(self.mount) == snapshot(self.model)


@pytest.mark.timeout(max(120, 20 * EXAMPLES))
@pytest.mark.parametrize("write_back", [False, True], ids=["written through", "written back"])
@pytest.mark.parametrize("foreign", [False, True], ids=["alone", "with another client"])
def test_a_mount_behaves_as_a_local_directory(
    make_mount: MakeMount, session: iRODSSession, home: str, tmp_path: Path, foreign: bool, write_back: bool
) -> None:
    mount = make_mount(*(["--cache-timeout", "0"] if foreign else []), *(["--write-back"] if write_back else []))
    (tmp_path / "model").mkdir()
    compare(mount, session, home, tmp_path / "model", foreign=foreign, write_back=write_back)


def compare(
    mount: Mount,
    session: iRODSSession,
    collection: str,
    model: Path,
    *,
    foreign: bool = False,
    write_back: bool = False,
) -> None:
    """Run the model in an empty collection that is mounted, and in an empty local directory."""

    class TreesHere(Trees):
        model_root = model
        mount_root = mount.path
        settle = staticmethod(mount.written_back if write_back else lambda: None)

    TreesHere.session, TreesHere.collection, TreesHere.foreign = session, collection, foreign
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        TreesHere,
        settings=settings(
            max_examples=-(-EXAMPLES // 2) if write_back else EXAMPLES,
            derandomize=CHOSEN_EXAMPLES is None,  # the usual run repeats itself, longer ones look for what is new
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
