"""Two embedded zones that know each other, asked for what is in the other one, as plain clients do."""

from __future__ import annotations

import errno
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.exception import (
    CAT_INVALID_AUTHENTICATION,
    CAT_INVALID_USER,
    CAT_NO_ACCESS_PERMISSION,
    OVERWRITE_WITHOUT_FORCE_FLAG,
    SYS_INVALID_ZONE_NAME,
    CollectionDoesNotExist,
    DataObjectDoesNotExist,
)
from irods.meta import AVUOperation, iRODSMeta
from irods.models import Collection, DataObject, User, Zone
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Message, encode, send_message
from tests.conftest import IrodsfsCommand
from tests.sandbox.raw import RawClient, data_object, opened
from tests.sandbox.requests import administer, refused, send_json
from tests.zones import EmbeddedZone, federated, namesakes

pytestmark = pytest.mark.embedded_zone

HOME = "/otherZone/home/rods#tempZone"
Both = tuple[EmbeddedZone, EmbeddedZone]


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with federated(tmp_path_factory.mktemp("zones")) as zones:
        yield zones
        for zone in zones:
            assert "Traceback" not in zone.log, zone.log


@pytest.fixture
def session(zones: Both) -> Iterator[iRODSSession]:
    """rods of tempZone, at tempZone."""
    with zones[0].session() as session:
        yield session


@pytest.fixture
def there(zones: Both) -> Iterator[iRODSSession]:
    """rods of otherZone, at otherZone."""
    with zones[1].session() as session:
        yield session


@pytest.fixture
def path(session: iRODSSession) -> str:
    """A data object in the other zone, made through our own."""
    path = f"{HOME}/{uuid.uuid4().hex}"
    with session.data_objects.open(path, "w") as file:
        file.write(b"content")
    return path


def test_objects_of_the_other_zone_are_made_and_read_there(
    session: iRODSSession, there: iRODSSession, path: str
) -> None:
    with session.data_objects.open(path, "r+") as file:
        file.seek(3)
        file.write(b"TENT")
        file.seek(0)
        assert file.read() == b"conTENT"
    there.acls.set(iRODSAccess("read", path, "rods", "otherZone"), admin=True)
    made = there.data_objects.get(path)
    assert (made.size, made.owner_name, made.owner_zone) == (7, "rods", "tempZone")
    session.data_objects.move(path, f"{path}-2")
    with pytest.raises(DataObjectDoesNotExist):
        session.data_objects.get(path)
    session.data_objects.unlink(f"{path}-2", force=True)
    assert not session.data_objects.exists(f"{path}-2")


def test_descriptors_of_both_zones_stand_side_by_side(zones: Both, path: str) -> None:
    zone, _ = zones
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        own = f"/tempZone/home/rods/{uuid.uuid4().hex}"
        numbers = [
            client.call(602, data_object(where, os.O_CREAT | os.O_RDWR)).int_info for where in (own, path, own + "2")
        ]
        assert numbers == [3, 4, 5]
        assert client.call(676, opened(4, 3), b"CON").int_info == 3
        assert client.call(676, opened(5, 3), b"own").int_info == 3
        assert [client.call(673, opened(number)).int_info for number in numbers] == [0, 0, 0]
        assert client.call(675, opened(4, 7)).int_info == code_of("BAD_INPUT_DESC_INDEX")
        assert client.call(602, data_object(path)).int_info == 3
        assert client.call(675, opened(3, 7)).bs == b"CONtent"


def test_collections_are_made_and_removed_there(session: iRODSSession, there: iRODSSession) -> None:
    top = f"{HOME}/{uuid.uuid4().hex}"
    session.collections.create(f"{top}/below")
    for number in range(12):  # more than the server removes without saying how far it has come
        session.data_objects.create(f"{top}/below/{number}")
    assert there.collections.exists(f"{top}/below")
    assert [each.name for each in session.collections.get(top).subcollections] == ["below"]
    session.collections.remove(top, recurse=True, force=True)
    assert not there.collections.exists(top)


def test_what_is_removed_goes_to_the_trash_of_the_other_zone(
    session: iRODSSession, there: iRODSSession, path: str
) -> None:
    session.data_objects.unlink(path)
    assert there.collections.get("/otherZone/trash/home/rods#tempZone").data_objects[0].name == path.rpartition("/")[2]


def test_who_is_administrator_at_home_is_an_ordinary_user_there(session: iRODSSession, there: iRODSSession) -> None:
    assert session.collections.get(HOME).path == HOME
    for hidden in ("/otherZone", "/otherZone/home", "/otherZone/home/rods"):
        with pytest.raises(CollectionDoesNotExist):
            session.collections.get(hidden)
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        session.collections.create("/otherZone/home/rods/mine", recurse=False)
    assert there.collections.get("/otherZone/home/rods").path == "/otherZone/home/rods"


def test_permissions_are_those_of_the_user_in_the_other_zone(
    session: iRODSSession, there: iRODSSession, path: str
) -> None:
    session.acls.set(iRODSAccess("read", path, "rods", "otherZone"))
    granted = {
        (each.user_name, each.user_zone): each.access_name for each in there.acls.get(there.data_objects.get(path))
    }
    assert granted == {("rods", "tempZone"): "own", ("rods", "otherZone"): "read_object"}


