from __future__ import annotations

from dataclasses import dataclass

import pytest

from irodsfs.sandbox.catalog.access_checks import Access
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from tests.sandbox.querying import Asker

PUBLIC = 10001


@dataclass
class Scene:
    """A zone where alice may read one of two collections and one of two objects in it."""

    rods: Asker
    alice: Asker
    readable: int
    hidden: int


@pytest.fixture
def scene(rods: Asker) -> Scene:
    alice = rods.add_user("alice", groups=(PUBLIC,))
    rods.add_user("bob")
    readable = rods.add_collection("/tempZone/home/rods/shared", {10002: Access.OWN, alice: Access.READ_OBJECT})
    rods.add_collection("/tempZone/home/rods/private")
    rods.add_object(readable, "open", access={alice: Access.MODIFY_OBJECT})
    rods.add_object(readable, "listed", access={alice: Access.READ_METADATA})
    hidden = rods.add_object(readable, "closed")
    return Scene(rods, rods.as_user("alice"), readable, hidden)


def test_administrator_sees_everything(scene: Scene) -> None:
    assert scene.rods.rows("DATA_NAME") == [("closed",), ("listed",), ("open",)]


def test_user_sees_collections_readable_to_it_or_its_groups(scene: Scene) -> None:
    found = scene.alice.rows("COLL_NAME")
    assert found == [("/tempZone/home/public",), ("/tempZone/home/rods/shared",), ("/tempZone/trash/home/public",)]


def test_user_sees_objects_only_with_read_access_to_their_content(scene: Scene) -> None:
    assert scene.alice.rows("DATA_NAME") == [("open",)]


def test_user_without_access_sees_no_rows(scene: Scene) -> None:
    with pytest.raises(IrodsError) as failure:
        scene.rods.as_user("bob").ask("DATA_NAME")
    assert failure.value.code == code_of("CAT_NO_ROWS_FOUND")


def test_a_table_in_a_condition_restricts_too(scene: Scene) -> None:
    with pytest.raises(IrodsError):
        scene.alice.ask("DATA_RESC_NAME", where={"DATA_NAME": "= 'closed'"})
    assert scene.alice.rows("DATA_RESC_NAME", where={"DATA_NAME": "= 'open'"}) == [("demoResc",)]


def test_user_sees_all_entries_of_the_access_list_of_what_it_sees(scene: Scene) -> None:
    found = scene.alice.rows("COLL_ACCESS_USER_ID", where={"COLL_NAME": "like '%shared'"})
    assert len(found) == 2


def test_users_and_resources_are_open_to_all(scene: Scene) -> None:
    assert {name for (name,) in scene.alice.rows("USER_NAME")} == {"alice", "bob", "public", "rods"}
    assert scene.alice.rows("RESC_NAME") == [("bundleResc",), ("demoResc",)]


def test_user_sees_only_its_own_ticket_strings(scene: Scene) -> None:
    scene.rods.add_ticket("mine", scene.readable, scene.alice.user.id)
    scene.rods.add_ticket("theirs", scene.readable, 10002)
    assert scene.alice.rows("TICKET_STRING") == [("mine",)]
    assert len(scene.alice.rows("TICKET_ID")) == 2


def test_ticket_shows_its_object_and_nothing_else(scene: Scene) -> None:
    scene.rods.add_ticket("data", scene.hidden, 10002)
    bob = scene.rods.as_user("bob", ticket="data")
    assert bob.rows("COLL_NAME", "DATA_NAME") == [("/tempZone/home/rods/shared", "closed")]


def test_ticket_for_a_collection_shows_what_is_below(scene: Scene) -> None:
    below = scene.rods.add_collection("/tempZone/home/rods/shared/below")
    scene.rods.add_object(below, "deep")
    scene.rods.add_ticket("coll", scene.readable, 10002)
    bob = scene.rods.as_user("bob", ticket="coll")
    assert [name for _, name in bob.rows("COLL_NAME", "DATA_NAME")] == ["closed", "listed", "open", "deep"]
    assert len(bob.rows("COLL_NAME")) == 2


def test_query_for_objects_by_ticket_needs_their_collection(scene: Scene) -> None:
    scene.rods.add_ticket("data", scene.hidden, 10002)
    with pytest.raises(IrodsError) as failure:
        scene.rods.as_user("bob", ticket="data").ask("DATA_NAME")
    assert failure.value.code == code_of("CAT_SQL_ERR")


def test_requested_access_check_judges_the_named_user(scene: Scene) -> None:
    keywords = {"userNameClient": "alice", "rodsZoneClient": "tempZone", "accessPermission": "read_object"}
    assert scene.rods.rows("DATA_ID", "DATA_NAME", where={"DATA_NAME": "= 'open'"}, keywords=keywords)
    with pytest.raises(IrodsError) as failure:
        scene.rods.ask("DATA_ID", "DATA_NAME", where={"DATA_NAME": "= 'closed'"}, keywords=keywords)
    assert failure.value.code == code_of("CAT_NO_ACCESS_PERMISSION")


def test_keywords_that_are_no_access_check_are_an_invalid_argument(scene: Scene) -> None:
    with pytest.raises(IrodsError) as failure:
        scene.rods.ask("DATA_NAME", keywords={"resc": "demoResc"})
    assert failure.value.code == code_of("CAT_INVALID_ARGUMENT")
