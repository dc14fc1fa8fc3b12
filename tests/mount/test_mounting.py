"""What is mounted, for whom, and how it is protected."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddGroup, AddUser, IrodsfsCommand, MakeMount, User
from tests.control.sockets import connected
from tests.mounts import Mount
from tests.objects import put
from tests.zones import AnyZone


@pytest.fixture
def alice(add_user: AddUser) -> User:
    """A second user, with a password."""
    return add_user(password="alice's password")


def bits(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(call: Callable[[], object]) -> int | None:
    with pytest.raises(OSError, match=r".") as failure:
        call()
    return failure.value.errno


def test_a_read_only_mount_changes_nothing(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    session.collections.create(f"{home}/directory")
    mount = make_mount("--read-only")
    file, directory = mount.path / "file", mount.path / "directory"
    assert file.read_bytes() == b"content"
    assert bits(file) == 0o444
    assert bits(directory) == 0o555
    for call in (
        lambda: (mount.path / "new").touch(),
        lambda: file.write_bytes(b"changed"),
        lambda: file.unlink(),
        lambda: file.rename(mount.path / "renamed"),
        lambda: os.truncate(file, 0),
        lambda: os.utime(file, (1, 1)),
        lambda: (mount.path / "new").mkdir(),
        lambda: directory.rmdir(),
        lambda: os.setxattr(file, "user.key", b"value"),
        lambda: os.removexattr(file, "user.key"),
    ):
        assert refused(call) == errno.EROFS
    assert sorted(os.listdir(mount.path)) == ["directory", "file"]


def test_root_shows_the_zones_and_what_is_in_them(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str
) -> None:
    put(session, f"{home}/file", b"content")
    mount = make_mount(collection="/")
    assert zone_server.zone in os.listdir(mount.path)
    assert {"home", "trash"} <= set(os.listdir(mount.path / zone_server.zone))
    assert (mount.path / home.lstrip("/") / "file").read_bytes() == b"content"
    assert refused((mount.path / "no-zone-of-this-name").mkdir) in {errno.EACCES, errno.EPERM}


def test_a_user_reaches_its_home_from_the_root(make_mount: MakeMount, zone_server: AnyZone, alice: User) -> None:
    mount = make_mount(collection="/", environment_file=zone_server.environment_file(alice.name, alice.password))
    home = mount.path / zone_server.zone / "home" / alice.name
    (home / "file").write_bytes(b"content")
    assert os.listdir(home) == ["file"]
    assert alice.name in os.listdir(mount.path / zone_server.zone / "home")
    (home / "file").unlink()


def test_mode_bits_follow_permissions(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, alice: User
) -> None:
    for level in ("read", "write", "own", "null"):
        put(session, f"{home}/{level}", b"content")
        session.collections.create(f"{home}/{level} directory")
        for path in (f"{home}/{level}", f"{home}/{level} directory"):
            session.acls.set(iRODSAccess(level, path, alice.name))
    session.acls.set(iRODSAccess("read", home, alice.name))
    mount = make_mount(environment_file=zone_server.environment_file(alice.name, alice.password))
    assert sorted(os.listdir(mount.path)) == sorted(
        f"{level}{kind}" for level in ("read", "write", "own") for kind in ("", " directory")
    )
    assert {level: bits(mount.path / level) for level in ("read", "write", "own")} == {
        "read": 0o444,
        "write": 0o644,
        "own": 0o644,
    }
    assert {level: bits(mount.path / f"{level} directory") for level in ("read", "write", "own")} == {
        "read": 0o555,
        "write": 0o755,
        "own": 0o755,
    }
    for level, may_write in (("read", False), ("write", True), ("own", True)):
        assert os.access(mount.path / level, os.R_OK)
        assert os.access(mount.path / level, os.W_OK) == may_write
        assert (mount.path / level).read_bytes() == b"content"


def test_what_is_not_permitted_fails_at_the_call(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, alice: User
) -> None:
    session.acls.set(iRODSAccess("read", home, alice.name))
    put(session, f"{home}/file", b"content")
    session.acls.set(iRODSAccess("read", f"{home}/file", alice.name))
    session.collections.create(f"{home}/directory")
    session.acls.set(iRODSAccess("read", f"{home}/directory", alice.name))
    mount = make_mount(environment_file=zone_server.environment_file(alice.name, alice.password))
    mount.expect_log("user.key .* was not changed")
    file = mount.path / "file"
    for call in (
        lambda: os.open(file, os.O_WRONLY),
        lambda: os.open(file, os.O_RDWR),
        lambda: os.open(file, os.O_WRONLY | os.O_TRUNC),
        lambda: os.open(mount.path / "new", os.O_CREAT | os.O_WRONLY),
        lambda: os.truncate(file, 0),
        lambda: os.utime(file, (1, 1)),
        lambda: file.unlink(),
        lambda: file.rename(mount.path / "renamed"),
        lambda: file.rename(mount.path / "directory/file"),
        lambda: (mount.path / "directory").rmdir(),
        lambda: (mount.path / "new").mkdir(),
        lambda: os.setxattr(file, "user.key", b"value"),
    ):
        assert refused(call) == errno.EACCES
    assert file.read_bytes() == b"content"


def test_an_open_file_that_may_not_be_unlinked_keeps_its_name(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, alice: User
) -> None:
    session.acls.set(iRODSAccess("write", home, alice.name))
    put(session, f"{home}/file", b"content")
    session.acls.set(iRODSAccess("write", f"{home}/file", alice.name))
    mount = make_mount(environment_file=zone_server.environment_file(alice.name, alice.password))
    file = mount.path / "file"
    with file.open("ab", buffering=0) as stream:
        stream.write(b" and")
        assert refused(file.unlink) == errno.EACCES
        stream.write(b" more")
    assert file.read_bytes() == b"content and more"


def test_what_the_user_may_not_see_is_missing(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, alice: User
) -> None:
    session.acls.set(iRODSAccess("read", home, alice.name))
    put(session, f"{home}/secret", b"content")
    mount = make_mount(environment_file=zone_server.environment_file(alice.name, alice.password))
    assert os.listdir(mount.path) == []
    with pytest.raises(FileNotFoundError):
        (mount.path / "secret").read_bytes()


def test_permissions_of_groups_count(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, alice: User, add_group: AddGroup
) -> None:
    readers = add_group(alice.name)
    session.acls.set(iRODSAccess("read", home, readers))
    put(session, f"{home}/file", b"content")
    session.acls.set(iRODSAccess("write", f"{home}/file", readers))
    mount = make_mount(environment_file=zone_server.environment_file(alice.name, alice.password))
    assert bits(mount.path / "file") == 0o644
    (mount.path / "file").write_bytes(b"changed")
    assert (mount.path / "file").read_bytes() == b"changed"


def test_owner_and_permission_bits_can_be_chosen(make_mount: MakeMount, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"content")
    mount = make_mount("--uid", "1234", "--gid", "4321", "--umask", "077")
    status = (mount.path / "file").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o600)


def test_chmod_and_chown_fail_where_strictness_is_wanted(make_mount: MakeMount) -> None:
    mount = make_mount("--strict-permissions")
    (mount.path / "file").touch()
    assert refused(lambda: (mount.path / "file").chmod(0o600)) == errno.EPERM
    assert refused(lambda: os.chown(mount.path / "file", 1, 1)) == errno.EPERM


@pytest.mark.administrator
@pytest.mark.parametrize(
    ("options", "age", "kept"),
    [
        ((), 2 * 3600, True),
        ((), 60, False),
        (("--trash-after", "0"), 0, True),
        (("--trash-after", "30m"), 2000, True),
        (("--trash-after", "1d"), 2 * 3600, False),
        (("--trash-after", "never"), 2 * 3600, False),
    ],
)
def test_what_is_removed_goes_to_the_trash_when_it_is_old_enough(
    make_mount: MakeMount,
    zone_server: AnyZone,
    session: iRODSSession,
    home: str,
    options: tuple[str, ...],
    age: int,
    kept: bool,
) -> None:
    for name in ("removed", "replaced"):
        put(session, f"{home}/{name}", b"content")
        created = {"dataCreate": f"{int(time.time()) - age:011}"}
        session.data_objects.modDataObjMeta({"objPath": f"{home}/{name}"}, created)
    mount = make_mount(*options)
    (mount.path / "removed").unlink()
    (mount.path / "new").write_bytes(b"new content")
    (mount.path / "new").rename(mount.path / "replaced")
    trashed = home.replace(zone_server.home, zone_server.trash)
    found = session.collections.exists(trashed) and session.collections.get(trashed).data_objects
    assert [each.name for each in found or []] == ["removed"] * kept
    assert os.listdir(mount.path) == ["replaced"]


def test_an_age_that_is_none_is_refused_naming_what_is_one(
    irodsfs: IrodsfsCommand, zone_server: AnyZone, tmp_path: Path
) -> None:
    done = irodsfs("mount", "--trash-after", "soon", zone_server.environment_file(), tmp_path)
    assert done.returncode == 3
    assert "--trash-after" in done.stderr
    assert "30m" in done.stderr


@pytest.mark.parametrize("named_by", ["option", "environment", "option before environment"])
def test_new_objects_go_to_the_resource_that_was_named(
    make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, other_resource: str, named_by: str
) -> None:
    options = ["--resource", other_resource] if "option" in named_by else []
    settings = {
        "option": {},
        "environment": {"irods_default_resource": other_resource},
        "option before environment": {"irods_default_resource": "no-resource-of-this-name"},
    }[named_by]
    mount = make_mount(*options, environment_file=zone_server.environment_file(**settings))
    (mount.path / "file").write_bytes(b"content")
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        uploaded = control.post(f"/fileContents{home}/uploaded", files={"uploadFile": b"content"})
    assert uploaded.status_code == 200, uploaded.text
    stored = [session.data_objects.get(f"{home}/{name}").replicas for name in ("file", "uploaded")]
    assert [replica.resource_name for replicas in stored for replica in replicas] == [other_resource] * 2
    for name in ("file", "uploaded"):
        (mount.path / name).unlink()


def test_the_mount_ends_while_a_file_is_open_and_keeps_what_was_written(
    mount: Mount, session: iRODSSession, home: str
) -> None:
    descriptor = os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, b"content")
    subprocess.run(["fusermount3", "-uz", mount.path], check=True)
    os.close(descriptor)
    assert mount.process is not None
    assert mount.process.wait(30) == 0
    with session.data_objects.open(f"{home}/file", "r") as stream:
        assert stream.read() == b"content"
