"""Replicas of a data object on several resources."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from irods import keywords as kw
from irods.access import iRODSAccess
from irods.exception import (
    CAT_NO_ACCESS_PERMISSION,
    DIRECT_CHILD_ACCESS,
    SYS_REPLICA_DOES_NOT_EXIST,
    SYS_REPLICA_INACCESSIBLE,
    SYS_RESC_DOES_NOT_EXIST,
    USER_CHKSUM_MISMATCH,
)
from irods.message import FileOpenRequest, StringStringMap
from irods.session import iRODSSession

from tests.sandbox.requests import refused, send

MakeResource = Callable[..., str]


@pytest.fixture
def make_resource(session: iRODSSession, tmp_path: Path) -> MakeResource:
    """Makes a resource, storage unless another kind is asked for, and answers its name."""

    def make(kind: str = "unixfilesystem", parent: str = "") -> str:
        name = f"r{uuid.uuid4().hex[:8]}"
        place = {"host": "localhost", "path": str(tmp_path / name)} if kind == "unixfilesystem" else {}
        session.resources.create(name, kind, **place)
        if parent:
            session.resources.add_child(parent, name)
        return name

    return make


@pytest.fixture
def path(session: iRODSSession, home: str) -> Iterator[str]:
    """The path of a data object yet to be made."""
    yield f"{home}/object"
    session.data_objects.unlink(f"{home}/object", force=True)


def write(session: iRODSSession, path: str, content: bytes, mode: str = "w", **options: str) -> None:
    with session.data_objects.open(path, mode, **options) as file:
        file.write(content)


def replicas(session: iRODSSession, path: str) -> dict[str, tuple[int, str, int]]:
    """Number, status and size of each replica, by resource."""
    found = session.data_objects.get(path).replicas
    return {replica.resource_name: (replica.number, replica.status, replica.size) for replica in found}


def test_a_replication_resource_keeps_a_copy_on_each_of_its_children(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    root = make_resource("replication")
    children = {make_resource(parent=root) for _ in range(3)}
    write(session, path, b"content", **{kw.DEST_RESC_NAME_KW: root})
    found = replicas(session, path)
    assert found.keys() == children
    assert sorted(found.values()) == [(number, "1", 7) for number in range(3)]
    write(session, path, b"more content", **{kw.DEST_RESC_NAME_KW: root})
    assert sorted(replicas(session, path).values()) == [(number, "1", 12) for number in range(3)]


def test_a_write_to_a_resource_without_a_replica_makes_one_and_the_others_stale(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    other = make_resource()
    write(session, path, b"new", "a", **{kw.DEST_RESC_NAME_KW: other})
    assert replicas(session, path) == {"demoResc": (0, "0", 7), other: (1, "1", 3)}


def test_an_open_that_may_create_adds_a_replica_on_the_default_resource(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    other = make_resource()
    write(session, path, b"content", **{kw.DEST_RESC_NAME_KW: other})
    write(session, path, b"new")
    assert replicas(session, path) == {other: (0, "0", 7), "demoResc": (1, "1", 3)}


def test_an_open_that_may_not_create_uses_another_replica_than_preferred(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    write(session, path, b"new", "r+", **{kw.DEST_RESC_NAME_KW: make_resource()})
    assert replicas(session, path) == {"demoResc": (0, "1", 7)}


def test_a_child_resource_cannot_be_asked_for(session: iRODSSession, home: str, make_resource: MakeResource) -> None:
    child = make_resource(parent=make_resource("replication"))
    with pytest.raises(DIRECT_CHILD_ACCESS):
        write(session, f"{home}/none", b"", **{kw.RESC_NAME_KW: child})


def test_a_resource_that_does_not_exist_cannot_be_asked_for(session: iRODSSession, home: str) -> None:
    with pytest.raises(SYS_RESC_DOES_NOT_EXIST):
        write(session, f"{home}/none", b"", **{kw.DEST_RESC_NAME_KW: "nowhere"})


def test_replicas_that_are_not_there_cannot_be_read(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    with pytest.raises(SYS_REPLICA_INACCESSIBLE):
        session.data_objects.open(path, "r", **{kw.RESC_NAME_KW: make_resource()})
    with pytest.raises(SYS_REPLICA_DOES_NOT_EXIST):
        session.data_objects.open(path, "r", **{kw.REPL_NUM_KW: "7"})


def test_a_replica_is_unregistered_and_its_file_left(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    other = make_resource()
    session.data_objects.replicate(path, resource=other)
    file = Path(session.data_objects.get(path).replicas[1].path)
    session.data_objects.unregister(path, **{kw.RESC_NAME_KW: other, kw.COPIES_KW: "1"})
    assert replicas(session, path).keys() == {"demoResc"}
    assert file.read_bytes() == b"content"


def test_a_checksum_asked_for_at_the_open_is_registered_at_the_close(session: iRODSSession, path: str) -> None:
    write(session, path, b"hello iRODS", **{kw.REG_CHKSUM_KW: ""})
    assert session.data_objects.get(path).checksum == session.data_objects.chksum(path)
    write(session, path, b"changed")
    assert not session.data_objects.get(path).checksum


def test_content_with_another_checksum_than_expected_is_stale(session: iRODSSession, path: str) -> None:
    expected = "sha2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    with pytest.raises(USER_CHKSUM_MISMATCH):
        write(session, path, b"not empty", **{kw.VERIFY_CHKSUM_KW: expected})
    assert replicas(session, path) == {"demoResc": (0, "0", 0)}  # what was written is not told, as in the server


def test_siblings_of_a_replica_that_was_opened_and_not_written_are_good_unless_replica_close_ends_it(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    other = make_resource()
    write(session, path, b"content")
    session.data_objects.replicate(path, resource=other)
    file = session.data_objects.open(path, "r+")
    file.close()
    assert {status for _, status, _ in replicas(session, path).values()} == {"1"}


def test_to_replicate_needs_write_access(
    session: iRODSSession, alice: iRODSSession, home: str, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    session.acls.set(iRODSAccess("read", home, alice.username))
    session.acls.set(iRODSAccess("read", path, alice.username))
    other = make_resource()
    with refused("SYS_USER_NO_PERMISSION"):
        alice.data_objects.replicate(path, resource=other)
    session.acls.set(iRODSAccess("write", path, alice.username))
    alice.data_objects.replicate(path, resource=other)
    assert replicas(session, path).keys() == {"demoResc", other}


def test_to_replicate_onto_a_good_replica_is_nothing_to_do(session: iRODSSession, path: str) -> None:
    write(session, path, b"content")
    session.data_objects.replicate(path, resource="demoResc")
    assert replicas(session, path) == {"demoResc": (0, "1", 7)}


@pytest.mark.parametrize(
    "options",
    [
        {kw.DEST_RESC_NAME_KW: "demoResc", kw.ALL_KW: ""},
        {kw.RESC_NAME_KW: "demoResc", kw.REPL_NUM_KW: "0"},
        {kw.VERIFY_CHKSUM_KW: "", kw.REG_CHKSUM_KW: ""},
    ],
)
def test_options_of_a_replication_that_exclude_each_other_are_refused(
    session: iRODSSession, path: str, options: dict[str, str]
) -> None:
    write(session, path, b"content")
    with refused("USER_INCOMPATIBLE_PARAMS"):
        session.data_objects.replicate(path, **options)


def test_a_stale_replica_replicates_to_a_new_one_only(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    other, third = make_resource(), make_resource()
    session.data_objects.replicate(path, resource=other)
    write(session, path, b"new", "r+")
    stale = {kw.RESC_NAME_KW: next(name for name, row in replicas(session, path).items() if row[1] == "0")}
    with refused("SYS_NOT_ALLOWED"):
        session.data_objects.replicate(path, **{kw.ALL_KW: "", **stale})
    session.data_objects.replicate(path, resource=third, **stale)
    assert replicas(session, path)[third] == (2, "0", 7)


def test_a_replica_that_does_not_match_its_checksum_replicates_to_a_stale_one(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    session.data_objects.chksum(path)
    Path(session.data_objects.get(path).replicas[0].path).write_bytes(b"damaged")
    other = make_resource()
    with pytest.raises(USER_CHKSUM_MISMATCH):
        session.data_objects.replicate(path, resource=other)
    assert replicas(session, path) == {"demoResc": (0, "1", 7), other: (1, "0", 7)}


def test_checksums_are_verified_where_there_is_one_and_made_where_there_is_none(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    with refused("CAT_NO_CHECKSUM_FOR_REPLICA"):
        session.data_objects.replicate(path, resource=make_resource(), **{kw.VERIFY_CHKSUM_KW: ""})
    session.data_objects.chksum(path)
    with refused("SYS_NOT_ALLOWED"):
        session.data_objects.replicate(path, resource=make_resource(), **{kw.REG_CHKSUM_KW: ""})
    assert replicas(session, path).keys() == {"demoResc"}


def test_who_may_not_remove_trims_nothing_but_may_ask(
    session: iRODSSession, alice: iRODSSession, home: str, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    session.acls.set(iRODSAccess("read", home, alice.username))
    session.acls.set(iRODSAccess("write", path, alice.username))
    alice.data_objects.trim(path)
    session.data_objects.replicate(path, resource=make_resource())
    alice.data_objects.trim(path, **{kw.COPIES_KW: "1", kw.DRYRUN_KW: ""})
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.data_objects.trim(path, **{kw.COPIES_KW: "1"})
    assert len(replicas(session, path)) == 2


def test_a_replica_moves_with_its_number_and_times_and_only_onto_a_stale_one(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    other = make_resource()
    session.data_objects.replicate(path, resource=other)
    with refused("SYS_NOT_ALLOWED"):
        move(session, path, "demoResc", other)
    write(session, path, b"new", "w", **{kw.DEST_RESC_NAME_KW: "demoResc"})
    before = session.data_objects.get(path).replicas[0]
    move(session, path, "demoResc", other)
    after = session.data_objects.get(path).replicas
    assert [(each.number, each.modify_time, each.resource_name) for each in after] == [(0, before.modify_time, other)]
    assert Path(after[0].path).read_bytes() == b"new"


def move(session: iRODSSession, path: str, source: str, target: str) -> None:
    request_move(session, path, {kw.RESC_NAME_KW: source, kw.DEST_RESC_NAME_KW: target})


def request_move(session: iRODSSession, path: str, keywords: dict[str, str]) -> None:
    fields = dict.fromkeys(("createMode", "openFlags", "offset", "dataSize", "numThreads", "oprType"), 0)
    request = FileOpenRequest(objPath=path, KeyValPair_PI=StringStringMap(keywords), **fields)
    send(session, "DATA_OBJ_PHYMV_AN", request)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"rescName": "demoResc", "replNum": "0", "destRescName": "demoResc"}, "USER_INCOMPATIBLE_PARAMS"),
        ({"destRescName": "demoResc"}, "USER__NULL_INPUT_ERR"),
        ({"rescName": "demoResc"}, "USER__NULL_INPUT_ERR"),
        ({"replNum": "7", "destRescName": "demoResc"}, "SYS_REPLICA_DOES_NOT_EXIST"),
    ],
)
def test_a_move_must_say_from_where_to_where(
    session: iRODSSession, path: str, options: dict[str, str], error: str
) -> None:
    write(session, path, b"content")
    with refused(error):
        request_move(session, path, options)


def test_a_replica_whose_columns_are_set_as_those_of_the_only_good_one_makes_its_siblings_stale(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    write(session, path, b"content")
    other = make_resource()
    session.data_objects.replicate(path, resource=other)
    with refused("CAT_SUCCESS_BUT_WITH_NO_INFO"):
        session.data_objects.modDataObjMeta({"objPath": path, "replNum": 7}, {"dataComments": "x"})
    session.data_objects.modDataObjMeta({"objPath": path, "replNum": 1}, {"dataSize": "5", "allReplStatus": ""})
    assert replicas(session, path) == {"demoResc": (0, "0", 7), other: (1, "1", 5)}


def test_replicas_on_a_resource_that_is_down_are_out_of_reach(
    session: iRODSSession, path: str, make_resource: MakeResource
) -> None:
    one, other = make_resource(), make_resource()
    write(session, path, b"content", **{kw.DEST_RESC_NAME_KW: one})
    session.data_objects.replicate(path, resource=other)
    for name in (one, other):
        session.resources.modify(name, "status", "down")
        with refused("SYS_RESC_IS_DOWN"):
            session.data_objects.open(f"{path}-new", "w", **{kw.DEST_RESC_NAME_KW: name})
        if name == one:
            with session.data_objects.open(path, "r") as file:
                assert file.read() == b"content"
            with refused("SYS_REPLICA_INACCESSIBLE"):
                session.data_objects.open(path, "r", **{kw.REPL_NUM_KW: "0"})
    with refused("HIERARCHY_ERROR"):
        session.data_objects.open(path, "r")
    for name in (one, other):
        session.resources.modify(name, "status", "up")
    with session.data_objects.open(path, "r", **{kw.REPL_NUM_KW: "0"}) as file:
        assert file.read() == b"content"
