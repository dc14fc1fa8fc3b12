from __future__ import annotations

import pytest
from irods.column import Between, In, Like, NotLike
from irods.exception import SYS_INVALID_INPUT_PARAM, SYS_INVALID_ZONE_NAME, SYS_LIBRARY_ERROR
from irods.genquery2 import GenQuery2
from irods.models import Collection, CollectionMeta, DataObject, User
from irods.session import iRODSSession

NAMES = ["%", "_", "a b", "it's", 'say "&<>"', "zoë"]


@pytest.fixture
def objects(session: iRODSSession, home: str) -> str:
    for size, name in enumerate(NAMES):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(b"x" * size)
    return home


def test_names_of_any_characters_come_back(session: iRODSSession, objects: str) -> None:
    query = session.query(DataObject.name, DataObject.size).filter(Collection.name == objects)
    assert [(row[DataObject.name], row[DataObject.size]) for row in query] == [
        (name, size) for size, name in enumerate(NAMES)
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Like(DataObject.name, "\\%"), ["%"]),
        (NotLike(DataObject.name, "%_ %"), ["%", "_", "it's", "zoë"]),
        (In(DataObject.name, ["_", "zoë", "none"]), ["_", "zoë"]),
        (Between(DataObject.size, ("1", "3")), ["_", "a b", "it's"]),
        (DataObject.size > "3", ['say "&<>"', "zoë"]),
    ],
)
def test_conditions_of_python_irodsclient(
    session: iRODSSession, objects: str, condition: object, expected: list[str]
) -> None:
    query = session.query(DataObject.name).filter(Collection.name == objects).filter(condition)
    assert [row[DataObject.name] for row in query] == expected


def test_paging_brings_every_row_once(session: iRODSSession, objects: str) -> None:
    query = session.query(DataObject.name).filter(Collection.name == objects).limit(4)
    assert [[row[DataObject.name] for row in batch] for batch in query.get_batches()] == [NAMES[:4], NAMES[4:]]


def test_metadata_is_joined(session: iRODSSession, home: str) -> None:
    session.collections.get(home).metadata.add("colour", "blue", "paint")
    query = session.query(CollectionMeta.value, CollectionMeta.units).filter(Collection.name == home)
    assert [(row[CollectionMeta.value], row[CollectionMeta.units]) for row in query] == [("blue", "paint")]


def test_query_of_another_zone_is_refused(session: iRODSSession) -> None:
    with pytest.raises(SYS_INVALID_ZONE_NAME):
        list(session.query(User.name).add_keyword("zone", "elsewhere"))


def test_query_of_this_zone_may_name_a_path_in_it(session: iRODSSession) -> None:
    query = session.query(User.name).filter(User.name == "rods").add_keyword("zone", "/tempZone/home")
    assert [row[User.name] for row in query] == ["rods"]


def test_genquery2_answers_rows(session: iRODSSession, objects: str) -> None:
    text = f"select DATA_NAME, DATA_SIZE where COLL_NAME = '{objects}' and DATA_NAME = 'it''s'"
    assert session.genquery2(text) == [["it's", "3"]]


def test_genquery2_shows_sql_and_columns(session: iRODSSession) -> None:
    genquery2 = GenQuery2(session)
    assert genquery2.get_sql("select ZONE_NAME") == "select t0.zone_name from R_ZONE_MAIN t0 fetch first 256 rows only"
    assert genquery2.get_column_mappings()["COLL_NAME"] == {"R_COLL_MAIN": "coll_name"}


@pytest.mark.parametrize(
    ("text", "error"), [("select NOPE", SYS_INVALID_INPUT_PARAM), ("select COLL_NAME where", SYS_LIBRARY_ERROR)]
)
def test_genquery2_refuses_what_it_cannot_read(session: iRODSSession, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        session.genquery2(text)


def test_genquery2_of_another_zone_is_refused(session: iRODSSession) -> None:
    with pytest.raises(SYS_INVALID_ZONE_NAME):
        GenQuery2(session).execute("select COLL_NAME", zone="elsewhere")
