from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.exception import (
    CAT_NAME_EXISTS_AS_COLLECTION,
    CAT_NAME_EXISTS_AS_DATAOBJ,
    CAT_NO_ACCESS_PERMISSION,
    OVERWRITE_WITHOUT_FORCE_FLAG,
    SAME_SRC_DEST_PATHS_ERR,
    USER_INCOMPATIBLE_PARAMS,
)
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.error_numbers import code_of
from irodsfs.sandbox.protocol.wire import Struct, decode, json_struct
from tests.sandbox.raw import RawClient, data_object, opened
from tests.sandbox.requests import refused
from tests.zones import EmbeddedZone


@pytest.fixture
def client(zone_server: EmbeddedZone) -> Iterator[RawClient]:
    with RawClient.connected(zone_server.host, zone_server.port, zone_server.password) as client:
        yield client


@pytest.fixture
def other_resource(session: iRODSSession, tmp_path: Path) -> str:
    name = f"r{tmp_path.name}"[:40]
    return str(session.resources.create(name, "unixfilesystem", session.host, str(tmp_path / "vault")).name)


def checksum(content: bytes) -> str:
    return "sha2:" + b64encode(hashlib.sha256(content).digest()).decode()


def content(session: iRODSSession, path: str) -> bytes:
    with session.data_objects.open(path, "r") as file:
        return bytes(file.read())


def statuses(session: iRODSSession, path: str) -> list[tuple[int, str]]:
    return [(replica.number, replica.status) for replica in session.data_objects.get(path).replicas]


def test_a_put_stores_and_a_get_answers_the_same(client: RawClient, home: str) -> None:
    everything = bytes(range(256)) * 4096
    assert client.call(606, data_object(f"{home}/x", dataIncluded=""), everything).int_info == 0
    reply = client.call(608, data_object(f"{home}/x"))
    assert (reply.int_info, reply.bs) == (len(everything), everything)


def test_a_put_overwrites_by_force_only(client: RawClient, data_object_path: str) -> None:
    put = data_object(data_object_path, dataIncluded="")
    assert client.call(606, put, b"new").int_info == code_of("OVERWRITE_WITHOUT_FORCE_FLAG")
    forced = data_object(data_object_path, dataIncluded="", forceFlag="")
    assert client.call(606, forced, b"new").int_info == 0
    assert client.call(608, data_object(data_object_path)).bs == b"new"


@pytest.fixture
def data_object_path(client: RawClient, home: str) -> str:
    """A data object that holds ``content``."""
    path = f"{home}/object"
    assert client.call(606, data_object(path, dataIncluded=""), b"content").int_info == 0
    return path


def test_a_put_whose_checksum_differs_leaves_a_stale_replica(client: RawClient, home: str) -> None:
    put = data_object(f"{home}/x", dataIncluded="", verifyChksum=checksum(b"other"))
    assert client.call(606, put, b"content").int_info == code_of("USER_CHKSUM_MISMATCH")
    touched = client.call(20007, json_struct({"logical_path": f"{home}/x", "options": {}}))
    assert touched.int_info == code_of("SYS_NO_GOOD_REPLICA")


def test_data_objects_are_of_a_type_the_zone_has(client: RawClient, home: str) -> None:
    unknown = data_object(f"{home}/x", os.O_CREAT | os.O_WRONLY, dataType="nonsense")
    assert client.call(602, unknown).int_info == code_of("CAT_INVALID_DATA_TYPE")
    known = data_object(f"{home}/x", os.O_CREAT | os.O_WRONLY, dataType="text")
    assert client.call(602, known).int_info == 3


def test_a_put_of_another_size_than_announced_leaves_a_stale_replica(client: RawClient, home: str) -> None:
    put = data_object(f"{home}/x", size=100, dataIncluded="")
    assert client.call(606, put, b"content").int_info == code_of("SYS_COPY_LEN_ERR")
    touched = client.call(20007, json_struct({"logical_path": f"{home}/x", "options": {}}))
    assert touched.int_info == code_of("SYS_NO_GOOD_REPLICA")


def test_a_put_dates_object_and_collection_even_when_it_overwrites_with_nothing(
    client: RawClient, data_object_path: str, home: str
) -> None:
    for path in (data_object_path, home):
        request = {"logical_path": path, "options": {"seconds_since_epoch": 1000}}
        assert client.call(20007, json_struct(request)).int_info == 0
    assert client.call(606, data_object(data_object_path, dataIncluded="", forceFlag="")).int_info == 0
    for path in (data_object_path, home):
        assert int(decode(client.call(633, data_object(path)).body).text("modifyTime")) > 1000


