from __future__ import annotations

import pytest
from irods import exception
from irods.access import iRODSAccess
from irods.models import Collection
from irods.session import iRODSSession

from tests.sandbox.requests import send_json

LEVELS = [
    "read_metadata",
    "read_object",
    "create_metadata",
    "modify_metadata",
    "delete_metadata",
    "create_object",
    "modify_object",
    "delete_object",
    "own",
]


def levels(session: iRODSSession, path: str) -> dict[str, str]:
    entry = session.data_objects if session.data_objects.exists(path) else session.collections
    return {access.user_name: access.access_name for access in session.acls.get(entry.get(path))}


def grant(session: iRODSSession, level: str, path: str, user: str = "", **options: bool) -> None:
    session.acls.set(iRODSAccess(level, path, user), **options)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_can_be_given_and_taken_away(
    session: iRODSSession, alice: iRODSSession, data_object: str, level: str
) -> None:
    grant(session, level, data_object, alice.username)
    assert levels(session, data_object) == {"rods": "own", alice.username: level}
    grant(session, "null", data_object, alice.username)
    assert levels(session, data_object) == {"rods": "own"}


def test_read_and_write_are_the_object_levels(session: iRODSSession, alice: iRODSSession, data_object: str) -> None:
    grant(session, "read", data_object, alice.username)
    assert levels(session, data_object)[alice.username] == "read_object"
    grant(session, "write", data_object, alice.username)
    assert levels(session, data_object)[alice.username] == "modify_object"


def test_a_level_that_does_not_exist_is_named_in_the_error(session: iRODSSession, data_object: str) -> None:
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="access level 'fly' is invalid"):
        grant(session, "fly", data_object, "rods")


def test_unknown_users_and_paths_are_told_apart(session: iRODSSession, data_object: str, home: str) -> None:
    with pytest.raises(exception.CAT_INVALID_USER):
        grant(session, "read", data_object, "ghost")
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="not a collection and not a dataObj"):
        grant(session, "read", f"{home}/none", "rods")


def test_only_owners_change_permissions(session: iRODSSession, alice: iRODSSession, data_object: str) -> None:
    for level in ("null", "read", "delete_object"):
        grant(session, level, data_object, alice.username)
        with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
            grant(alice, "own", data_object, alice.username)
    grant(session, "own", data_object, alice.username)
    grant(alice, "null", data_object, "rods")
    assert levels(session, data_object) == {alice.username: "own"}


def test_administrators_change_foreign_permissions_when_they_say_so(session: iRODSSession, alice: iRODSSession) -> None:
    path = f"/{alice.zone}/home/{alice.username}"
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
        grant(session, "read", path, "rods")
    grant(session, "read", path, "rods", admin=True)
    assert levels(session, path) == {alice.username: "own", "rods": "read_object"}
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION, match="-M admin mode"):
        grant(alice, "null", path, "rods", admin=True)


def test_recursion_reaches_everything_below_and_nothing_beside(
    session: iRODSSession, alice: iRODSSession, home: str
) -> None:
    for name in ("tree", "tree/sub", "tree_"):
        session.collections.create(f"{home}/{name}")
        session.data_objects.create(f"{home}/{name}/object")
    grant(session, "write", f"{home}/tree", alice.username, recursive=True)
    for path in ("tree", "tree/object", "tree/sub", "tree/sub/object"):
        assert levels(session, f"{home}/{path}")[alice.username] == "modify_object"
    assert alice.username not in levels(session, f"{home}/tree_/object")
    grant(session, "null", f"{home}/tree", alice.username, recursive=True)
    assert alice.username not in levels(session, f"{home}/tree/sub/object")


def test_recursion_on_a_data_object_is_refused(session: iRODSSession, data_object: str) -> None:
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="recursion was requested"):
        grant(session, "read", data_object, "rods", recursive=True)


def test_what_is_made_in_an_inheriting_collection_gets_its_permissions(
    session: iRODSSession, alice: iRODSSession, home: str
) -> None:
    grant(session, "write", home, alice.username)
    grant(session, "inherit", home)
    assert session.query(Collection.inheritance).filter(Collection.name == home).one()[Collection.inheritance] == "1"
    session.collections.create(f"{home}/sub")
    session.data_objects.create(f"{home}/sub/object")
    for path in (f"{home}/sub", f"{home}/sub/object"):
        assert levels(session, path) == {"rods": "own", alice.username: "modify_object"}
    grant(session, "noinherit", home)
    session.data_objects.create(f"{home}/later")
    assert levels(session, f"{home}/later") == {"rods": "own"}


def test_inheritance_is_for_owned_collections(session: iRODSSession, alice: iRODSSession, data_object: str) -> None:
    for caller, path in ((session, data_object), (alice, data_object.rpartition("/")[0])):
        with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION, match="either the collection does not exist"):
            grant(caller, "inherit", path)


def test_members_have_what_their_group_has(
    session: iRODSSession, alice: iRODSSession, data_object: str, group: str
) -> None:
    for path in (data_object.rpartition("/")[0], data_object):
        grant(session, "read", path, group)
    assert not alice.data_objects.exists(data_object)
    session.groups.addmember(group, alice.username)
    with alice.data_objects.open(data_object, "r") as file:
        assert file.read() == b"content"
    session.groups.removemember(group, alice.username)
    assert not alice.data_objects.exists(data_object)


def atomically(
    session: iRODSSession, path: str, *operations: object, admin: bool = False
) -> tuple[int, dict[str, object]]:
    return send_json(session, 20005, {"logical_path": path, "admin_mode": admin, "operations": list(operations)})


def test_atomic_operations_change_several_users_at_once(
    session: iRODSSession, alice: iRODSSession, data_object: str, group: str
) -> None:
    grant(session, "own", data_object, alice.username)
    status, answer = atomically(
        session,
        data_object,
        {"entity_name": alice.username, "acl": "null"},
        {"entity_name": group, "acl": "write"},
        {"entity_name": group, "acl": "read_metadata", "zone": session.zone},
    )
    assert (status, answer) == (0, {})
    assert levels(session, data_object) == {"rods": "own", group: "read_metadata"}


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"entity_name": "ghost", "acl": "read"}, -130000),
        ({"entity_name": "rods", "acl": "fly"}, -130000),
        ({"entity_name": "public", "acl": "read", "zone": "elsewhere"}, -130000),
        ({"acl": "read"}, -154000),
    ],
)
def test_one_failing_atomic_operation_undoes_all(
    session: iRODSSession, data_object: str, operation: dict[str, str], status: int
) -> None:
    code, answer = atomically(session, data_object, {"entity_name": "public", "acl": "read"}, operation)
    assert (code, answer["operation"], answer["operation_index"]) == (status, operation, 1)
    assert levels(session, data_object) == {"rods": "own"}


def test_atomic_operations_are_for_owners_and_administrators(
    session: iRODSSession, alice: iRODSSession, data_object: str
) -> None:
    operation = {"entity_name": alice.username, "acl": "own"}
    assert atomically(alice, data_object, operation)[0] == -358000
    for path in (data_object.rpartition("/")[0], data_object):
        grant(session, "write", path, alice.username)
    assert atomically(alice, data_object, operation)[0] == -818000
    assert atomically(alice, data_object, operation, admin=True)[0] == -830000
    assert atomically(session, f"/{alice.zone}/home/{alice.username}", operation, admin=True)[0] == 0
