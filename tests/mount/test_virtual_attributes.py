"""What iRODS knows beyond POSIX is read, and some of it set, as `irods.*`."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
from operator import itemgetter
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.session import iRODSSession

from tests.conftest import AddUser, MakeMount
from tests.mount.conftest import MountThrough
from tests.mounts import Mount, fails
from tests.proxy import Proxy
from tests.zones import AnyZone

CONTENT = b"some content"
SHA2 = f"sha2:{base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()}"


def get(path: Path, name: str) -> str:
    return os.getxattr(path, f"irods.{name}").decode()


@pytest.fixture
def file(mount: Mount) -> Path:
    path = mount.path / "file"
    path.write_bytes(CONTENT)
    return path


GEN_QUERY, GRANT, GRANT_SEVERAL = 702, 707, 20005


def assert_fails(number: int, path: Path, name: str, value: bytes) -> None:
    with fails(number):
        os.setxattr(path, f"irods.{name}", value)


def assert_unset(path: Path, name: str) -> None:
    with fails(errno.ENODATA):
        get(path, name)


def test_they_tell_what_the_catalog_holds(
    file: Path, zone_server: AnyZone, session: iRODSSession, home: str, resource: str
) -> None:
    stored = session.data_objects.get(f"{home}/file")
    assert get(file, "path") == f"{home}/file"
    assert get(file, "id") == str(stored.id)
    assert get(file, "type") == "data_object"
    assert get(file.parent, "type") == "collection"
    assert get(file, "owner") == f"{zone_server.user}#{zone_server.zone}"
    assert int(get(file, "create_time")) == int(stored.create_time.timestamp())
    assert get(file, "resource") == resource
    (replica,) = json.loads(get(file, "replicas"))
    assert (replica["number"], replica["status"], replica["size"]) == (0, "good", len(CONTENT))


def test_they_are_never_listed(file: Path) -> None:
    assert os.listxattr(file) == []


def test_what_does_not_apply_or_is_unset_is_no_attribute(file: Path) -> None:
    for path, name in [(file, "checksum"), (file, "rbytes"), (file, "inherit"), (file.parent, "replicas")]:
        assert_unset(path, name)
    assert_unset(file, "nonsense")


def test_the_checksum_is_computed_and_verified_by_the_zone(file: Path, mount: Mount) -> None:
    os.setxattr(file, "irods.checksum", b"compute")
    assert get(file, "checksum") == SHA2
    os.setxattr(file, "irods.checksum", b"verify")
    mount.expect_log("setxattr .* irods.checksum")
    assert_fails(errno.EINVAL, file, "checksum", b"guess")


def test_recursive_sums_take_one_flight_for_any_depth(proxy: Proxy, mount_through: MountThrough) -> None:
    mount = mount_through(proxy, "--cache-timeout", "60")
    (mount.path / "a/b/c").mkdir(parents=True)
    for number, directory in enumerate(["a", "a/b", "a/b/c", "a/b/c"]):
        (mount.path / directory / f"f{number}").write_bytes(b"x" * 100)
    with proxy.counting_flights():
        assert get(mount.path / "a", "rbytes") == "400"
    assert proxy.flights == 1
    assert get(mount.path / "a", "rfiles") == "4"
    assert get(mount.path / "a", "rdirs") == "2"


@pytest.mark.parametrize("name", ["it's", "'it's'", "it's Bob's'", "100%_it's", "four" + 4 * "'", "a && b", "a||b"])
def test_recursive_sums_are_right_for_any_number_of_quotes(mount: Mount, name: str) -> None:
    for directory in (name, f"{name}/b", f"{name}/b/c"):
        (mount.path / directory).mkdir()
        (mount.path / directory / "file").write_bytes(b"x" * 100)
    for beside in ("plain", name.replace("%", "x") + "-beside"):
        (mount.path / beside).mkdir()
        (mount.path / beside / "file").write_bytes(b"not counted")
    top = mount.path / name
    assert [get(top, kind) for kind in ("rbytes", "rfiles", "rdirs")] == ["300", "3", "2"]


def test_permissions_are_set_as_they_are_read(
    file: Path, zone_server: AnyZone, session: iRODSSession, home: str, add_user: AddUser
) -> None:
    reader, owner = add_user().name, zone_server.owner
    may_read = {"user": reader, "zone": zone_server.zone, "type": "rodsuser", "level": "read_object"}
    wanted = sorted([may_read, owner], key=itemgetter("user"))
    os.setxattr(file, "irods.acl", json.dumps(wanted).encode())
    assert json.loads(get(file, "acl")) == wanted
    granted = {each.user_name: each.access_name for each in session.acls.get(session.data_objects.get(f"{home}/file"))}
    assert granted == {reader: "read_object", zone_server.user: "own"}
    os.setxattr(file, "irods.acl", json.dumps([owner]).encode())
    assert json.loads(get(file, "acl")) == [owner]


@pytest.mark.readable_line
def test_a_change_of_permissions_is_one_request(
    proxy: Proxy, mount_through: MountThrough, zone_server: AnyZone, add_user: AddUser
) -> None:
    mount = mount_through(proxy, "--cache-timeout", "60")
    (mount.path / "file").write_text("x")
    own, other = {"user": zone_server.user, "level": "own"}, {"user": add_user().name, "level": "read"}
    for levels, api in (
        ([own, {"user": "public", "level": "write"}], GRANT),
        ([own, {"user": "public", "level": "read"}, other], GRANT_SEVERAL),
    ):
        proxy.requests.clear()
        os.setxattr(mount.path / "file", "irods.acl", json.dumps(levels).encode())
        assert {number: count for number, count in proxy.requests.items() if number != GEN_QUERY} == {api: 1}


def test_wrong_permissions_are_refused_and_change_nothing(file: Path, mount: Mount, zone_server: AnyZone) -> None:
    mount.expect_log("setxattr .* irods.acl")
    user, nobody = zone_server.user, "nobody-of-this-name"
    before = get(file, "acl")
    for value in ("x", "{}", f'[{{"user":"{user}"}}]', f'[{{"user":"{user}","level":"master"}}]'):
        assert_fails(errno.EINVAL, file, "acl", value.encode())
    levels = json.dumps([{"user": name, "level": "own"} for name in (user, nobody)])
    assert_fails(errno.EINVAL, file, "acl", levels.encode())
    assert f"{nobody}#{zone_server.zone}" in mount.log
    assert get(file, "acl") == before


def test_who_does_not_own_an_object_can_not_change_permissions_and_the_log_says_why(
    file: Path, make_mount: MakeMount, zone_server: AnyZone, session: iRODSSession, home: str, add_user: AddUser
) -> None:
    guest = add_user()
    for path in (home, f"{home}/file"):
        session.acls.set(iRODSAccess("read", path, guest.name))
    before = get(file, "acl")
    other = make_mount(environment_file=zone_server.environment_file(guest.name, guest.password))
    other.expect_log("irods.acl of .* was not changed: CAT_NO_ACCESS_PERMISSION")
    other.expect_log("user.a of .* was not changed: CAT_NO_ACCESS_PERMISSION")
    assert get(other.path / "file", "acl") == before
    assert_fails(errno.EACCES, other.path / "file", "acl", f'[{{"user":"{guest.name}","level":"own"}}]'.encode())
    with fails(errno.EACCES):
        os.setxattr(other.path / "file", "user.a", b"1")
    assert "not allowed to modify ACLs" in other.log
    assert get(file, "acl") == before
    assert os.listxattr(file) == []


@pytest.mark.parametrize(
    "level",
    ["read_metadata", "read_object", "create_metadata", "modify_metadata", "delete_metadata", "create_object",
     "modify_object", "delete_object", "own"],
)  # fmt: skip
def test_every_level_that_the_zone_grants_is_set_as_it_is_read(file: Path, level: str, zone_server: AnyZone) -> None:
    public = {"user": "public", "zone": zone_server.zone, "type": "rodsgroup", "level": level}
    levels = sorted([public, zone_server.owner], key=itemgetter("user"))
    os.setxattr(file, "irods.acl", json.dumps(levels).encode())
    assert json.loads(get(file, "acl")) == levels


def test_inheritance_is_read_and_set(mount: Mount) -> None:
    directory = mount.path / "directory"
    directory.mkdir()
    assert get(directory, "inherit") == "false"
    os.setxattr(directory, "irods.inherit", b"true")
    assert get(directory, "inherit") == "true"


def test_all_avus_are_read_and_set_at_once(file: Path) -> None:
    os.setxattr(file, "irods.avu", b'[["a","1","u"],["a","2"],["b","3",""]]')
    assert json.loads(get(file, "avu")) == [["a", "1", "u"], ["a", "2", ""], ["b", "3", ""]]
    os.setxattr(file, "irods.avu", b"[]")
    assert os.listxattr(file) == []


def test_what_is_only_read_can_not_be_set(file: Path, mount: Mount) -> None:
    mount.expect_log("setxattr .* irods.id")
    assert_fails(errno.EPERM, file, "id", b"1")