def test_a_forced_put_or_copy_makes_no_replica_on_another_resource(
    client: RawClient, session: iRODSSession, data_object_path: str, home: str, other_resource: str
) -> None:
    put = data_object(data_object_path, dataIncluded="", forceFlag="", destRescName=other_resource)
    assert client.call(606, put, b"new").int_info == code_of("HIERARCHY_ERROR")
    session.data_objects.copy(data_object_path, f"{home}/copy")
    with refused("HIERARCHY_ERROR"):
        session.data_objects.copy(data_object_path, f"{home}/copy", forceFlag="", destRescName=other_resource)
    assert statuses(session, f"{home}/copy") == [(0, "1")]


def test_a_copy_makes_the_collection_it_is_for(session: iRODSSession, data_object_path: str, home: str) -> None:
    session.data_objects.copy(data_object_path, f"{home}/new/below/copy")
    assert content(session, f"{home}/new/below/copy") == b"content"


def test_a_copy_onto_itself_is_refused(session: iRODSSession, data_object_path: str) -> None:
    with refused("OVERWRITE_WITHOUT_FORCE_FLAG"):
        session.data_objects.copy(data_object_path, data_object_path)
    with refused("USER_INPUT_PATH_ERR"):
        session.data_objects.copy(data_object_path, data_object_path, forceFlag="")


@pytest.mark.parametrize("close", [(673, opened(3)), (20004, json_struct({"fd": 3}))], ids=["close", "replica-close"])
def test_who_loses_the_permission_while_writing_leaves_a_stale_replica(
    zone_server: EmbeddedZone,
    session: iRODSSession,
    alice: iRODSSession,
    data_object_path: str,
    close: tuple[int, Struct],
) -> None:
    session.acls.set(iRODSAccess("read", str(Path(data_object_path).parent), alice.username))
    session.acls.set(iRODSAccess("write", data_object_path, alice.username))
    with RawClient.connected(zone_server.host, zone_server.port, "open sesame", alice.username) as writer:
        writer.call(602, data_object(data_object_path, os.O_WRONLY))
        writer.call(676, opened(3), b"new")
        session.acls.set(iRODSAccess("read", data_object_path, alice.username))
        assert writer.call(*close).int_info == code_of("CAT_NO_ACCESS_PERMISSION")
    assert statuses(session, data_object_path) == [(0, "0")]


def test_a_get_of_a_large_object_answers_a_descriptor(client: RawClient, home: str) -> None:
    path = f"{home}/large"
    client.call(602, data_object(path, os.O_CREAT | os.O_WRONLY))
    client.call(674, opened(3, 0, 33 * 1024 * 1024))
    client.call(676, opened(3), b"end")
    client.call(673, opened(3))
    reply = client.call(608, data_object(path))
    assert decode(reply.body).integer("l1descInx") == reply.int_info == 3
    assert len(client.call(675, opened(3, 1024)).bs) == 1024
    assert client.call(626, Struct("INT_PI", ("myInt", 3))).int_info == 0


def test_a_copy_has_the_same_content(session: iRODSSession, data_object_path: str, home: str) -> None:
    session.data_objects.copy(data_object_path, f"{home}/copy")
    assert content(session, f"{home}/copy") == b"content"
    with pytest.raises(OVERWRITE_WITHOUT_FORCE_FLAG):
        session.data_objects.copy(data_object_path, f"{home}/copy")


def test_a_renamed_object_keeps_content_times_and_metadata(
    session: iRODSSession, data_object_path: str, home: str
) -> None:
    before = session.data_objects.get(data_object_path)
    before.metadata.add("key", "value")
    session.data_objects.move(data_object_path, f"{home}/renamed")
    after = session.data_objects.get(f"{home}/renamed")
    assert (after.id, after.modify_time, after.replicas[0].path[-8:]) == (before.id, before.modify_time, "/renamed")
    assert after.metadata.get_one("key").value == "value"
    assert content(session, f"{home}/renamed") == b"content"


def test_a_rename_replaces_nothing(session: iRODSSession, data_object_path: str, home: str) -> None:
    session.data_objects.copy(data_object_path, f"{home}/copy")
    with pytest.raises(CAT_NAME_EXISTS_AS_DATAOBJ):
        session.data_objects.move(data_object_path, f"{home}/copy")
    with pytest.raises(SAME_SRC_DEST_PATHS_ERR):
        session.data_objects.move(data_object_path, data_object_path)


def test_a_data_object_does_not_take_a_collections_name(session: iRODSSession, home: str) -> None:
    with pytest.raises(CAT_NAME_EXISTS_AS_COLLECTION):
        session.data_objects.create(home)


def test_an_object_removed_by_force_is_gone_with_its_file(session: iRODSSession, data_object_path: str) -> None:
    file = Path(session.data_objects.get(data_object_path).replicas[0].path)
    assert file.exists()
    session.data_objects.unlink(data_object_path, force=True)
    assert not session.data_objects.exists(data_object_path)
    assert not file.exists()


