"""What a user of the zone may do, as a mount of theirs shows it and keeps to it: at the call, never later."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddGroup, AddUser, MakeMount
from tests.mounts import Mount, fails
from tests.objects import get, put
from tests.zones import AnyZone

NOBODY = 65534
ACCESS_LEVELS = ["read", "write", "own"]


@dataclass
class Visitor:
    """A user without privileges, who mounts the administrator's collection."""

    name: str
    group: str
    mount: Mount
    session: iRODSSession
    home: str

    @property
    def path(self) -> Path:
        return self.mount.path

    def may(self, level: str, name: str = "", *, who: str | None = None) -> None:
        path = f"{self.home}/{name}".rstrip("/")
        self.session.acls.set(iRODSAccess(level, path, who or self.name, self.session.zone))

    def put(self, name: str, level: str, content: bytes = b"content") -> Path:
        with self.session.data_objects.open(f"{self.home}/{name}", "w") as stream:
            stream.write(content)
        self.may(level, name)
        return self.path / name

    def make(self, name: str, level: str) -> Path:
        self.session.collections.create(f"{self.home}/{name}")
        self.may(level, name)
        return self.path / name


@pytest.fixture
def visitor(
    add_user: AddUser,
    add_group: AddGroup,
    make_mount: MakeMount,
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
) -> Visitor:
    user = add_user()
    group = add_group(user.name)
    session.acls.set(iRODSAccess("read", home, user.name, session.zone))
    environment = zone_server.environment_file(user.name, user.password)
    mount = make_mount("--cache-timeout", "0", environment_file=environment)
    return Visitor(user.name, group, mount, session, home)


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(OSError, match=r".") as failed:
        call()
    assert failed.value.errno == errno.EACCES


def bits(path: Path) -> str:
    return stat.filemode(path.stat().st_mode)


def test_bits_and_access_follow_the_access_level(visitor: Visitor) -> None:
    for level, file_bits, directory_bits in (
        ("read", "-r--r--r--", "dr-xr-xr-x"),
        ("write", "-rw-r--r--", "drwxr-xr-x"),
        ("own", "-rw-r--r--", "drwxr-xr-x"),
    ):
        file, directory = visitor.put(f"file {level}", level), visitor.make(f"directory {level}", level)
        assert (bits(file), bits(directory)) == (file_bits, directory_bits)
        writable = level != "read"
        for path in (file, directory):
            assert os.access(path, os.R_OK)
            assert os.access(path, os.W_OK) is writable
        assert os.access(directory, os.X_OK)
        assert not os.access(file, os.X_OK)


def test_what_no_permission_names_the_user_for_is_missing(visitor: Visitor) -> None:
    visitor.put("secret", "read")
    visitor.may("null", "secret")
    assert os.listdir(visitor.path) == []
    assert not (visitor.path / "secret").exists()


@pytest.mark.parametrize("level", ACCESS_LEVELS)
def test_opening_agrees_with_access(visitor: Visitor, level: str) -> None:
    file = visitor.put("file", level)
    assert file.read_bytes() == b"content"
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        if os.access(file, os.W_OK):
            os.close(os.open(file, flags))
        else:
            refused(lambda flags=flags: os.open(file, flags))
    if level == "read":
        refused(lambda: os.truncate(file, 1))
        refused(lambda: os.utime(file, (1, 1)))
        visitor.mount.expect_log("user.key of .* was not changed")
        refused(lambda: os.setxattr(file, "user.key", b"value"))
        assert file.read_bytes() == b"content"


def test_nothing_is_made_moved_or_removed_where_only_reading_is_allowed(visitor: Visitor) -> None:
    directory = visitor.make("directory", "read")
    file = visitor.put("directory/file", "read")
    visitor.make("directory/below", "read")
    mine = visitor.make("mine", "own")
    (mine / "file").write_text("mine")
    (mine / "below").mkdir()
    for call in (
        lambda: (directory / "new").touch(),
        lambda: (directory / "new").mkdir(),
        lambda: os.rename(mine / "file", directory / "new"),
        lambda: os.rename(mine / "file", directory / "file"),
        lambda: os.rename(mine / "below", directory / "new"),
        lambda: os.rename(file, directory / "renamed"),
        lambda: os.rename(file, mine / "taken"),
        lambda: os.rename(directory / "below", mine / "taken"),
        lambda: file.unlink(),
        lambda: (directory / "below").rmdir(),
    ):
        refused(call)
    assert sorted(os.listdir(directory)) == ["below", "file"]
    assert sorted(os.listdir(mine)) == ["below", "file"]
    assert sorted(os.listdir(visitor.path)) == ["directory", "mine"]
    assert (mine / "file").read_text() == "mine"
    assert file.read_bytes() == b"content"


def test_write_permission_is_not_enough_to_remove_or_rename(visitor: Visitor) -> None:
    directory = visitor.make("directory", "write")
    file = visitor.put("directory/file", "write")
    file.write_bytes(b"changed")
    refused(lambda: file.unlink())
    refused(lambda: os.rename(file, directory / "renamed"))
    (directory / "new").write_bytes(b"new")
    refused(lambda: os.rename(directory / "new", file))
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == {"file": b"changed", "new": b"new"}
    (directory / "new").unlink()


