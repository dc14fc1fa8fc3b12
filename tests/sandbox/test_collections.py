from __future__ import annotations

import errno
import uuid
from pathlib import Path

import pytest
from irods.access import iRODSAccess
from irods.exception import (
    CAT_COLLECTION_NOT_EMPTY,
    CAT_NAME_EXISTS_AS_DATAOBJ,
    CAT_NO_ACCESS_PERMISSION,
    CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME,
    SYS_INVALID_INPUT_PARAM,
    UNIX_FILE_CREATE_ERR,
    UNIX_FILE_RENAME_ERR,
)
from irods.message import CollectionRequest, StringStringMap
from irods.models import Collection
from irods.session import iRODSSession

from tests.sandbox.requests import refused, send
from tests.zones import EmbeddedZone


def names(session: iRODSSession, path: str) -> set[str]:
    collection = session.collections.get(path)
    return {entry.name for entry in (*collection.subcollections, *collection.data_objects)}


def make_object(session: iRODSSession, path: str, content: bytes = b"content") -> None:
    with session.data_objects.open(path, "w") as file:
        file.write(content)


def test_collections_are_made_with_those_above_them(session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/a/b/c")
    assert names(session, f"{home}/a") == {"b"}


def test_without_recursion_the_collection_above_must_exist_and_the_new_one_must_not(
    session: iRODSSession, home: str
) -> None:
    with refused("CAT_UNKNOWN_COLLECTION"):
        session.collections.create(f"{home}/a/b", recurse=False)
    with pytest.raises(CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        session.collections.create(home, recurse=False)


def test_a_collection_and_a_data_object_do_not_share_a_name(session: iRODSSession, home: str) -> None:
    make_object(session, f"{home}/x")
    with pytest.raises(CAT_NAME_EXISTS_AS_DATAOBJ):
        session.collections.create(f"{home}/x")


def test_collections_outside_the_zone_are_refused(session: iRODSSession) -> None:
    with pytest.raises(SYS_INVALID_INPUT_PARAM):
        session.collections.create("/elsewhere/x")


def test_only_an_empty_collection_goes_without_recursion(session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/a/b")
    with pytest.raises(CAT_COLLECTION_NOT_EMPTY):
        session.collections.remove(f"{home}/a", recurse=False)
    session.collections.remove(f"{home}/a/b", recurse=False)
    assert names(session, f"{home}/a") == set()


def test_a_tree_removed_by_force_takes_its_files_along(
    session: iRODSSession, home: str, zone_server: EmbeddedZone
) -> None:
    session.collections.create(f"{home}/tree")
    for number in range(25):
        make_object(session, f"{home}/tree/{number}")
    session.collections.remove(f"{home}/tree", force=True)
    assert names(session, home) == set()
    vault = zone_server.directory / "zone" / "vault" / Path(home).relative_to("/tempZone")
    assert [path for path in vault.rglob("*") if path.is_file()] == []


def make_and_remove(session: iRODSSession, path: str) -> None:
    """Leaves a directory in the vault, as the server does."""
    session.collections.create(path)
    make_object(session, f"{path}/object")
    session.data_objects.unlink(f"{path}/object", force=True)
    session.collections.remove(path, recurse=False)


def test_a_data_object_is_made_but_not_moved_where_a_collection_was(session: iRODSSession, home: str) -> None:
    for name in ("made", "target"):
        make_and_remove(session, f"{home}/{name}")
    make_object(session, f"{home}/made")
    with pytest.raises(UNIX_FILE_RENAME_ERR) as failed:
        session.data_objects.move(f"{home}/made", f"{home}/target")
    assert failed.value.code == UNIX_FILE_RENAME_ERR.code - errno.EISDIR
    assert names(session, home) == {"made"}


def test_a_data_object_gets_another_name_in_the_trash_where_a_collection_was(session: iRODSSession, home: str) -> None:
    trash = home.replace("/home/", "/trash/home/", 1)
    make_and_remove(session, f"{trash}/object")
    make_object(session, f"{home}/object")
    session.data_objects.unlink(f"{home}/object")
    (name,) = names(session, trash)
    assert name.startswith("object.")


def test_a_data_object_is_not_made_where_a_collection_had_collections_with_objects(
    session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/name")
    make_and_remove(session, f"{home}/name/below")
    session.collections.remove(f"{home}/name", recurse=False)
    with pytest.raises(UNIX_FILE_CREATE_ERR) as failed:
        make_object(session, f"{home}/name")
    assert failed.value.code == UNIX_FILE_CREATE_ERR.code - errno.EEXIST
    assert names(session, home) == set()


def test_a_tree_removed_without_force_is_in_the_trash(session: iRODSSession, home: str) -> None:
    for _ in range(2):
        session.collections.create(f"{home}/tree")
        make_object(session, f"{home}/tree/object")
        session.collections.remove(f"{home}/tree", recurse=True, force=False)
    trash = home.replace("/home/", "/trash/home/", 1)
    found = names(session, trash)
    assert "tree" in found
    assert len(found) == 2
    assert names(session, f"{trash}/tree") == {"object"}


def test_a_moved_tree_keeps_its_contents_and_its_files_follow(
    session: iRODSSession, home: str, zone_server: EmbeddedZone
) -> None:
    session.collections.create(f"{home}/a/b_c%")
    session.collections.create(f"{home}/a/bXcY")
    make_object(session, f"{home}/a/b_c%/object")
    session.collections.create(f"{home}/new")
    session.collections.move(f"{home}/a", f"{home}/new/z")
    assert names(session, f"{home}/new/z") == {"b_c%", "bXcY"}
    replica = session.data_objects.get(f"{home}/new/z/b_c%/object").replicas[0]
    assert replica.path.endswith("/new/z/b_c%/object")
    assert Path(replica.path).read_bytes() == b"content"


def test_a_collection_moved_into_its_own_child_is_reported_as_failed_but_renamed(
    session: iRODSSession, home: str
) -> None:
    session.collections.create(f"{home}/outer")
    with refused("CAT_UNKNOWN_COLLECTION"):
        session.collections.move(f"{home}/outer", f"{home}/outer/deep")
    session.collections.create(f"{home}/next")
    assert names(session, home) == {"deep", "next"}


def test_new_entries_inherit_permissions_where_that_is_asked_for(
    session: iRODSSession, alice: iRODSSession, home: str
) -> None:
    session.acls.set(iRODSAccess("own", home, alice.username))
    session.acls.set(iRODSAccess("inherit", home))
    session.collections.create(f"{home}/sub")
    make_object(session, f"{home}/sub/object")
    assert names(alice, f"{home}/sub") == {"object"}
    alice.data_objects.unlink(f"{home}/sub/object", force=True)


def test_users_make_nothing_where_they_may_not_write(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    session.acls.set(iRODSAccess("read", home, alice.username))
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.collections.create(f"{home}/x", recurse=False)
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        make_object(alice, f"{home}/x")
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        alice.collections.remove(home, recurse=False)


def test_entries_without_permission_are_as_good_as_missing(alice: iRODSSession, home: str) -> None:
    assert not alice.collections.exists(home)
    assert not alice.collections.exists(f"{home}/{uuid.uuid4().hex}")


def test_who_may_write_sets_the_time_of_a_collection(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    keywords = StringStringMap({"collectionMtime": "00000001000"})
    request = CollectionRequest(collName=home, KeyValPair_PI=keywords)
    session.acls.set(iRODSAccess("read", home, alice.username))
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        send(alice, "MOD_COLL_AN", request)
    session.acls.set(iRODSAccess("write", home, alice.username))
    send(alice, "MOD_COLL_AN", request)
    row = session.query(Collection.modify_time).filter(Collection.name == home).one()
    assert row[Collection.modify_time].timestamp() == 1000


def test_a_home_that_is_not_empty_is_not_removed(session: iRODSSession, alice: iRODSSession) -> None:
    path = f"/{alice.zone}/home/{alice.username}"
    make_object(alice, f"{path}/object")
    with refused("CANT_RM_NON_EMPTY_HOME_COLL"):
        session.collections.remove(path, recurse=True, force=True)
    assert names(session, path) == {"object"}


def test_a_tree_is_unregistered_and_its_files_are_left(session: iRODSSession, home: str) -> None:
    session.collections.create(f"{home}/tree")
    make_object(session, f"{home}/tree/object")
    file = Path(session.data_objects.get(f"{home}/tree/object").replicas[0].path)
    session.collections.unregister(f"{home}/tree")
    assert not session.collections.exists(f"{home}/tree")
    assert file.read_bytes() == b"content"


def test_only_administrators_empty_the_trash_of_others_and_of_what_is_old_enough(
    session: iRODSSession, alice: iRODSSession
) -> None:
    home, trash = (f"/{alice.zone}/{place}/{alice.username}/tree" for place in ("home", "trash/home"))
    alice.collections.create(home)
    make_object(alice, f"{home}/object")
    alice.collections.remove(home, recurse=True)
    with refused("CAT_INSUFFICIENT_PRIVILEGE_LEVEL"):
        alice.collections.remove(trash, recurse=True, irodsAdminRmTrash="")
    session.collections.remove(trash, recurse=True, irodsAdminRmTrash="", age="60")
    assert names(session, trash) == {"object"}
    session.collections.remove(trash, recurse=True, irodsAdminRmTrash="")
    assert not session.collections.exists(trash)


def test_whether_a_name_is_taken_is_not_told_to_who_may_not_see_it(session: iRODSSession, alice: iRODSSession) -> None:
    hidden = f"/{session.zone}/home/{session.username}/hidden"
    session.collections.create(hidden)
    for name in ("hidden", "none"):
        with pytest.raises(CAT_NO_ACCESS_PERMISSION):
            alice.collections.create(f"/{session.zone}/home/{session.username}/{name}", recurse=False)