def test_an_object_removed_without_force_is_in_the_trash(session: iRODSSession, data_object_path: str) -> None:
    session.data_objects.unlink(data_object_path)
    trash = data_object_path.replace("/home/", "/trash/home/", 1)
    assert content(session, trash) == b"content"


def test_who_may_write_may_neither_remove_nor_rename(
    session: iRODSSession, alice: iRODSSession, data_object_path: str, home: str
) -> None:
    for path in (home, data_object_path):
        session.acls.set(iRODSAccess("write", path, alice.username))
    with alice.data_objects.open(data_object_path, "w") as file:
        file.write(b"by alice")
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.data_objects.unlink(data_object_path, force=True)
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.data_objects.move(data_object_path, f"{home}/renamed")
    assert content(session, data_object_path) == b"by alice"


def test_a_checksum_is_kept_until_something_is_written(
    session: iRODSSession, client: RawClient, data_object_path: str
) -> None:
    assert session.data_objects.chksum(data_object_path) == checksum(b"content")
    assert decode(client.call(633, data_object(data_object_path)).body).text("chksum") == checksum(b"content")
    with session.data_objects.open(data_object_path, "w") as file:
        file.write(b"new")
    assert decode(client.call(633, data_object(data_object_path)).body).text("chksum") == ""


def test_who_may_only_read_gets_a_checksum_that_is_there_and_makes_none(
    session: iRODSSession, alice: iRODSSession, data_object_path: str, home: str
) -> None:
    for path in (home, data_object_path):
        session.acls.set(iRODSAccess("read", path, alice.username))
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.data_objects.chksum(data_object_path)
    assert session.data_objects.chksum(data_object_path) == checksum(b"content")
    assert alice.data_objects.chksum(data_object_path) == checksum(b"content")
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.data_objects.chksum(data_object_path, forceChksum="")


def test_verifying_a_checksum_finds_a_file_that_was_tampered_with(
    session: iRODSSession, client: RawClient, data_object_path: str
) -> None:
    session.data_objects.chksum(data_object_path)
    verify = data_object(data_object_path, verifyChksum="")
    assert client.call(629, verify).int_info == 0
    Path(session.data_objects.get(data_object_path).replicas[0].path).write_bytes(b"CONTENT")
    reply = client.call(629, verify)
    assert reply.int_info == code_of("CHECK_VERIFICATION_RESULTS")
    assert "does not match" in decode(reply.body).text("myStr")


def test_replicas_are_made_go_stale_are_updated_and_trimmed(
    session: iRODSSession, data_object_path: str, other_resource: str
) -> None:
    session.data_objects.replicate(data_object_path, other_resource)
    assert statuses(session, data_object_path) == [(0, "1"), (1, "1")]
    with session.data_objects.open(data_object_path, "w") as file:
        file.write(b"newer")
    assert sorted(statuses(session, data_object_path)) == [(0, "1"), (1, "0")]
    session.data_objects.replicate(data_object_path, other_resource)
    assert sorted(statuses(session, data_object_path)) == [(0, "1"), (1, "1")]
    session.data_objects.trim(data_object_path, replNum=0, copies=1)
    assert statuses(session, data_object_path) == [(1, "1")]
    assert content(session, data_object_path) == b"newer"


def test_the_last_good_replica_is_not_trimmed(
    session: iRODSSession, data_object_path: str, other_resource: str
) -> None:
    session.data_objects.replicate(data_object_path, other_resource)
    with session.data_objects.open(data_object_path, "w") as file:
        file.write(b"newer")
    with pytest.raises(USER_INCOMPATIBLE_PARAMS):
        session.data_objects.trim(data_object_path, replNum=0, copies=1)


def test_a_replica_moves_to_another_resource_with_its_file(
    client: RawClient, session: iRODSSession, data_object_path: str, other_resource: str
) -> None:
    old = Path(session.data_objects.get(data_object_path).replicas[0].path)
    move = data_object(data_object_path, rescName="demoResc", destRescName=other_resource)
    assert client.call(697, move).int_info == 0
    replica = session.data_objects.get(data_object_path).replicas[0]
    assert (replica.resource_name, Path(replica.path).read_bytes()) == (other_resource, b"content")
    assert not old.exists()


def test_a_file_of_the_server_is_registered_where_it_lies(
    session: iRODSSession, alice: iRODSSession, home: str, zone_server: EmbeddedZone
) -> None:
    file = zone_server.directory / "file"
    file.write_bytes(b"outside")
    session.data_objects.register(str(file), f"{home}/registered")
    assert content(session, f"{home}/registered") == b"outside"
    session.data_objects.unlink(f"{home}/registered", force=True)
    assert not session.data_objects.exists(f"{home}/registered")
    assert file.read_bytes() == b"outside"
    with refused("PATH_REG_NOT_ALLOWED"):
        alice.data_objects.register(str(file), f"/{alice.zone}/home/{alice.username}/x")