def test_groups_and_inheritance_count(visitor: Visitor) -> None:
    visitor.session.collections.create(f"{visitor.home}/shared")
    visitor.may("write", "shared", who=visitor.group)
    visitor.session.acls.set(iRODSAccess("inherit", f"{visitor.home}/shared"))
    with visitor.session.data_objects.open(f"{visitor.home}/shared/file", "w") as stream:
        stream.write(b"content")
    visitor.session.collections.create(f"{visitor.home}/shared/below")
    shared = visitor.path / "shared"
    assert [bits(path) for path in (shared, shared / "file", shared / "below")] == [
        "drwxr-xr-x",
        "-rw-r--r--",
        "drwxr-xr-x",
    ]
    (shared / "file").write_bytes(b"changed")
    (shared / "below/new").write_bytes(b"new")
    # What is made there has the permissions of the collection, and its maker no more than these.
    refused(lambda: (shared / "below/new").rename(shared / "below/renamed"))
    visitor.may("own", "shared/below/new", who=visitor.group)
    (shared / "below/new").rename(shared / "below/renamed")
    assert os.listdir(shared / "below") == ["renamed"]


def test_a_permission_taken_away_is_seen_at_the_next_call(visitor: Visitor) -> None:
    directory, file = visitor.make("directory", "write"), visitor.put("file", "write")
    file.write_bytes(b"changed")
    visitor.may("read", "file")
    visitor.may("read", "directory")
    refused(lambda: file.write_bytes(b"again"))
    refused(lambda: (directory / "new").touch())
    assert (os.access(file, os.W_OK), os.access(directory, os.W_OK)) == (False, False)
    assert file.read_bytes() == b"changed"


def test_a_read_only_mount_refuses_every_change_at_the_call(
    make_mount: MakeMount, session: iRODSSession, home: str
) -> None:
    with session.data_objects.open(f"{home}/file", "w") as stream:
        stream.write(b"content")
    path = make_mount("--read-only").path
    for call in (
        lambda: (path / "file").write_bytes(b"x"),
        lambda: (path / "new").touch(),
        lambda: (path / "new").mkdir(),
        lambda: (path / "file").unlink(),
        lambda: (path / "file").rename(path / "new"),
        lambda: (path / "file").chmod(0o600),
        lambda: os.truncate(path / "file", 0),
        lambda: os.utime(path / "file"),
        lambda: os.setxattr(path / "file", "user.key", b"value"),
    ):
        with pytest.raises(OSError, match=r".") as failed:
            call()
        assert failed.value.errno == errno.EROFS
    assert not os.access(path / "file", os.W_OK)
    assert bits(path / "file") == "-r--r--r--"


def as_nobody(call: Callable[[], object]) -> int:
    """The errno with which a call ends in a process of a local user who owns nothing; 0 when it succeeds."""
    child = os.fork()
    if child == 0:
        status = 255
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            call()
            status = 0
        except OSError as error:
            status = error.errno or 255
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def attempts(directory: int) -> dict[str, int]:
    """What another local user may do below a directory that is open already."""
    return {
        "list": as_nobody(lambda: os.close(os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory))),
        "read": as_nobody(lambda: os.close(os.open("file", os.O_RDONLY, dir_fd=directory))),
        "write": as_nobody(lambda: os.close(os.open("file", os.O_WRONLY, dir_fd=directory))),
        "create": as_nobody(lambda: os.mkdir("new", dir_fd=directory)),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"list": errno.EACCES, "read": errno.EACCES, "write": errno.EACCES, "create": errno.EACCES}),
        (["--allow-other"], {"list": 0, "read": 0, "write": errno.EACCES, "create": errno.EACCES}),
        (["--allow-other", "--umask", "077"], dict.fromkeys(["list", "read", "write", "create"], errno.EACCES)),
        (["--allow-other", "--umask", "000"], dict.fromkeys(["list", "read", "write", "create"], 0)),
        (["--allow-other", "--uid", str(NOBODY)], dict.fromkeys(["list", "read", "write", "create"], 0)),
    ],
    ids=["alone", "others", "umask 077", "umask 000", "theirs"],
)
def test_other_local_users_are_checked(make_mount: MakeMount, options: list[str], expected: dict[str, int]) -> None:
    mount = make_mount(*options)
    (mount.path / "file").write_text("content")
    directory = os.open(mount.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert attempts(directory) == expected
    finally:
        os.close(directory)


def test_an_administrator_sees_what_others_have_with_its_own_permissions(
    add_user: AddUser, make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession
) -> None:
    user = add_user()
    theirs = user.home
    with zone_server.session(user.name, user.password) as other:
        for level in ("null", *ACCESS_LEVELS):
            path = f"{theirs}/{level}"
            other.collections.create(f"{path}-collection")
            with other.data_objects.open(path, "w") as stream:
                stream.write(b"content")
            for each in (path, f"{path}-collection"):
                other.acls.set(iRODSAccess(level, each, session.username, session.zone))
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(make_mount(collection=theirs).path)}
    files, directories = (0, 0o444, 0o644, 0o644), (0, 0o555, 0o755, 0o755)
    levels = ("null", *ACCESS_LEVELS)
    assert modes == dict(zip(levels, files, strict=True)) | {
        f"{level}-collection": mode for level, mode in zip(levels, directories, strict=True)
    }


@pytest.mark.parametrize("size", [7, 9 * 1024 * 1024])
@pytest.mark.parametrize("flags", [os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND])
def test_close_after_write_was_taken_away_is_a_matter_of_permission(
    visitor: Visitor, session: iRODSSession, home: str, size: int, flags: int
) -> None:
    put(session, f"{home}/file", b"content")
    visitor.may("write")
    visitor.may("write", "file")
    visitor.mount.expect_log(r"file (could not be written|.*CAT_NO_ACCESS|.*may not be written)")
    visitor.mount.expect_log("could not be written into the zone")
    file = os.open(visitor.path / "file", flags)
    os.write(file, b"x" * size)
    visitor.may("read", "file")
    with fails(errno.EACCES):
        os.close(file)
    if size < len(b"content") + 1:  # what is larger was on its way before
        assert get(session, f"{home}/file") == b"content"