def test_queries_go_to_the_zone_of_the_path_or_that_is_named(session: iRODSSession, path: str) -> None:
    name = path.rpartition("/")[2]
    by_path = session.query(DataObject.id).filter(Collection.name == HOME, DataObject.name == name)
    by_hint = session.query(DataObject.id).add_keyword("zone", "otherZone").filter(DataObject.name == name)
    own = session.query(DataObject.id).filter(DataObject.name == name)
    assert [len(list(query)) for query in (by_path, by_hint, own)] == [1, 1, 0]
    users = session.query(User.zone).add_keyword("zone", "otherZone").filter(User.name == "rods")
    assert {row[User.zone] for row in users} == {"otherZone", "tempZone"}
    with pytest.raises(SYS_INVALID_ZONE_NAME):
        list(session.query(DataObject.id).add_keyword("zone", "thirdZone"))
    assert {row[Zone.name] for row in session.query(Zone.name)} == {"tempZone", "otherZone"}


def test_genquery2_goes_to_the_zone_that_is_named(session: iRODSSession, path: str) -> None:
    text = f"select DATA_ID where DATA_NAME = '{path.rpartition('/')[2]}'"
    query = session.genquery2_object()
    assert len(query.execute(text, zone="otherZone")) == 1
    assert query.execute(text) == []


def test_avus_go_one_by_one_to_the_zone_of_the_path(session: iRODSSession, there: iRODSSession, path: str) -> None:
    session.metadata.add(DataObject, path, iRODSMeta("attribute", "value", "units"))
    there.acls.set(iRODSAccess("read", path, "rods", "otherZone"), admin=True)
    assert there.data_objects.get(path).metadata.items() == [iRODSMeta("attribute", "value", "units")]


def test_objects_are_copied_within_the_other_zone_and_from_one_to_the_other(session: iRODSSession, path: str) -> None:
    own = f"/tempZone/home/rods/{uuid.uuid4().hex}"
    for source, target in ((path, f"{path}-2"), (path, own), (own, f"{path}-3")):
        session.data_objects.copy(source, target)
        with session.data_objects.open(target, "r") as file:
            assert file.read() == b"content"
        with pytest.raises(OVERWRITE_WITHOUT_FORCE_FLAG):
            session.data_objects.copy(source, target)
        session.data_objects.copy(source, target, forceFlag="")


def test_nothing_is_renamed_from_one_zone_to_the_other(session: iRODSSession, path: str) -> None:
    own = f"/tempZone/home/rods/{uuid.uuid4().hex}"
    session.data_objects.create(own)
    for source, target in ((path, own + "-2"), (own, path + "-2")):
        with refused("SYS_CROSS_ZONE_MV_NOT_SUPPORTED"):
            session.data_objects.move(source, target)
    assert session.data_objects.exists(own)
    assert session.data_objects.exists(path)


def acls(session: iRODSSession, path: str) -> set[tuple[str, str]]:
    return {(each.user_name, each.access_name) for each in session.acls.get(session.collections.get(path))}


@pytest.mark.parametrize("collections", [False, True])
def test_atomic_metadata_hits_what_has_the_same_id_in_our_own_zone(session: iRODSSession, collections: bool) -> None:
    """As real servers do: the harm that clients must not do."""
    own, foreign = namesakes(session, "/tempZone/home/rods", HOME, collections=collections)
    find = session.collections.get if collections else session.data_objects.get
    find(foreign).metadata.apply_atomic_operations(AVUOperation(operation="add", avu=iRODSMeta("z", "1")))
    assert find(foreign).metadata.items() == []
    assert [(avu.name, avu.value) for avu in find(own).metadata.items()] == [("z", "1")]


def test_atomic_permissions_hit_what_has_the_same_id_in_our_own_zone(
    session: iRODSSession, there: iRODSSession
) -> None:
    own, foreign = namesakes(session, "/tempZone/home/rods", HOME, collections=True)
    operations = [{"entity_name": "public", "acl": "write"}]
    status, _ = send_json(session, 20005, {"logical_path": foreign, "operations": operations})
    assert status == 0
    assert acls(session, own) == {("rods", "own"), ("public", "modify_object")}
    assert acls(there, foreign) == {("rods", "own")}


def test_atomic_changes_are_refused_where_our_zone_has_nothing_with_that_id(zones: Both, session: iRODSSession) -> None:
    with zones[1].session() as there:
        for _ in range(50):  # ids that our zone has not come to
            there.collections.remove(there.collections.create(f"/otherZone/home/rods/{uuid.uuid4().hex}").path)
    session.data_objects.create(far := f"{HOME}/{uuid.uuid4().hex}")
    avus = {"entity_name": far, "entity_type": "data_object", "operations": []}
    assert send_json(session, 20002, avus)[0] == code_of("CAT_NO_ACCESS_PERMISSION")
    access = {"logical_path": far, "operations": []}
    assert send_json(session, 20005, access)[0] == code_of("CAT_NO_ACCESS_PERMISSION")
    missing = avus | {"entity_name": f"{far}-2"}
    assert send_json(session, 20002, missing)[0] == code_of("SYS_INVALID_INPUT_PARAM")


