"""Calls for which Linux looks a name up the first time: what they would be refused for is asked of the zone before."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from irods.api_number import api_number
from irods.session import iRODSSession

from irodsfs.mount.expectations import expected_at
from tests.conftest import MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.proxy import Proxy

RENAME_NOREPLACE = 1

Name = Callable[[str], str]
Call = Callable[[Name], object]


@pytest.fixture
def mount(make_mount: MakeMount) -> Mount:
    return make_mount("--cache-timeout", "60", "--posix-attributes")


@pytest.fixture(params=["path", "relative path"])
def name(request: pytest.FixtureRequest, mount: Mount) -> Iterator[Name]:
    """How programs name things: by a path from the root, or from where they are."""
    if request.param == "path":
        yield lambda name: f"{mount.path}/{name}"
        return
    before = Path.cwd()
    os.chdir(mount.path)
    try:
        yield lambda name: name
    finally:
        os.chdir(before)


def look_around(mount: Mount) -> None:
    """The mount lists the directory then, while Linux learns of no name in it."""
    assert not os.path.lexists(mount.path / "missing")


def file_at(session: iRODSSession, path: str) -> None:
    put(session, path, b"theirs")


def collection_at(session: iRODSSession, path: str) -> None:
    session.collections.create(path)


def remove(session: iRODSSession, path: str) -> None:
    if session.collections.exists(path):
        session.collections.remove(path, recurse=True, force=True)
    else:
        session.data_objects.unlink(path, force=True)


def rename_without_replacing(source: str, target: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(source), -100, os.fsencode(target), RENAME_NOREPLACE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def opened(path: str, flags: int) -> None:
    os.close(os.open(path, flags))


MAKING: dict[str, Call] = {
    "mkdir": lambda name: os.mkdir(name("mkdir")),
    "mkdir with a slash": lambda name: os.mkdir(name("mkdir with a slash/")),
    "mknod": lambda name: os.mknod(name("mknod"), stat.S_IFREG | 0o644),
    "symlink": lambda name: os.symlink("target", name("symlink")),
    "exclusive": lambda name: opened(name("exclusive"), os.O_CREAT | os.O_EXCL | os.O_WRONLY),
    "rename": lambda name: rename_without_replacing(name("mine"), name("rename")),
    "onto": lambda name: os.rename(name("my directory"), name("onto")),
}


@pytest.mark.parametrize("make", [file_at, collection_at])
def test_what_was_removed_elsewhere_is_in_the_way_of_nothing(
    mount: Mount, session: iRODSSession, home: str, name: Name, make: Callable[[iRODSSession, str], None]
) -> None:
    for each in MAKING:
        make(session, f"{home}/{each}")
    look_around(mount)
    (mount.path / "mine").write_bytes(b"mine")
    (mount.path / "my directory").mkdir()
    for each, call in MAKING.items():
        remove(session, f"{home}/{each}")
        call(name)
        assert os.path.lexists(mount.path / each), each


CHANGING: dict[str, Call] = {
    "unlink": lambda name: os.unlink(name("file")),
    "rmdir": lambda name: os.rmdir(name("directory")),
    "rename": lambda name: os.rename(name("file"), name("renamed")),
    "rename to the same name": lambda name: os.rename(name("file"), name("mine/file")),
    "rename of a directory": lambda name: os.rename(name("directory"), name("renamed")),
    "rename into a directory": lambda name: os.rename(name("mine/own"), name("directory/own")),
    "truncate": lambda name: os.truncate(name("file"), 2),
    "open to write": lambda name: opened(name("file"), os.O_WRONLY),
    "open to change": lambda name: opened(name("file"), os.O_RDWR),
    "create in a directory": lambda name: opened(name("directory/new"), os.O_CREAT | os.O_WRONLY),
    "mkdir in a directory": lambda name: os.mkdir(name("directory/new")),
    "chmod": lambda name: os.chmod(name("file"), 0o600),
    "chown": lambda name: os.chown(name("file"), -1, -1),
    "utime": lambda name: os.utime(name("file"), (1, 1)),
    "setxattr": lambda name: os.setxattr(name("file"), "user.name", b"value"),
    "removexattr": lambda name: os.removexattr(name("file"), "user.theirs"),
}


@pytest.mark.parametrize("believed", ["nothing", "another kind"])
def test_what_was_made_elsewhere_is_there_for_every_change(
    mount: Mount, session: iRODSSession, home: str, name: Name, believed: str
) -> None:
    for number in range(len(CHANGING)):
        session.collections.create(f"{home}/{number}/mine")
        file_at(session, f"{home}/{number}/mine/own")
        if believed == "another kind":
            collection_at(session, f"{home}/{number}/file")
            file_at(session, f"{home}/{number}/directory")
    for number, (each, call) in enumerate(CHANGING.items()):
        assert not os.path.lexists(mount.path / str(number) / "missing"), each
        for other, make in (("file", file_at), ("directory", collection_at)):
            if believed == "another kind":
                remove(session, f"{home}/{number}/{other}")
            make(session, f"{home}/{number}/{other}")
        session.data_objects.get(f"{home}/{number}/file").metadata.add("theirs", "1")
        call(lambda path, number=number: name(f"{number}/{path}"))  # type: ignore[misc]
    assert get(session, f"{home}/{list(CHANGING).index('truncate')}/file") == b"th"


def test_what_is_missing_costs_a_request_only_where_that_would_be_the_end(
    mount_through: MountThrough, proxy: Proxy, session: iRODSSession, home: str
) -> None:
    for each in ("there", "above"):
        session.collections.create(f"{home}/{each}")
    place = mount_through(proxy, "--cache-timeout", "60").path
    assert sorted(os.listdir(place)) == ["above", "there"]
    look_around_in = place / "there"
    assert not (look_around_in / "missing").exists()
    counted = proxy.count()
    (look_around_in / "new").mkdir()
    with fails(errno.ENOENT):
        os.stat(look_around_in / "missing")
    with fails(errno.ENOENT):
        (look_around_in / "missing").read_bytes()
    assert sum(counted.values()) == 1, counted
    with fails(errno.ENOENT):
        os.unlink(look_around_in / "missing")
    assert sum(counted.values()) > 1
    (place / "moved").write_bytes(b"")
    counted = proxy.count()
    subprocess.run(["mv", "moved", "there/"], cwd=place, check=True)
    assert counted[api_number["GEN_QUERY_AN"]] == 2, counted  # about AVUs that go with it, none about names


async def test_a_thread_that_is_gone_tells_nothing() -> None:
    assert await expected_at(0, "/zone/name") is None
