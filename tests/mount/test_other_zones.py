"""A mount at a zone that knows another one: what lies there is used through the server of our own."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import stat
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from irods.access import iRODSAccess
from irods.meta import iRODSMeta
from irods.session import iRODSSession

from tests.conftest import AddUser, MakeMount
from tests.control.sockets import connected
from tests.mount.test_model import compare
from tests.mounts import Mount, fails
from tests.zones import EmbeddedZone, federated, namesakes

pytestmark = pytest.mark.embedded_zone

THEIRS = "/otherZone/home/rods#tempZone"
OURS = "/tempZone/home/rods"


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedZone, EmbeddedZone]]:
    with federated(tmp_path_factory.mktemp("zones")) as zones:
        yield zones
        for zone in zones:
            assert "Traceback" not in zone.log, zone.log


@pytest.fixture(scope="module")
def zone_server(zones: tuple[EmbeddedZone, EmbeddedZone]) -> EmbeddedZone:
    return zones[0]


@pytest.fixture
def there(zones: tuple[EmbeddedZone, EmbeddedZone]) -> Iterator[iRODSSession]:
    """The administrator of the other zone, there."""
    with zones[1].session() as session:
        yield session


@pytest.fixture
def foreign(session: iRODSSession) -> str:
    """A new collection in our home in the other zone."""
    path: str = session.collections.create(f"{THEIRS}/{uuid.uuid4().hex}").path
    return path


@pytest.fixture
def mount(make_mount: MakeMount, foreign: str) -> Mount:
    return make_mount(collection=foreign)


def test_an_address_names_the_zone_of_the_user_where_it_is_not_that_of_the_path(
    zone_server: EmbeddedZone, foreign: str, user_environment: dict[str, str], tmp_path: Path
) -> None:
    address = f"irods://rods%23tempZone@127.0.0.1:{zone_server.port}{foreign.replace('#', '%23')}"
    mount = Mount(tmp_path / "mount", foreign)
    mount.start(address, env=user_environment | {"IRODSFS_PASSWORD": zone_server.password})
    try:
        (mount.path / "file").write_text("content")
        assert os.getxattr(mount.path / "file", "irods.owner") == b"rods#tempZone"
    finally:
        mount.stop()
    mount.check_log()


@pytest.mark.timeout(300)
def test_a_mount_of_the_other_zone_behaves_as_a_local_directory(
    mount: Mount, session: iRODSSession, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    compare(mount, session, mount.collection, tmp_path / "model")


def test_who_logs_in_at_the_other_zone_as_a_guest_is_one_there(
    make_mount: MakeMount, zones: tuple[EmbeddedZone, EmbeddedZone], session: iRODSSession, home: str, foreign: str
) -> None:
    """What is the zone of the server decides which catalog the atomic changes hit, not of which zone the user is."""
    objects = Namesakes(session, home, foreign)
    zone, other = zones
    guest = dataclasses.replace(other, zone="tempZone", password=zone.password, home=foreign, directory=zone.directory)
    mount = make_mount(collection=foreign, environment_file=guest.environment_file())
    os.setxattr(mount.path / objects.name, "irods.avu", b'[["x","1"],["y","2"],["z","3"]]')
    assert objects.avus(objects.theirs) == {("x", "1"), ("y", "2"), ("z", "3")}
    assert mode(mount.path / objects.name) == 0o644
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        text = {"query": f"select DATA_ID where DATA_NAME = '{objects.name}'"}
        assert len(control.post("/query", json=text).json()["row"]) == 1
    objects.check()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_programs_work_on_what_lies_in_the_other_zone(mount: Mount, session: iRODSSession) -> None:
    program = """
        mkdir -p a/b && echo one > a/b/f && echo two >> a/b/f && cp a/b/f a/g && mv a/g g && truncate -s 3 g
        touch -d 2020-01-01 g && tar cf t.tar a && rm -r a && tar xf t.tar && diff - a/b/f
        dd if=/dev/zero of=large bs=1M count=9 status=none && cmp -n 9437184 large /dev/zero
    """
    done = subprocess.run(
        ["bash", "-ec", program], cwd=mount.path, input="one\ntwo\n", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with session.data_objects.open(f"{mount.collection}/g", "r") as file:
        assert file.read() == b"one"
    assert session.data_objects.get(f"{mount.collection}/large").size == 9 << 20


def test_permission_bits_are_those_of_the_user_in_the_other_zone(
    mount: Mount, session: iRODSSession, there: iRODSSession
) -> None:
    path = f"{mount.collection}/object"
    session.data_objects.create(path)
    assert (mode(mount.path), mode(mount.path / "object")) == (0o755, 0o644)
    there.acls.set(iRODSAccess("read", path, "rods", "tempZone"), admin=True)
    mount.stop()
    mount.start_again()
    assert mode(mount.path / "object") == 0o444
    assert not os.access(mount.path / "object", os.W_OK)
    with fails(errno.EACCES):
        (mount.path / "object").open("w")


def test_permissions_of_groups_there_count_there(make_mount: MakeMount, there: iRODSSession) -> None:
    public = f"/otherZone/home/public/{uuid.uuid4().hex}"
    there.collections.create(public)
    there.acls.set(iRODSAccess("write", public, "public", "otherZone"))
    mount = make_mount(collection=public)
    assert mode(mount.path) == 0o755
    (mount.path / "file").write_text("written by one of the group")
    assert there.data_objects.get(f"{public}/file").owner_zone == "tempZone"


def test_the_home_in_the_other_zone_is_found_by_walking_from_the_root(make_mount: MakeMount, foreign: str) -> None:
    mount = make_mount(collection="/")
    assert sorted(os.listdir(mount.path)) == ["otherZone", "tempZone"]
    assert sorted(os.listdir(mount.path / "otherZone")) == ["home", "trash"]
    assert "rods#tempZone" in os.listdir(mount.path / "otherZone/home")
    (mount.path / foreign[1:] / "file").write_text("reached")
    found = subprocess.run(["find", mount.path / foreign[1:], "-type", "f"], capture_output=True, text=True, check=True)
    assert found.stdout == f"{mount.path}{foreign}/file\n"
    assert not (mount.path / "otherZone/nothing").exists()
    assert not (mount.path / "thirdZone/home").exists()
    with fails(errno.EACCES):
        (mount.path / "otherZone/home/mine").mkdir()


def test_nothing_is_renamed_from_one_zone_to_the_other(make_mount: MakeMount, foreign: str, home: str) -> None:
    mount = make_mount(collection="/")
    ours, theirs = mount.path / home[1:] / "file", mount.path / foreign[1:] / "file"
    ours.write_text("content")
    with fails(errno.EXDEV):
        ours.rename(theirs)
    with fails(errno.EXDEV):
        ours.parent.rename(theirs)
    subprocess.run(["mv", ours, theirs], check=True)
    assert theirs.read_text() == "content"
    assert not ours.exists()


class Namesakes:
    """A data object of the other zone with an AVU, and one of ours that has the same id and must stay as it is."""

    def __init__(self, session: iRODSSession, home: str, foreign: str) -> None:
        self._session = session
        self.ours, self.theirs = namesakes(session, home, foreign)
        self.name = self.theirs.rpartition("/")[2]
        for path in (self.ours, self.theirs):
            with session.data_objects.open(path, "w") as file:
                file.write(b"content")
            session.data_objects.get(path).metadata.add("kept", "value")
        self._before = self._all_of_ours()

    def avus(self, path: str) -> set[tuple[str, str]]:
        return {(avu.name, avu.value) for avu in self._session.data_objects.get(path).metadata.items()}

    def check(self) -> None:
        assert self._all_of_ours() == self._before

    def _all_of_ours(self) -> tuple[object, ...]:
        found = self._session.data_objects.get(self.ours)
        with found.open("r") as file:
            content = file.read()
        acls = {(each.user_name, each.user_zone, each.access_name) for each in self._session.acls.get(found)}
        return found.id, content, found.modify_time, self.avus(self.ours), acls


@pytest.fixture
def objects(session: iRODSSession, home: str, foreign: str) -> Iterator[Namesakes]:
    objects = Namesakes(session, home, foreign)
    yield objects
    objects.check()


def acl(path: Path) -> set[tuple[str, str, str]]:
    granted = json.loads(os.getxattr(path, "irods.acl"))
    return {(each["user"], each["zone"], each["level"]) for each in granted}


def test_extended_attributes_are_avus_there_and_nowhere_else(mount: Mount, objects: Namesakes) -> None:
    file = mount.path / objects.name
    os.setxattr(file, "user.a", b'[["1",""],["2","units"]]')
    os.setxattr(file, "user.b", b"1")
    os.setxattr(file, "user.b", b"2")
    os.removexattr(file, "user.kept")
    assert objects.avus(objects.theirs) == {("a", "1"), ("a", "2"), ("b", "2")}
    os.setxattr(file, "irods.avu", b'[["x","1"],["y","2"],["z","3"]]')
    assert objects.avus(objects.theirs) == {("x", "1"), ("y", "2"), ("z", "3")}


def test_permissions_are_set_there_and_nowhere_else(mount: Mount, objects: Namesakes) -> None:
    file = mount.path / objects.name
    own = {"user": "rods", "zone": "tempZone", "level": "own"}
    others = [{"user": name, "zone": "otherZone", "level": "read"} for name in ("rods", "public")]
    os.setxattr(file, "irods.acl", json.dumps([own, *others]).encode())
    assert acl(file) == {
        ("rods", "tempZone", "own"),
        ("rods", "otherZone", "read_object"),
        ("public", "otherZone", "read_object"),
    }
    os.setxattr(file, "irods.acl", json.dumps([own]).encode())
    assert acl(file) == {("rods", "tempZone", "own")}


@pytest.mark.parametrize("size", [10, 5 << 20])
def test_what_replaces_a_file_there_gets_its_avus_and_permissions(
    mount: Mount, objects: Namesakes, session: iRODSSession, size: int
) -> None:
    file = mount.path / objects.name
    for number in range(3):
        session.data_objects.get(objects.theirs).metadata.add(iRODSMeta(f"a{number}", "1"))
    for user in ("rods", "public"):
        session.acls.set(iRODSAccess("read", objects.theirs, user, "otherZone"))
    (mount.path / "new").write_bytes(b"x" * size)
    (mount.path / "new").rename(file)
    assert file.stat().st_size == size
    assert objects.avus(objects.theirs) == {("kept", "value"), ("a0", "1"), ("a1", "1"), ("a2", "1")}
    assert {user for user, _, _ in acl(file)} == {"rods", "public"}


def test_the_control_socket_changes_what_lies_there_and_nothing_else(mount: Mount, objects: Namesakes) -> None:
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        url = f"/dataObject{objects.theirs}".replace("#", "%23")
        avus = [{"attribute": "a", "value": str(number), "unit": ""} for number in range(2)]
        answer = control.put(f"{url}/metadata", json={"metadataEntries": avus})
        assert answer.status_code == 200, answer.text
        assert control.put(f"{url}/acl/public,otherZone", params={"permission": "READ"}).status_code in (200, 204)
        listed = control.get(f"{url}/acl").json()["permissionEntries"]
    assert objects.avus(objects.theirs) == {("kept", "value"), ("a", "0"), ("a", "1")}
    assert {each["userName"] for each in listed} == {"rods", "public"}


@pytest.fixture
def control(mount: Mount) -> Iterator[httpx.Client]:
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        yield control


def test_queries_go_to_the_zone_that_is_named(control: httpx.Client, mount: Mount) -> None:
    name = mount.collection.rpartition("/")[2]
    text = {"query": f"select COLL_NAME where COLL_NAME like '%{name}'"}
    select = {"select": [{"value": "COLL_ID"}]}
    by_path = [{"column": "COLL_NAME", "operator": "EQUAL", "value": mount.collection}]
    by_name = [{"column": "COLL_NAME", "operator": "LIKE", "value": f"%{name}"}]
    specific = {"alias": "ls", "argument": []}

    def found(route: str, document: dict[str, object]) -> int:
        answer = control.post(route, json=document)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["row"])

    assert [found("/query", text), found("/query", text | {"zone": "otherZone"})] == [0, 1]
    assert found("/genQuery", select | {"condition": by_path}) == 1
    assert [found("/genQuery", {**select, "condition": by_name, **zone}) for zone in ({}, {"zone": "otherZone"})] == [
        0,
        1,
    ]
    assert found("/specificQuery", specific | {"zone": "otherZone"}) > 0
    for route, document in (("/query", text), ("/genQuery", select), ("/specificQuery", specific)):
        refused = control.post(route, json=document | {"zone": "thirdZone"})
        assert (refused.status_code, refused.json()["field"]) == (400, "zone"), refused.text


def test_rules_run_in_the_zone_that_is_named(control: httpx.Client) -> None:
    def run(zone: str | None) -> str:
        text = "r { msiGetSystemTime(*t, 'human'); foreach(*row in select ZONE_NAME where ZONE_TYPE = 'local') {"
        text += " writeLine('stdout', *row.ZONE_NAME); } }\nOUTPUT ruleExecOut"
        answer = control.post("/rule", json={"ruleAsOriginalText": text} | ({"zone": zone} if zone else {}))
        assert answer.status_code == 200, answer.text
        return "".join(each["resultObject"] for each in answer.json()["outputParameterResults"])

    assert [run(zone).strip() for zone in (None, "tempZone", "otherZone")] == ["tempZone", "tempZone", "otherZone"]
    refused = control.post("/rule", json={"ruleAsOriginalText": "r { }", "zone": "thirdZone"})
    assert (refused.status_code, refused.json()["field"]) == (400, "zone")


def test_checksums_are_those_of_the_other_zone(mount: Mount, session: iRODSSession) -> None:
    (mount.path / "file").write_text("content")
    os.setxattr(mount.path / "file", "irods.checksum", b"compute")
    assert os.getxattr(mount.path / "file", "irods.checksum").startswith(b"sha2:")
    assert session.data_objects.get(f"{mount.collection}/file").checksum.startswith("sha2:")


def test_tickets_for_what_lies_in_another_zone_are_refused(control: httpx.Client, mount: Mount) -> None:
    for path in (mount.collection, "/otherZone"):
        answer = control.post("/ticket", json={"mode": "read", "object_path": path})
        assert (answer.status_code, answer.json()["field"]) == (400, "object_path"), answer.text
        assert "another zone" in answer.text
    assert control.get("/listAllTickets").json()["ticket"] == []


def test_copies_are_made_in_other_zones_and_moves_are_refused(control: httpx.Client, mount: Mount, home: str) -> None:
    (mount.path / "file").write_text("content")
    url = f"/dataObject{mount.collection}/file".replace("#", "%23")
    moved = control.post(f"{url}/move", params={"target": f"{home}/moved"})
    assert (moved.status_code, moved.json()["field"]) == (400, "target"), moved.text
    copied = control.post(f"{url}/copy", params={"target": f"{home}/copied"})
    assert (copied.status_code, copied.json()["dataSize"]) == (201, 7), copied.text


AWAY = r"EHOSTUNREACH|lost the server behind it"


def change_all(there: Path) -> None:
    """All kinds of calls in a directory that holds `kept`."""
    assert (there / "kept").read_text() == "content"
    (there / "made").write_text("new")
    (there / "kept").write_text("changed")
    with (there / "kept").open("a") as file:
        file.write(", and more")
    (there / "directory").mkdir()
    (there / "made").rename(there / "directory/moved")
    os.setxattr(there / "kept", "user.a", b"1")
    os.utime(there / "kept", (1, 1))
    (there / "directory/moved").unlink()
    (there / "directory").rmdir()
    assert sorted(os.listdir(there)) == ["kept"]
    assert (there / "kept").read_text() == "changed, and more"
    assert os.getxattr(there / "kept", "user.a") == b"1"
    (there / "kept").write_text("content")


@pytest.mark.parametrize("options", [(), ("--cache-timeout", "0")])
def test_links_between_servers_that_broke_are_not_seen(
    make_mount: MakeMount, zones: tuple[EmbeddedZone, EmbeddedZone], foreign: str, options: tuple[str, ...]
) -> None:
    """A connection whose server has lost the other zone never gets it back: the pool must not go on with it."""
    mount = make_mount(*options, collection="/")
    mount.expect_log(AWAY)
    there = mount.path / foreign[1:]
    (there / "kept").write_text("content")
    change_all(there)
    for _ in range(2):
        zones[1].kill()
        zones[1].start()
        change_all(there)


CALLS: list[Callable[[Path], object]] = [
    lambda there: (there / "made").mkdir(),
    lambda there: (there / "kept").unlink(),
    lambda there: (there / "kept").rename(there / "other"),
    lambda there: (there / "made").write_text("new"),
    lambda there: (there / "kept").write_text("new"),
    lambda there: (there / "empty").rmdir(),
    lambda there: os.setxattr(there / "kept", "user.a", b"1"),
    lambda there: os.utime(there / "kept", (1, 1)),
    lambda there: os.truncate(there / "kept", 3),
    lambda there: os.listdir(there / "empty"),
    lambda there: (there / "kept").read_text(),
]


def test_each_call_is_sent_again_when_the_link_broke(
    make_mount: MakeMount, zones: tuple[EmbeddedZone, EmbeddedZone], foreign: str, session: iRODSSession
) -> None:
    for number in range(len(CALLS)):
        top = f"{foreign}/{number}"
        session.collections.create(f"{top}/empty")
        with session.data_objects.open(f"{top}/kept", "w") as file:
            file.write(b"content")
    session.cleanup()
    mount = make_mount("--connections", "1", collection=foreign)
    mount.expect_log(AWAY)
    for number, call in enumerate(CALLS):
        os.listdir(mount.path / str(number))
        zones[1].kill()
        zones[1].start()
        call(mount.path / str(number))


def test_our_zone_goes_on_while_the_other_one_is_away(
    make_mount: MakeMount, zones: tuple[EmbeddedZone, EmbeddedZone], foreign: str, home: str
) -> None:
    mount = make_mount("--cache-timeout", "0", collection="/")
    mount.expect_log(AWAY)
    there, here = mount.path / foreign[1:], mount.path / home[1:]
    (there / "kept").write_text("content")
    (here / "kept").write_text("content")
    zones[1].kill()
    try:
        for call in (os.listdir, os.stat):
            with fails(errno.EHOSTUNREACH):
                call(there)
        with fails(errno.EHOSTUNREACH):
            (there / "kept").read_text()
        with fails(errno.EHOSTUNREACH):
            (there / "made").write_text("new")
        change_all(here)
        assert sorted(os.listdir(mount.path)) == ["otherZone", "tempZone"]
    finally:
        zones[1].start()
    change_all(there)


def test_df_shows_what_a_quota_in_the_zone_of_the_mount_leaves(
    make_mount: MakeMount, foreign: str, there: iRODSSession
) -> None:
    there.groups.create("limited")
    there.groups.addmember("limited", "rods", "tempZone")
    there.groups.set_quota("limited", 40960)
    shown = os.statvfs(make_mount(collection=foreign).path)
    assert shown.f_blocks * shown.f_bsize == 40960
    there.groups.remove("limited")


def test_the_resource_of_the_environment_is_one_of_its_own_zone(
    make_mount: MakeMount, zone_server: EmbeddedZone, session: iRODSSession, there: iRODSSession, foreign: str
) -> None:
    for each, name in ((session, "ours"), (there, "theirs")):
        host = each.resources.get("demoResc").location
        each.resources.create(name, "unixfilesystem", host, f"/tmp/irodsfs-tests-{uuid.uuid4().hex}")
    mount = make_mount(collection=foreign, environment_file=zone_server.environment_file(irods_default_resource="ours"))
    (mount.path / "file").write_text("content")
    with (mount.path / "large").open("wb") as file:
        file.write(b"x" * (9 << 20))
    chosen = make_mount("--resource", "theirs", collection=foreign)
    (chosen.path / "chosen").write_text("content")
    resources = [os.getxattr(chosen.path / name, "irods.resource") for name in ("file", "large", "chosen")]
    assert resources == [b"demoResc", b"demoResc", b"theirs"]


def test_a_silent_zone_costs_a_call_one_time_limit_and_ours_goes_on(
    make_mount: MakeMount, zones: tuple[EmbeddedZone, EmbeddedZone], foreign: str, home: str
) -> None:
    mount = make_mount("--timeout", "3", "--cache-timeout", "0", collection="/")
    mount.expect_log(r"ETIMEDOUT|did not answer in time")
    there, here = mount.path / foreign[1:], mount.path / home[1:]
    (there / "kept").write_text("content")
    (here / "kept").write_text("content")
    assert zones[1].process is not None
    zones[1].process.send_signal(signal.SIGSTOP)
    try:
        for call in (os.listdir, lambda there: (there / "made").mkdir()):
            began = time.monotonic()
            with fails(errno.ETIMEDOUT):
                call(there)
            assert time.monotonic() - began < 10
            change_all(here)
    finally:
        zones[1].process.send_signal(signal.SIGCONT)
    assert (there / "kept").read_text() == "content"


def test_large_files_go_on_when_the_link_broke_in_the_middle(
    mount: Mount, zones: tuple[EmbeddedZone, EmbeddedZone], session: iRODSSession
) -> None:
    mount.expect_log(AWAY)
    content = os.urandom(1 << 20) * 24
    with (mount.path / "large").open("wb", buffering=0) as file:
        file.write(content[: 12 << 20])
        os.fsync(file.fileno())
        zones[1].kill()
        zones[1].start()
        file.write(content[12 << 20 :])
    session.cleanup()  # its own connection has lost the other zone, too
    with session.data_objects.open(f"{mount.collection}/large", "r") as stored:
        assert stored.read() == content
    mount.stop()
    mount.start_again()
    with (mount.path / "large").open("rb", buffering=0) as file:
        begun = file.read(1 << 20)
        zones[1].kill()
        zones[1].start()
        assert begun + b"".join(iter(lambda: file.read(1 << 20), b"")) == content


def test_what_irods_knows_is_told_of_what_lies_in_the_other_zone(mount: Mount, session: iRODSSession) -> None:
    (mount.path / "file").write_text("content")
    os.setxattr(mount.path / "file", "irods.checksum", b"compute")
    told = {name: os.getxattr(mount.path / "file", f"irods.{name}").decode() for name in OF_FILES}
    assert told["owner"] == "rods#tempZone"
    assert int(told["id"]) == session.data_objects.get(f"{mount.collection}/file").id
    assert [each["resource"] for each in json.loads(told["replicas"])] == ["demoResc"]
    sums = {name: os.getxattr(mount.path, f"irods.{name}") for name in ("rbytes", "rfiles", "rdirs", "inherit")}
    assert sums == {"rbytes": b"7", "rfiles": b"1", "rdirs": b"0", "inherit": b"false"}
    os.setxattr(mount.path, "irods.inherit", b"true")
    assert os.getxattr(mount.path, "irods.inherit") == b"true"


OF_FILES = ("path", "id", "type", "owner", "create_time", "checksum", "resource", "replicas", "acl", "avu")


def test_who_is_not_known_in_the_other_zone_uses_ours(
    make_mount: MakeMount, zone_server: EmbeddedZone, add_user: AddUser
) -> None:
    user = add_user()
    mount = make_mount(collection="/", environment_file=zone_server.environment_file(user.name, user.password))
    assert sorted(os.listdir(mount.path)) == ["otherZone", "tempZone"]
    with fails(errno.EACCES):
        os.listdir(mount.path / "otherZone")
    (mount.path / user.home[1:] / "file").write_text("content")


def test_ordinary_users_have_a_home_in_the_other_zone(
    make_mount: MakeMount, zone_server: EmbeddedZone, add_user: AddUser, there: iRODSSession
) -> None:
    user = add_user()
    there.users.create(f"{user.name}#tempZone", "rodsuser")
    mount = make_mount(collection="/", environment_file=zone_server.environment_file(user.name, user.password))
    home = mount.path / f"otherZone/home/{user.name}#tempZone"
    assert mode(home) == 0o755
    (home / "file").write_text("content")
    assert (home / "file").read_text() == "content"
    assert os.listdir(home) == ["file"]
