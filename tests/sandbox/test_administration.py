from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from irods import exception
from irods.api_number import api_number
from irods.column import Column, String
from irods.message import GeneralAdminRequest, MetadataRequest, TicketAdminRequest, UserAdminRequest, iRODSMessage
from irods.models import Collection, Group, Model, Resource, User, Zone
from irods.session import iRODSSession

from tests.sandbox.conftest import MakeUser
from tests.sandbox.requests import administer, administer_user, refused
from tests.zones import EmbeddedZone


class Token(Model):
    name = Column(String, "TOKEN_NAME", 1102)
    value = Column(String, "TOKEN_VALUE", 1103)


class ZoneText(Model):
    comment = Column(String, "ZONE_COMMENT", 105)


def new_name() -> str:
    return f"n{uuid.uuid4().hex[:8]}"


def groups_of(session: iRODSSession, user: str) -> set[str]:
    return {row[Group.name] for row in session.query(Group.name).filter(User.name == user)}


def test_a_new_user_has_a_home_a_trash_and_is_public(session: iRODSSession) -> None:
    name = new_name()
    session.users.create(name, "rodsuser")
    assert groups_of(session, name) == {name, "public"}
    for path in (f"/{session.zone}/home/{name}", f"/{session.zone}/trash/home/{name}"):
        access = session.acls.get(session.collections.get(path))
        assert [(entry.user_name, entry.access_name) for entry in access] == [(name, "own")]


def test_a_second_user_of_that_name_is_refused_and_leaves_nothing(session: iRODSSession) -> None:
    name = new_name()
    session.users.create(name, "rodsuser")
    with pytest.raises(exception.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME, match="Error -809000"):
        session.users.create(name, "rodsuser")
    assert len(list(session.query(User.id).filter(User.name == name))) == 1


def test_anonymous_has_no_home_and_is_not_public(session: iRODSSession) -> None:
    session.users.create("anonymous", "rodsuser")
    assert groups_of(session, "anonymous") == {"anonymous"}
    assert not session.collections.exists(f"/{session.zone}/home/anonymous")