def test_users_log_in_at_the_other_zone_with_the_password_of_their_own(zones: Both) -> None:
    zone, other = zones
    at_other = replace(other, zone="tempZone", password=zone.password, home=HOME, directory=zone.directory)
    with at_other.session() as session:
        assert session.collections.get(HOME).path == HOME
    with at_other.session("rods", "wrong") as session, pytest.raises(CAT_INVALID_AUTHENTICATION):
        session.collections.get(HOME)


def test_only_the_users_themselves_must_be_known_in_the_other_zone(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with (
        EmbeddedZone.served(tmp_path / "one") as zone,
        EmbeddedZone.served(tmp_path / "other", name="otherZone") as other,
        zone.session() as here,
        other.session() as there,
    ):
        administer(here, "add", "zone", "otherZone", "remote", other.partner.partition("=")[2], "")
        administer(there, "add", "zone", "tempZone", "remote", zone.partner.partition("=")[2], "")
        here.users.create("alice", "rodsuser")
        here.users.modify("alice", "password", "secret")
        there.users.create("alice#tempZone", "rodsuser")
        with zone.session("alice", "secret") as alice:
            home = "/otherZone/home/alice#tempZone"
            assert alice.data_objects.create(f"{home}/object").owner_zone == "tempZone"
        with pytest.raises(CAT_INVALID_USER):
            here.collections.get(home)
        with zone.session("alice", "wrong") as alice, pytest.raises(CAT_INVALID_AUTHENTICATION):
            alice.collections.get(home)


def test_whom_the_other_zone_does_not_know_is_refused_there(zones: Both, session: iRODSSession) -> None:
    session.users.create("bob", "rodsuser")
    session.users.modify("bob", "password", "secret")
    with zones[0].session("bob", "secret") as bob, pytest.raises(CAT_INVALID_USER):
        bob.collections.get(HOME)
    with zones[0].session("bob", "secret") as bob:
        assert bob.collections.exists("/tempZone/home/bob")


def test_the_other_zone_away_and_back(zones: Both, path: str) -> None:
    """A connection whose server had one to the other zone never gets another one."""
    zone, other = zones
    with RawClient.connected(zone.host, zone.port, zone.password) as old:
        assert old.call(633, data_object(path)).int_info == 1
        other.kill()
        broken = {code_of("SYS_HEADER_READ_LEN_ERR"), code_of("SYS_SOCK_READ_ERR") - errno.ECONNRESET}
        assert old.call(633, data_object(path)).int_info in broken
        assert old.call(602, data_object(path)).int_info == code_of("SYS_HEADER_READ_LEN_ERR")
        with RawClient.connected(zone.host, zone.port, zone.password) as new:
            number = errno.ECONNREFUSED
            assert new.call(633, data_object(path)).int_info == code_of("CROSS_ZONE_SOCK_CONNECT_ERR") - number
            assert new.call(602, data_object(path)).int_info == code_of("USER_SOCK_CONNECT_ERR") - number
            other.start()
            assert old.call(633, data_object(path)).int_info == code_of("SYS_HEADER_READ_LEN_ERR")
            assert new.call(633, data_object(path)).int_info == 1
            assert old.call(633, data_object("/tempZone/home/rods")).int_info == 2


def test_a_server_stops_while_the_other_zone_is_silent(zones: Both, path: str) -> None:
    zone, other = zones
    with RawClient.connected(zone.host, zone.port, zone.password) as client:
        assert client.call(633, data_object(path)).int_info == 1
        assert other.process is not None
        assert zone.process is not None
        other.process.send_signal(signal.SIGSTOP)
        try:
            send_message(client.socket, Message("RODS_API_REQ", 633, encode(data_object(path))))
            zone.process.terminate()
            assert zone.process.wait(60) == 0
        finally:
            other.process.send_signal(signal.SIGCONT)
            zone.start()


def test_another_zone_of_which_only_the_name_is_known_is_as_good_as_missing(session: iRODSSession) -> None:
    administer(session, "add", "zone", "nowhere", "remote", "", "")
    with pytest.raises(CollectionDoesNotExist):
        session.collections.get("/nowhere/home")
    administer(session, "modify", "zone", "nowhere", "conn", "nowhere.invalid:1247")
    with refused("USER_RODS_HOSTNAME_ERR"):
        session.collections.get("/nowhere/home")
    administer(session, "rm", "zone", "nowhere")


def test_a_partner_without_an_address_is_one_clear_sentence(tmp_path: Path, irodsfs: IrodsfsCommand) -> None:
    for partner, status in (("otherZone", 3), ("otherZone=127.0.0.1", 3), ("tempZone=127.0.0.1:1247", 1)):
        done = irodsfs("sandbox", "serve", "--directory", tmp_path / "zone", "--federate", partner)
        assert (done.returncode, len(done.stderr.splitlines())) == (status, 1), done.stderr
        assert not done.stdout
