"""Every call on every kind of target ends on a mount as on a local directory: same answer or errno, same result."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import MakeMount
from tests.mounts import Mount

TARGETS = [
    "file",
    "empty",
    "full",
    "missing",
    "full/file",
    "full/missing",
    "missing/below",
    "file/below",
    "full/..",
    "file/",
    "empty/",
    "missing/",
    ".",
    "n" * 255,
    "n" * 256,
    "empty/" + "n" * 256,
]
LINKS = {"to a file": "file", "to a directory": "full", "to nothing": "missing", "to itself": "to itself"}
LINKED = [*LINKS, "to a directory/file", "to nothing/below", "to itself/below", "to a directory/"]
RENAMED = ["file", "empty", "full", "missing", "full/file", "file/below", "empty/new", "full/new", "empty/", "n" * 256]
ACCESS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "both": os.O_RDWR}
OTHER = {
    "create": os.O_CREAT,
    "exclusive": os.O_CREAT | os.O_EXCL,
    "truncate": os.O_TRUNC,
    "create and truncate": os.O_CREAT | os.O_TRUNC,
    "append": os.O_APPEND,
    "directory": os.O_DIRECTORY,
    "no link": os.O_NOFOLLOW,
    "nothing": 0,
}

Call = Callable[[str], object]


def opening(flags: int) -> Call:
    def call(path: str) -> tuple[int, bytes]:
        descriptor = os.open(path, flags, 0o644)
        try:
            if flags & os.O_ACCMODE != os.O_RDONLY:
                os.write(descriptor, b"new")
            if os.path.isdir(path):
                return 0, b""
            content = os.pread(descriptor, 100, 0) if flags & os.O_ACCMODE != os.O_WRONLY else b""
            return os.fstat(descriptor).st_size, content
        finally:
            os.close(descriptor)

    return call


def allocate(path: str) -> int:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 2, 100)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


CALLS: dict[str, Call] = {
    "stat": lambda path: os.stat(path).st_mode & 0o170000,
    "mkdir": os.mkdir,
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "list": lambda path: sorted(os.listdir(path)),
    "truncate": lambda path: os.truncate(path, 3),
    "extend": lambda path: os.truncate(path, 100),
    "truncate to what is negative": lambda path: os.truncate(path, -1),
    "allocate": allocate,
    "utime": lambda path: os.utime(path, (1, 1)),
    "chmod": lambda path: os.chmod(path, 0o755 if os.path.isdir(path) else 0o644),
    "readlink": os.readlink,
    "statvfs": lambda path: os.statvfs(path).f_namemax,
    "access": lambda path: [os.access(path, mode) for mode in (os.F_OK, os.R_OK, os.W_OK, os.R_OK | os.W_OK)],
    "getxattr": lambda path: os.getxattr(path, "user.missing"),
    "removexattr": lambda path: os.removexattr(path, "user.missing"),
} | {
    f"open to {access} with {other}": opening(mode | flags)
    for (access, mode), (other, flags) in itertools.product(ACCESS.items(), OTHER.items())
}


def make_tree(root: Path) -> None:
    (root / "empty").mkdir(parents=True)
    (root / "full").mkdir()
    (root / "file").write_bytes(b"content")
    (root / "full/file").write_bytes(b"below")


def make_tree_with_links(root: Path) -> None:
    make_tree(root)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)


def state(root: Path) -> dict[str, bytes | str | None]:
    return {str(path.relative_to(root)): content_of(path) for path in root.rglob("*")}


def content_of(path: Path) -> bytes | str | None:
    if path.is_symlink():
        return os.readlink(path)
    return path.read_bytes() if path.is_file() else None


class Ground:
    """A directory with a tree that is as it was made before each call."""

    def __init__(self, directory: Path, make: Callable[[Path], None]) -> None:
        self._directory = directory
        self._make = make
        self._made = itertools.count()
        self._root = self._fresh()
        self._before = state(self._root)

    def outcome(self, call: Callable[[], object]) -> object:
        """What a call in the tree answers, or its errno, and the tree after it."""
        os.chdir(self._root)
        try:
            answer: object = call()
        except OSError as error:
            answer = errno.errorcode[error.errno or 0]
        finally:
            os.chdir("/")
        after = state(self._root)
        if after != self._before:
            shutil.rmtree(self._root)
            self._root = self._fresh()
        return answer, after

    def _fresh(self) -> Path:
        # Never the same name twice: vaults keep the directories of collections that are gone.
        root = self._directory / str(next(self._made))
        self._make(root)
        return root


def differences(
    directories: list[Path],
    calls: dict[str, Callable[[], object]],
    make: Callable[[Path], None] = make_tree,
) -> dict[str, object]:
    here = os.getcwd()
    try:
        grounds = [Ground(directory, make) for directory in directories]
        outcomes = {name: [ground.outcome(call) for ground in grounds] for name, call in calls.items()}
    finally:
        os.chdir(here)
    return {name: each for name, each in outcomes.items() if each[0] != each[1]}


def test_calls_on_one_path_end_as_on_a_local_directory(mount: Mount, tmp_path: Path) -> None:
    calls = {
        f"{name}: {target[:20]}": lambda call=call, target=target: call(target)
        for (name, call), target in itertools.product(CALLS.items(), TARGETS)
    }
    assert differences([tmp_path / "local", mount.path / "tree"], calls) == {}


def test_renames_end_as_on_a_local_directory(mount: Mount, tmp_path: Path) -> None:
    calls = {
        f"{source[:20]} to {target[:20]}": lambda source=source, target=target: os.rename(source, target)
        for source, target in itertools.product(RENAMED, RENAMED)
    }
    assert differences([tmp_path / "local", mount.path / "tree"], calls) == {}


def test_calls_on_links_end_as_on_a_local_directory(make_mount: MakeMount, tmp_path: Path) -> None:
    calls = {
        f"{name}: {target}": lambda call=call, target=target: call(target)
        for (name, call), target in itertools.product(CALLS.items(), LINKED)
    } | {
        f"{source} to {target}": lambda source=source, target=target: os.rename(source, target)
        for source, target in itertools.permutations([*LINKED, "file", "full", "new"], 2)
    }
    directories = [tmp_path / "local", make_mount("--posix-attributes").path / "tree"]
    assert differences(directories, calls, make_tree_with_links) == {}