@pytest.mark.parametrize(
    ("name", "kind", "error"),
    [
        ("plain", "emperor", exception.CAT_INVALID_USER_TYPE),
        ("with space", "rodsuser", exception.USER_INVALID_USERNAME_FORMAT),
        ("..", "rodsuser", exception.USER_INVALID_USERNAME_FORMAT),
        ("plain#elsewhere", "rodsuser", exception.CAT_INVALID_ZONE),
        ("plain", "rodsgroup", exception.SYS_NOT_ALLOWED),
    ],
)
def test_unfit_users_are_refused(session: iRODSSession, name: str, kind: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        administer(session, "add", "user", name, kind)


def test_a_user_of_another_zone_can_be_registered(session: iRODSSession) -> None:
    zone, name = new_name(), new_name()
    administer(session, "add", "zone", zone, "remote", "example.org:1247", "comment")
    administer(session, "add", "user", f"{name}#{zone}", "rodsuser")
    assert session.query(User.zone).filter(User.name == name).one()[User.zone] == zone
    assert session.collections.exists(f"/{session.zone}/home/{name}#{zone}")


def test_a_removed_user_is_gone_with_everything(session: iRODSSession, group: str, home: str) -> None:
    name = new_name()
    session.users.create(name, "rodsuser")
    session.groups.addmember(group, name)
    administer(session, "rm", "user", name)
    assert not list(session.query(User.id).filter(User.name == name))
    assert not session.collections.exists(f"/{session.zone}/home/{name}")
    assert not session.groups.getmembers(group)
    with pytest.raises(exception.CAT_INVALID_USER):
        administer(session, "rm", "user", name)


def test_a_user_whose_home_is_not_empty_stays(session: iRODSSession, alice: iRODSSession) -> None:
    alice.collections.create(f"/{alice.zone}/home/{alice.username}/full")
    with pytest.raises(exception.CAT_COLLECTION_NOT_EMPTY, match="is not empty"):
        administer(session, "rm", "user", alice.username)
    assert session.query(User.id).filter(User.name == alice.username).one()


def test_administrators_cannot_remove_themselves(session: iRODSSession) -> None:
    with pytest.raises(exception.SYS_NOT_ALLOWED):
        administer(session, "rm", "user", session.username)


def test_comment_info_and_type_can_be_changed(session: iRODSSession, alice: iRODSSession) -> None:
    for option, column in (("comment", User.comment), ("info", User.info)):
        session.users.modify(alice.username, option, f"the {option}")
        assert session.query(column).filter(User.name == alice.username).one()[column] == f"the {option}"
    session.users.modify(alice.username, "type", "groupadmin")
    assert session.users.get(alice.username).type == "groupadmin"


@pytest.mark.parametrize(
    ("option", "value", "error"),
    [
        ("type", "emperor", exception.CAT_INVALID_USER_TYPE),
        ("type", "rodsgroup", exception.SYS_NOT_ALLOWED),
        ("zone", "elsewhere", exception.CAT_INVALID_ARGUMENT),
        ("shoe-size", "42", exception.CAT_INVALID_ARGUMENT),
    ],
)
def test_unfit_changes_are_refused(
    session: iRODSSession, alice: iRODSSession, option: str, value: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        session.users.modify(alice.username, option, value)


def test_a_changed_password_replaces_the_old_one(session: iRODSSession, make_user: MakeUser) -> None:
    user = make_user(password="first one")
    assert user.collections.exists(f"/{user.zone}/home/{user.username}")
    for password in ("abc", "p" * 42, "pä55 wörd%&$"):
        session.users.modify(user.username, "password", password)
        with iRODSSession(**parameters(user), password=password) as changed:
            assert changed.collections.exists(f"/{user.zone}/home/{user.username}")
    with (
        iRODSSession(**parameters(user), password="first one") as old,
        pytest.raises(exception.CAT_INVALID_AUTHENTICATION),
    ):
        old.collections.exists("/")


def parameters(session: iRODSSession) -> dict[str, object]:
    return {"host": session.host, "port": session.port, "user": session.username, "zone": session.zone}


def test_too_long_a_password_is_refused(session: iRODSSession, alice: iRODSSession) -> None:
    with pytest.raises(exception.PASSWORD_EXCEEDS_MAX_SIZE):
        session.users.modify(alice.username, "password", "p" * 43)


def test_users_change_their_own_password_but_nobody_elses(
    session: iRODSSession, zone_server: EmbeddedZone, make_user: MakeUser
) -> None:
    alice, bob = make_user(password="before"), make_user()
    alice.users.modify_password("before", "after that")
    with zone_server.session(alice.username, "after that") as changed:
        assert changed.collections.exists(f"/{changed.zone}/home/{changed.username}")
    with pytest.raises(exception.CAT_INSUFFICIENT_PRIVILEGE_LEVEL):
        administer_user(bob, "userpw", alice.username, "password", "whatever")
    with pytest.raises(exception.CAT_INSUFFICIENT_PRIVILEGE_LEVEL):
        administer_user(bob, "userpw", bob.username, "type", "rodsadmin")


def test_general_administration_is_for_administrators(alice: iRODSSession) -> None:
    for arguments in (("add", "user", "x", "rodsuser"), ("rm", "resource", "demoResc"), ("calculate-usage",)):
        with pytest.raises(exception.SYS_NO_API_PRIV):
            administer(alice, *arguments)


def test_unknown_administration_is_an_invalid_argument(session: iRODSSession) -> None:
    with pytest.raises(exception.CAT_INVALID_ARGUMENT):
        administer(session, "make", "tea")


def test_members_join_and_leave_groups(session: iRODSSession, alice: iRODSSession, group: str) -> None:
    session.groups.addmember(group, alice.username)
    assert [user.name for user in session.groups.getmembers(group)] == [alice.username]
    with pytest.raises(exception.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        session.groups.addmember(group, alice.username)
    session.groups.removemember(group, alice.username)
    assert session.groups.getmembers(group) == []


@pytest.mark.parametrize(
    ("group_name", "user", "error"),
    [("nogroup", "rods", exception.CAT_INVALID_GROUP), ("public", "nobody", exception.CAT_INVALID_USER)],
)
def test_unknown_groups_and_members_are_told_apart(
    session: iRODSSession, group_name: str, user: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        session.groups.addmember(group_name, user)


def test_a_group_has_a_home_and_goes_with_it(session: iRODSSession, group: str) -> None:
    assert session.collections.exists(f"/{session.zone}/home/{group}")
    administer(session, "rm", "group", group)
    assert not session.collections.exists(f"/{session.zone}/home/{group}")
    with pytest.raises(exception.CAT_INVALID_GROUP):
        administer(session, "rm", "group", group)


def test_group_administrators_fill_their_groups_only(make_user: MakeUser, alice: iRODSSession, group: str) -> None:
    keeper = make_user("groupadmin")
    name = new_name()
    administer_user(keeper, "mkgroup", name, "rodsgroup")
    administer_user(keeper, "modify", "group", name, "add", keeper.username)
    administer_user(keeper, "modify", "group", name, "add", alice.username)
    assert groups_of(keeper, alice.username) == {alice.username, "public", name}
    with pytest.raises(exception.CAT_INSUFFICIENT_PRIVILEGE_LEVEL):
        administer_user(alice, "modify", "group", name, "remove", keeper.username)


def test_resources_are_made_changed_and_removed(session: iRODSSession, zone_server: EmbeddedZone) -> None:
    name = new_name()
    vault = zone_server.directory / name
    session.resources.create(name, "unixfilesystem", "example.org", str(vault), "context")
    session.resources.modify(name, "comment", "the comment")
    made = session.resources.get(name)
    assert (made.type, made.location, made.vault_path) == ("unixfilesystem", "example.org", str(vault))
    assert (made.context, made.comment) == ("context", "the comment")
    session.resources.remove(name)
    assert not list(session.query(Resource.id).filter(Resource.name == name))


def test_children_are_put_below_a_coordinating_resource(session: iRODSSession, zone_server: EmbeddedZone) -> None:
    parent, child = new_name(), new_name()
    session.resources.create(parent, "replication")
    session.resources.create(child, "unixfilesystem", "example.org", str(zone_server.directory / child))
    session.resources.add_child(parent, child, "some context")
    assert session.query(Resource.parent).filter(Resource.name == child).one()[Resource.parent] == str(
        session.resources.get(parent).id
    )
    for name in (parent, child):
        with refused("CHILD_EXISTS"):
            session.resources.remove(name)
    with pytest.raises(exception.HIERARCHY_ERROR):
        session.resources.add_child(child, parent)
    session.resources.remove_child(parent, child)
    for name in (parent, child):
        session.resources.remove(name)


def test_data_follow_the_changes_of_their_resources(
    session: iRODSSession, zone_server: EmbeddedZone, home: str
) -> None:
    parent, first, second = new_name(), new_name(), new_name()
    session.resources.create(parent, "replication")
    for name in (first, second):
        session.resources.create(name, "unixfilesystem", "example.org", str(zone_server.directory / name))
    session.resources.add_child(parent, first)
    with session.data_objects.open(f"{home}/x", "w", destRescName=parent) as file:
        file.write(b"content")
    assert hierarchies(session, f"{home}/x") == {f"{parent};{first}"}
    session.resources.add_child(parent, second)
    administer(session, "modify", "resource", parent, "rebalance")
    assert hierarchies(session, f"{home}/x") == {f"{parent};{first}", f"{parent};{second}"}
    administer(session, "modify", "resource", parent, "name", f"{parent}-renamed")
    assert hierarchies(session, f"{home}/x") == {f"{parent}-renamed;{first}", f"{parent}-renamed;{second}"}
    session.resources.remove_child(f"{parent}-renamed", first)
    assert hierarchies(session, f"{home}/x") == {first, f"{parent}-renamed;{second}"}


def hierarchies(session: iRODSSession, path: str) -> set[str]:
    replicas = session.data_objects.get(path).replicas
    assert {replica.status for replica in replicas} == {"1"}
    return {replica.resc_hier for replica in replicas}


def test_resources_with_data_cannot_be_removed(session: iRODSSession, data_object: str) -> None:
    with pytest.raises(exception.CAT_RESOURCE_NOT_EMPTY, match="contains one or more dataObjects"):
        session.resources.remove("demoResc")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("demoResc", "unixfilesystem", "h:/v"), exception.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME),
        (("-dashes-", "unixfilesystem", "h:/v"), exception.SYS_INVALID_INPUT_PARAM),
        (("rooted", "unixfilesystem", "h:/"), exception.CAT_INVALID_RESOURCE_VAULT_PATH),
        (("typeless", "", "h:/v"), exception.CAT_INVALID_RESOURCE_TYPE),
    ],
)
def test_unfit_resources_are_refused(session: iRODSSession, arguments: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        administer(session, "add", "resource", *arguments)


def test_quotas_are_for_groups_and_hinder_nobody(session: iRODSSession, alice: iRODSSession, group: str) -> None:
    with pytest.raises(exception.SYS_NOT_ALLOWED):
        session.users.set_quota(alice.username, 100)
    session.users.set_quota(alice.username, 0)
    session.groups.addmember(group, alice.username)
    session.groups.set_quota(group, 100)
    path = f"/{alice.zone}/home/{alice.username}/large"
    with alice.data_objects.open(path, "w") as file:
        file.write(b"x" * 1000)
    administer(session, "calculate-usage")
    with alice.data_objects.open(path, "a") as file:
        file.write(b"x" * 1000)
    assert alice.data_objects.get(path).size == 2000


def test_specific_queries_are_kept_by_alias(session: iRODSSession) -> None:
    alias = new_name()
    administer(session, "add", "specificQuery", "select user_name from R_USER_MAIN where user_name = ?", alias)
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="Alias is not unique"):
        administer(session, "add", "specificQuery", "select 1", alias)
    administer(session, "rm", "specificQuery", alias)
    with pytest.raises(exception.CAT_SUCCESS_BUT_WITH_NO_INFO):
        administer(session, "rm", "specificQuery", alias)


def test_tokens_are_added_to_known_namespaces(session: iRODSSession) -> None:
    name = new_name()
    administer(session, "add", "token", "data_type", name, "value")
    assert session.query(Token.value).filter(Token.name == name).one()[Token.value] == "value"
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="already exists in namespace"):
        administer(session, "add", "token", "data_type", name)
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="does not exist"):
        administer(session, "add", "token", "no_such_namespace", name)
    administer(session, "rm", "token", "data_type", name)


