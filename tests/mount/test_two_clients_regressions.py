"""What the model of two clients has found, as short as it could be made."""

from __future__ import annotations

import errno
import os

from irods.session import iRODSSession

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
