from __future__ import annotations

from collections.abc import Callable

import pytest
from irods import exception
from irods.access import iRODSAccess
from irods.column import Like
from irods.message import BinaryProperty, IntegerProperty, Message
from irods.meta import AVUOperation, iRODSMeta
from irods.models import Collection, CollectionMeta, DataObject, DataObjectMeta, Resource, User
from irods.session import iRODSSession

from tests.sandbox.requests import modify_metadata, send, send_json

AVU = tuple[str, str, str]


def avus(session: iRODSSession, path: str) -> set[AVU]:
    return {(avu.name, avu.value, avu.units or "") for avu in session.metadata.get(DataObject, path)}


def add(session: iRODSSession, path: str, *avu: str) -> None:
    session.metadata.add(DataObject, path, iRODSMeta(*avu))


def test_added_avus_are_found_with_and_without_units(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "colour", "red")
    add(session, data_object, "length", "3", "m")
    assert avus(session, data_object) == {("colour", "red", ""), ("length", "3", "m")}


def test_same_avu_cannot_be_added_twice(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b", "c")
    with pytest.raises(exception.CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        add(session, data_object, "a", "b", "c")
    add(session, data_object, "a", "b")
    assert avus(session, data_object) == {("a", "b", "c"), ("a", "b", "")}


def test_any_text_is_kept_as_it_is(session: iRODSSession, data_object: str) -> None:
    text = "数据 'q\" <&> 100%_\\ line1\nline2\ttab"
    add(session, data_object, "clé", text, "µm")
    assert avus(session, data_object) == {("clé", text, "µm")}


@pytest.mark.parametrize("text", ["v" * 2700, "é" * 1350], ids=["ascii", "two-byte"])
def test_values_up_to_2700_bytes_are_kept(session: iRODSSession, data_object: str, text: str) -> None:
    add(session, data_object, "a", text)
    assert avus(session, data_object) == {("a", text, "")}


@pytest.mark.parametrize("avu", [("a", "v" * 2701), ("a", "é" * 1351), ("n" * 2701, "v"), ("a", "v", "u" * 251)])
def test_longer_texts_are_refused_by_the_catalog(session: iRODSSession, data_object: str, avu: list[str]) -> None:
    with pytest.raises(exception.CAT_SQL_ERR):
        add(session, data_object, *avu)
    assert avus(session, data_object) == set()


def test_an_empty_value_or_attribute_is_an_invalid_argument(session: iRODSSession, data_object: str) -> None:
    for avu in (["a"], []):
        with pytest.raises(exception.CAT_INVALID_ARGUMENT):
            modify_metadata(session, "add", "-d", data_object, *avu)


def test_equal_avus_of_different_objects_are_one_row(session: iRODSSession, data_object: str, home: str) -> None:
    add(session, data_object, "shared", home)
    session.metadata.add(Collection, home, iRODSMeta("shared", home))
    [on_object] = [avu.avu_id for avu in session.metadata.get(DataObject, data_object)]
    [on_collection] = [avu.avu_id for avu in session.metadata.get(Collection, home)]
    assert on_object == on_collection


def test_set_replaces_all_values_of_an_attribute(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "1")
    add(session, data_object, "a", "2", "x")
    add(session, data_object, "b", "3")
    session.metadata.set(DataObject, data_object, iRODSMeta("a", "only"))
    assert avus(session, data_object) == {("a", "only", ""), ("b", "3", "")}


def test_set_leaves_other_objects_with_the_same_avu_alone(session: iRODSSession, data_object: str, home: str) -> None:
    add(session, data_object, "a", home)
    session.metadata.add(Collection, home, iRODSMeta("a", home))
    session.metadata.set(DataObject, data_object, iRODSMeta("a", "changed"))
    assert avus(session, data_object) == {("a", "changed", "")}
    assert [avu.value for avu in session.metadata.get(Collection, home)] == [home]


def test_removing_an_avu_that_is_not_there_changes_nothing(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b", "c")
    with pytest.raises(exception.CAT_SUCCESS_BUT_WITH_NO_INFO):
        session.metadata.remove(DataObject, data_object, iRODSMeta("a", "b"))
    session.metadata.remove(DataObject, data_object, iRODSMeta("a", "b", "c"))
    assert avus(session, data_object) == set()


def test_an_avu_is_removed_by_its_id(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b")
    [avu] = session.metadata.get(DataObject, data_object)
    modify_metadata(session, "rmi", "-d", data_object, str(avu.avu_id))
    assert avus(session, data_object) == set()


def test_modify_changes_the_named_parts(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b", "c")
    modify_metadata(session, "mod", "-d", data_object, "a", "b", "c", "n:x", "u:z")
    assert avus(session, data_object) == {("x", "b", "z")}
    modify_metadata(session, "mod", "-d", data_object, "x", "b", "z", "v:y")
    assert avus(session, data_object) == {("x", "y", "z")}


def test_a_modification_without_a_change_is_refused_and_undone(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b")
    with pytest.raises(exception.CAT_INVALID_ARGUMENT):
        modify_metadata(session, "mod", "-d", data_object, "a", "b", "")
    assert avus(session, data_object) == {("a", "b", "")}


def test_copy_brings_all_avus_to_another_entity(session: iRODSSession, data_object: str, home: str) -> None:
    add(session, data_object, "a", "b", "c")
    add(session, data_object, "d", "e")
    session.metadata.copy(DataObject, Collection, data_object, home)
    copied = {(avu.name, avu.value, avu.units or "") for avu in session.metadata.get(Collection, home)}
    assert copied == {("a", "b", "c"), ("d", "e", "")}


def test_users_and_resources_have_avus(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    for model, name in ((User, alice.username), (Resource, "demoResc")):
        session.metadata.add(model, name, iRODSMeta("place", home))
        assert home in [avu.value for avu in session.metadata.get(model, name)]


def test_only_administrators_change_avus_of_users_and_resources(alice: iRODSSession) -> None:
    for model, name in ((User, alice.username), (Resource, "demoResc")):
        with pytest.raises(exception.CAT_INSUFFICIENT_PRIVILEGE_LEVEL):
            alice.metadata.add(model, name, iRODSMeta("a", "b"))


@pytest.mark.parametrize("operation", ["adda", "addw", "rmw", "fly"])
def test_operations_the_server_gave_up_are_invalid(session: iRODSSession, data_object: str, operation: str) -> None:
    with pytest.raises(exception.CAT_INVALID_ARGUMENT):
        modify_metadata(session, operation, "-d", data_object, "a", "b")


def test_missing_entities_are_told_apart(session: iRODSSession, home: str) -> None:
    for kind, error in (
        ("-d", exception.CAT_UNKNOWN_FILE),
        ("-C", exception.CAT_UNKNOWN_COLLECTION),
        ("-R", exception.CAT_INVALID_RESOURCE),
        ("-x", exception.CAT_INVALID_ARGUMENT),
    ):
        with pytest.raises(error):
            modify_metadata(session, "add", kind, f"{home}/none", "a", "b")
    with pytest.raises(exception.CAT_INVALID_USER):
        modify_metadata(session, "add", "-u", "nobody-there", "a", "b")


@pytest.mark.parametrize(
    ("level", "can_add", "can_remove"),
    [
        ("read_object", False, False),
        ("create_metadata", True, False),
        ("modify_metadata", True, False),
        ("delete_metadata", True, True),
        ("own", True, True),
    ],
)
def test_each_level_allows_what_its_name_says(
    session: iRODSSession, alice: iRODSSession, data_object: str, level: str, can_add: bool, can_remove: bool
) -> None:
    add(session, data_object, "there", "before")
    session.acls.set(iRODSAccess(level, data_object, alice.username))
    assert allowed(lambda: modify_metadata(alice, "add", "-d", data_object, "a", "b")) == can_add
    assert allowed(lambda: modify_metadata(alice, "rm", "-d", data_object, "there", "before")) == can_remove


def allowed(action: Callable[[], None]) -> bool:
    try:
        action()
    except exception.CAT_NO_ACCESS_PERMISSION:
        return False
    return True


def test_administrators_pass_over_permissions_only_when_they_say_so(session: iRODSSession, alice: iRODSSession) -> None:
    path = f"/{alice.zone}/home/{alice.username}"
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
        modify_metadata(session, "add", "-C", path, "a", "b")
    modify_metadata(session, "add", "-C", path, "a", "b", irodsAdmin="")
    with pytest.raises(exception.CAT_INSUFFICIENT_PRIVILEGE_LEVEL):
        modify_metadata(alice, "add", "-C", path, "c", "d", irodsAdmin="")
    assert [avu.name for avu in alice.metadata.get(Collection, path)] == ["a"]


def test_atomic_operations_take_what_is_there_already_and_what_is_not(session: iRODSSession, data_object: str) -> None:
    add(session, data_object, "a", "b")
    session.metadata.apply_atomic_operations(
        DataObject,
        data_object,
        AVUOperation(operation="add", avu=iRODSMeta("a", "b")),
        AVUOperation(operation="add", avu=iRODSMeta("c", "d", "e")),
        AVUOperation(operation="remove", avu=iRODSMeta("not", "there")),
        AVUOperation(operation="remove", avu=iRODSMeta("a", "b")),
    )
    assert avus(session, data_object) == {("c", "d", "e")}


def test_one_failing_atomic_operation_undoes_all(session: iRODSSession, data_object: str) -> None:
    with pytest.raises(exception.SYS_LIBRARY_ERROR):
        session.metadata.apply_atomic_operations(
            DataObject,
            data_object,
            AVUOperation(operation="add", avu=iRODSMeta("a", "b")),
            AVUOperation(operation="add", avu=iRODSMeta("c", "v" * 2701)),
        )
    assert avus(session, data_object) == set()


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"operation": "add", "attribute": "a"}, -172000),
        ({"operation": "add", "attribute": "a", "value": 1}, -172000),
        ({"operation": "add", "attribute": "a", "value": ""}, -130000),
        ({"operation": "fly", "attribute": "a", "value": "b"}, -1811000),
    ],
)
def test_a_wrong_atomic_operation_is_told_with_its_position(
    session: iRODSSession, data_object: str, operation: dict[str, object], status: int
) -> None:
    good = {"operation": "add", "attribute": "x", "value": "y"}
    document = {"entity_name": data_object, "entity_type": "data_object", "operations": [good, operation]}
    code, answer = send_json(session, 20002, document)
    assert (code, answer["operation"], answer["operation_index"]) == (status, operation, 1)
    assert avus(session, data_object) == set()


@pytest.mark.parametrize("document", [[], {}, {"entity_name": "x"}, {"entity_name": "x", "entity_type": "planet"}])
def test_a_malformed_atomic_request_is_an_invalid_input(session: iRODSSession, document: object) -> None:
    code, answer = send_json(session, 20002, document)
    assert (code, answer["operation"]) == (-130000, None)


class Buffer(Message):
    _name = "BinBytesBuf_PI"
    buflen = IntegerProperty()
    buf = BinaryProperty()


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"[" * 100_000], ids=["empty", "binary", "cut", "deep"])
def test_what_is_no_json_is_not_well_formed(session: iRODSSession, content: bytes) -> None:
    with pytest.raises(exception.INPUT_ARG_NOT_WELL_FORMED_ERR):
        send(session, 20002, Buffer(buflen=len(content), buf=content))


def test_atomic_operations_need_modify_object(session: iRODSSession, alice: iRODSSession, data_object: str) -> None:
    home = data_object.rpartition("/")[0]
    session.acls.set(iRODSAccess("read", home, alice.username))
    change = AVUOperation(operation="add", avu=iRODSMeta("a", "b"))
    with pytest.raises(exception.SYS_INVALID_INPUT_PARAM):
        alice.metadata.apply_atomic_operations(DataObject, data_object, change)
    session.acls.set(iRODSAccess("delete_metadata", data_object, alice.username))
    with pytest.raises(exception.CAT_NO_ACCESS_PERMISSION):
        alice.metadata.apply_atomic_operations(DataObject, data_object, change)
    session.acls.set(iRODSAccess("write", data_object, alice.username))
    alice.metadata.apply_atomic_operations(DataObject, data_object, change)
    assert avus(session, data_object) == {("a", "b", "")}


def test_queries_find_objects_by_their_avus(session: iRODSSession, data_object: str, home: str) -> None:
    add(session, data_object, "key", home, "unit")
    found = session.query(DataObject.name, DataObjectMeta.units).filter(DataObjectMeta.value == home).all()
    assert [row[DataObject.name] for row in found] == ["object"]
    nothing = session.query(Collection.name).filter(Like(CollectionMeta.value, home + "%")).all()
    assert list(nothing) == []
