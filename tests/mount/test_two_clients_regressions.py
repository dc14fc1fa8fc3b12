"""What the model of two clients has found, as short as it could be made."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.mounts import Mount, fails
from tests.objects import get, put


def test_who_is_told_that_a_directory_is_there_sees_it(mount: Mount, session: iRODSSession, home: str) -> None:
    assert not os.path.lexists(mount.path / "a")
    session.collections.create(f"{home}/a")
    with fails(errno.EEXIST):
        os.mkdir(mount.path / "a")
    assert os.listdir(mount.path / "a") == []
    with fails(errno.ENODATA):
        os.getxattr(mount.path / "a", "user.name")
    with fails(errno.EISDIR):
        os.unlink(mount.path / "a")


def test_a_directory_that_was_removed_elsewhere_is_made_at_once(mount: Mount, session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/lock")
    for _ in range(3):
        with fails(errno.EEXIST):
            os.mkdir(mount.path / "lock")
        session.collections.remove(f"{home}/lock", recurse=False)
        os.mkdir(mount.path / "lock")


def test_attributes_of_what_was_removed_elsewhere_are_of_nothing(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/a", b"content")
    assert (mount.path / "a").read_bytes() == b"content"
    session.data_objects.unlink(f"{home}/a", force=True)
    with fails(errno.ENOENT):
        os.setxattr(mount.path / "a", "user.name", b"value")


def test_a_file_that_is_a_directory_now_is_renamed_as_one(mount: Mount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/a", b"content")
    assert (mount.path / "a").read_bytes() == b"content"
    session.data_objects.unlink(f"{home}/a", force=True)
    session.collections.create(f"{home}/a")
    os.rename(mount.path / "a", mount.path / "b")
    assert session.collections.exists(f"{home}/b")
    assert not session.collections.exists(f"{home}/a")


def test_what_was_emptied_replaces_all_that_others_have_written(mount: Mount, session: iRODSSession, home: str) -> None:
    file = os.open(mount.path / "a", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(file, b"first ")
    os.fsync(file)
    put(session, f"{home}/a", b"their precious bytes")
    os.write(file, b"second")
    os.close(file)
    assert get(session, f"{home}/a") == b"first second"


def test_what_is_open_stays_a_file_when_others_remove_it(mount: Mount, session: iRODSSession, home: str) -> None:
    file = os.open(mount.path / "a", os.O_RDWR | os.O_CREAT)
    os.write(file, b"content")
    os.fsync(file)
    session.data_objects.unlink(f"{home}/a", force=True)
    with fails(errno.ESTALE):
        os.utime(file, (1, 1))
    assert os.fstat(file).st_size == 7
    session.collections.create(f"{home}/a")
    assert not os.path.lexists(mount.path / "b")
    os.ftruncate(file, 0)
    assert os.fstat(file).st_size == 0
    mount.expect_log("could not be written")
    with fails(errno.EISDIR):
        os.fsync(file)
    with fails(errno.EISDIR):
        os.close(file)


def test_a_link_that_was_made_elsewhere_is_followed_by_what_makes_a_file(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    one, two = (make_mount("--posix-attributes") for _ in range(2))
    assert not os.path.lexists(two.path / "link")
    os.symlink("no/such", one.path / "link")
    with fails(errno.ENOENT):
        os.open(two.path / "link", os.O_RDONLY | os.O_CREAT)
    assert not os.path.lexists(two.path / "other")
    os.symlink("target", one.path / "other")
    (two.path / "other").write_bytes(b"content")
    assert get(session, f"{home}/target") == b"content"
    assert os.readlink(two.path / "other") == "target"


def test_a_directory_that_is_a_file_by_now_gets_the_mode_of_one(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    mount = make_mount("--posix-attributes")
    session.collections.create(f"{home}/a")
    assert (mount.path / "a").is_dir()
    session.collections.remove(f"{home}/a")
    put(session, f"{home}/a", b"content")
    os.chmod(mount.path / "a", 0o600)
    assert (mount.path / "a").stat().st_size == 7


def test_an_attribute_of_what_is_of_another_kind_by_now_is_removed(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/a")
    assert (mount.path / "a").is_dir()
    session.collections.remove(f"{home}/a")
    put(session, f"{home}/a", b"content")
    session.data_objects.get(f"{home}/a").metadata.add("name", "value")
    os.removexattr(mount.path / "a", "user.name")
    assert not session.data_objects.get(f"{home}/a").metadata.items()


def test_what_was_made_elsewhere_can_be_renamed_to_itself(mount: Mount, session: iRODSSession, home: str) -> None:
    assert os.listdir(mount.path) == []
    session.collections.create(f"{home}/a")
    os.rename(mount.path / "a", mount.path / "a")


def test_what_is_open_of_a_name_that_is_a_directory_by_now_is_closed_as_a_file(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    unchanged = os.open(mount.path / "a", os.O_RDWR | os.O_CREAT)
    os.write(unchanged, b"content")
    os.fsync(unchanged)
    changed = os.open(mount.path / "b", os.O_RDWR | os.O_CREAT)
    os.fsync(changed)
    os.write(changed, b"content")
    for name in ("a", "b"):
        session.data_objects.unlink(f"{home}/{name}", force=True)
        session.collections.create(f"{home}/{name}")
        with fails(errno.EEXIST):
            os.mkdir(mount.path / name)
    assert os.fstat(unchanged).st_size == 7
    os.close(unchanged)
    mount.expect_log("could not be written")
    with fails(errno.ESTALE):
        os.close(changed)
    session.collections.remove(f"{home}/a", recurse=False)
    os.rename(mount.path / "b", mount.path / "a")
    assert session.collections.exists(f"{home}/a")


def test_the_way_to_what_is_renamed_onto_its_own_directory_is_the_one_of_now(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    assert os.listdir(mount.path) == []
    put(session, f"{home}/file", b"content")
    with fails(errno.ENOTDIR):
        os.rename(mount.path / "file/below", mount.path / "file")
    put(session, f"{home}/other", b"content")
    with fails(errno.ENOTDIR):
        os.rename(mount.path / "other", mount.path / "other/below")


@pytest.mark.parametrize(
    "call", [os.mkdir, lambda path: os.mknod(path, 0o600 | stat.S_IFREG), lambda path: path.touch()]
)
def test_the_way_to_a_name_that_is_that_of_its_own_directory_is_the_one_of_now(
    mount: Mount, session: iRODSSession, home: str, call: Callable[[Path], object]
) -> None:
    assert not (mount.path / "a").exists()
    put(session, f"{home}/a", b"content")
    with fails(errno.ENOTDIR):
        call(mount.path / "a/a")
    assert get(session, f"{home}/a") == b"content"