def test_columns_of_a_data_object_are_the_administrators_to_set(
    session: iRODSSession, alice: iRODSSession, data_object_path: str
) -> None:
    session.data_objects.modDataObjMeta({"objPath": data_object_path}, {"dataComments": "seen", "dataSize": "9"})
    replica = session.data_objects.get(data_object_path).replicas[0]
    assert (replica.comments, replica.size) == ("seen", 9)
    with refused("SYS_NO_API_PRIV"):
        alice.data_objects.modDataObjMeta({"objPath": data_object_path}, {"dataComments": "x"})


def test_truncation_sets_size_and_content(client: RawClient, data_object_path: str) -> None:
    assert client.call(802, data_object(data_object_path, size=3)).int_info == 0
    assert client.call(608, data_object(data_object_path)).bs == b"con"
    assert client.call(802, data_object(data_object_path, size=5)).int_info == 0
    assert client.call(608, data_object(data_object_path)).bs == b"con\0\0"


@pytest.mark.parametrize("name", ["new\nline", "tab\there", "\x01", "a%b_c", "back`tick", "q'uo\"te", "é😀", " "])
def test_names_hold_any_character(client: RawClient, home: str, name: str) -> None:
    path = f"{home}/{name}"
    assert client.call(606, data_object(path, dataIncluded=""), b"x").int_info == 0
    assert client.call(633, data_object(path)).int_info == 1
    assert client.call(615, data_object(path, forceFlag="")).int_info == 0


@pytest.mark.parametrize("target", ["/otherZone/home/x", "/otherZone", "relative", ""])
def test_nothing_is_renamed_into_another_zone(client: RawClient, data_object_path: str, target: str) -> None:
    assert rename(client, data_object_path, target) == code_of("SYS_CROSS_ZONE_MV_NOT_SUPPORTED")
    assert client.call(608, data_object(data_object_path)).bs == b"content"


def rename(client: RawClient, source: str, target: str, kind: int = 11, **keywords: str) -> int:
    ends = [data_object(path, **keywords) for path in (source, target)]
    for end in ends:
        end.members = [(name, value) for name, value in end.members if name != "oprType"] + [("oprType", str(kind))]
    return client.call(627, Struct("DataObjCopyInp_PI", *(("DataObjInp_PI", end) for end in ends))).int_info


def test_a_rename_without_a_kind_replaces_by_force_and_waits_for_writers(
    client: RawClient, zone_server: EmbeddedZone, data_object_path: str, home: str
) -> None:
    assert client.call(606, data_object(f"{home}/old", dataIncluded=""), b"old").int_info == 0
    with RawClient.connected(zone_server.host, zone_server.port, zone_server.password) as writer:
        writer.call(602, data_object(data_object_path, os.O_WRONLY))
        assert rename(client, data_object_path, f"{home}/new", 0) == code_of("LOCKED_DATA_OBJECT_ACCESS")
        writer.call(673, opened(3))
    assert rename(client, data_object_path, f"{home}/old", 0) == code_of("CAT_NAME_EXISTS_AS_DATAOBJ")
    assert rename(client, data_object_path, f"{home}/old", 11, forceFlag="") == code_of("CAT_NAME_EXISTS_AS_DATAOBJ")
    assert rename(client, data_object_path, f"{home}/old", 0, forceFlag="") == 0
    assert client.call(608, data_object(f"{home}/old")).bs == b"content"


def test_a_directory_that_is_not_there_is_not_registered(
    client: RawClient, zone_server: EmbeddedZone, home: str
) -> None:
    register = data_object(f"{home}/tree", filePath=str(zone_server.directory / "none"), collection="")
    assert client.call(630, register).int_info == code_of("UNIX_FILE_OPENDIR_ERR") - 2


def test_only_administrators_unregister_what_is_in_a_vault(session: iRODSSession, alice: iRODSSession) -> None:
    path = f"/{alice.zone}/home/{alice.username}/object"
    with alice.data_objects.open(path, "w") as stream:
        stream.write(b"content")
    file = Path(session.data_objects.get(path).replicas[0].path)
    with refused("CANT_UNREG_IN_VAULT_FILE"):
        alice.data_objects.unregister(path)
    assert content(alice, path) == b"content"
    alice.data_objects.unlink(path, force=True)
    assert not file.exists()


def test_trash_is_emptied_of_what_is_old_enough(session: iRODSSession, data_object_path: str, home: str) -> None:
    session.data_objects.unlink(data_object_path)
    path = data_object_path.replace(f"/{session.zone}/", f"/{session.zone}/trash/")
    session.data_objects.unlink(path, irodsRmTrash="", age="60")
    assert session.data_objects.exists(path)
    session.data_objects.unlink(path, irodsRmTrash="", age="0")
    assert not session.data_objects.exists(path)