def test_remote_zones_come_and_go_but_the_local_one_stays(session: iRODSSession) -> None:
    name = new_name()
    administer(session, "add", "zone", name, "remote", "example.org:1247", "")
    administer(session, "modify", "zone", name, "comment", "far away")
    assert session.query(ZoneText.comment).filter(Zone.name == name).one()[ZoneText.comment] == "far away"
    roots = session.query(Collection.name).filter(Collection.parent_name == "/")
    assert f"/{name}" in {row[Collection.name] for row in roots}
    administer(session, "rm", "zone", name)
    assert not list(session.query(Zone.id).filter(Zone.name == name))
    with pytest.raises(exception.CAT_INVALID_ARGUMENT, match="not permitted to remove the local zone"):
        administer(session, "rm", "zone", session.zone)


OPERATIONS = st.sampled_from(["add", "modify", "rm", "rmi", "mod", "set", "set-quota", "create", "delete"])
NOUNS = st.sampled_from(["user", "group", "resource", "zone", "token", "-d", "-C", "-R", "-u", "uses", "expire"])
NAMES = st.sampled_from(["demoResc", "public", "/tempZone/home", "total", "free_space", "path", "name", "n:", "u:x"])
NUMBERS = st.sampled_from(["0", "-1", "+5", "9" * 19, "9" * 400, "1e9", "0x10"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.sampled_from(["GENERAL_ADMIN_AN", "USER_ADMIN_AN", "MOD_AVU_METADATA_AN", "TICKET_ADMIN_AN"]),
    arguments=st.lists(OPERATIONS | NOUNS | NAMES | NUMBERS | TEXTS, min_size=6, max_size=6),
)
def test_whatever_the_arguments_are_there_is_an_answer(zone: EmbeddedZone, number: str, arguments: list[str]) -> None:
    requests = {
        "GENERAL_ADMIN_AN": GeneralAdminRequest,
        "USER_ADMIN_AN": UserAdminRequest,
        "MOD_AVU_METADATA_AN": ArbitraryMetadataRequest,
        "TICKET_ADMIN_AN": TicketAdminRequest,
    }
    received: list[iRODSMessage] = []
    with zone.session() as session, session.pool.get_connection() as connection:
        message = iRODSMessage("RODS_API_REQ", requests[number](*arguments), int_info=api_number[number])
        connection.send(message)
        with suppress(exception.iRODSException, KeyError):
            connection.recv(return_message=received)
    assert received[0].int_info <= 0
    assert "Traceback" not in zone.log


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[EmbeddedZone]:
    """A zone for one test, which may do any harm to it."""
    with EmbeddedZone.served(tmp_path) as zone:
        yield zone


class ArbitraryMetadataRequest(MetadataRequest):
    """One whose arguments the client does not check."""

    def __init__(self, *arguments: str) -> None:
        super().__init__()
        for position, argument in enumerate(arguments):
            setattr(self, f"arg{position}", argument)
