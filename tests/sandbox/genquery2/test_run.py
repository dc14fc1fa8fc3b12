from __future__ import annotations

import json

import pytest

from irodsfs.sandbox.catalog import genquery2
from irodsfs.sandbox.catalog.access_checks import Access
from tests.sandbox.querying import Asker

PUBLIC = 10001


def rows(asker: Asker, text: str) -> list[list[str]]:
    found: list[list[str]] = json.loads(genquery2.run(asker, text))
    return found


@pytest.fixture
def objects(rods: Asker) -> Asker:
    for letter in "ab":
        collection = rods.add_collection(f"/tempZone/home/rods/{letter}")
        for number in range(3):
            rods.add_object(collection, f"{letter}{number}", number + 1)
    return rods


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("DATA_SIZE > '2'", ["a2", "b2"]),
        ("DATA_SIZE between '2' and '9' and COLL_NAME like '%/a'", ["a1", "a2"]),
        ("not DATA_SIZE = '1' and not DATA_SIZE in ('2')", ["a2", "b2"]),
        ("DATA_NAME = 'a0' or DATA_NAME like 'b%' and DATA_SIZE <= '1'", ["a0", "b0"]),
        ("(DATA_NAME = 'a0' or DATA_NAME like 'b%') and DATA_SIZE > '1'", ["b1", "b2"]),
        ("DATA_NAME not like '_0' and DATA_COMMENTS is null and DATA_SIZE != '2'", ["a2", "b2"]),
        ("upper(DATA_NAME) = 'A1'", ["a1"]),
        ("concat(DATA_NAME, DATA_SIZE) = 'a12'", ["a1"]),
        ("cast(DATA_SIZE as varchar(10)) like '3%'", ["a2", "b2"]),
        ("length(DATA_NAME) = '3'", []),
    ],
)
def test_conditions_select_what_postgresql_would(objects: Asker, conditions: str, expected: list[str]) -> None:
    assert rows(objects, f"select distinct DATA_NAME where {conditions} order by DATA_NAME") == [[n] for n in expected]


def test_rows_repeat_for_each_entry_of_an_access_list(objects: Asker) -> None:
    objects.add_object(10010, "shared", access={objects.user.id: 1200, PUBLIC: 1050})
    found = rows(objects, "select DATA_NAME, DATA_ACCESS_PERM_NAME where DATA_NAME = 'shared'")
    assert sorted(map(tuple, found)) == [("shared", "own"), *[("shared", "read_object")] * 2]


def test_default_limit_is_256_rows(rods: Asker) -> None:
    collection = rods.add_collection("/tempZone/home/rods/many")
    with rods.catalog.transaction():
        for number in range(300):
            rods.add_object(collection, f"{number}")
    assert len(rows(rods, "select DATA_NAME")) == 256
    assert len(rows(rods, "select DATA_NAME limit 1000")) == 300
    assert len(rows(rods, "select DATA_NAME limit 1000 offset 290")) == 10


def test_groups_and_aggregates(objects: Asker) -> None:
    found = rows(
        objects,
        "select COLL_NAME, count(DATA_ID), sum(DATA_SIZE), avg(DATA_SIZE), min(DATA_NAME)"
        " where DATA_SIZE > '1' group by COLL_NAME order by COLL_NAME desc",
    )
    assert found == [
        ["/tempZone/home/rods/b", "2", "5", "2.5000000000000000", "b1"],
        ["/tempZone/home/rods/a", "2", "5", "2.5000000000000000", "a1"],
    ]


def test_nulls_are_empty_text(objects: Asker) -> None:
    assert rows(objects, "select META_DATA_ATTR_NAME where DATA_NAME = 'a0'") == [[""]]


def test_metadata_of_objects_and_of_their_collections_mix(objects: Asker) -> None:
    a0 = int(rows(objects, "select DATA_ID where DATA_NAME = 'a0'")[0][0])
    b = int(rows(objects, "select COLL_ID where COLL_NAME = '/tempZone/home/rods/b'")[0][0])
    objects.add_avu(a0, "job", "1")
    objects.add_avu(b, "project", "2")
    text = (
        "select distinct DATA_NAME where META_DATA_ATTR_NAME = 'job' or META_COLL_ATTR_VALUE = '2' order by DATA_NAME"
    )
    assert rows(objects, text) == [["a0"], ["b0"], ["b1"], ["b2"]]


def test_resource_hierarchy_is_spelled_from_the_root(rods: Asker) -> None:
    rods.catalog.execute("UPDATE R_RESC_MAIN SET resc_parent = '10012' WHERE resc_name = 'demoResc'")
    rods.add_object(10010, "replica")
    found = rows(rods, "select DATA_NAME, DATA_RESC_HIER where DATA_NAME = 'replica'")
    assert ["replica", "bundleResc;demoResc"] in found


def test_user_finds_only_what_it_may_read(objects: Asker) -> None:
    alice = objects.add_user("alice", groups=(PUBLIC,))
    collection = objects.add_collection("/tempZone/home/rods/shared", {alice: Access.READ_OBJECT})
    objects.add_object(collection, "mine", access={alice: Access.READ_OBJECT})
    objects.add_object(collection, "theirs", access={alice: Access.READ_METADATA})
    asker = objects.as_user("alice")
    assert rows(asker, "select DATA_NAME") == [["mine"]]
    assert rows(asker, "select DATA_NAME, COLL_NAME") == [["mine", "/tempZone/home/rods/shared"]]
    assert rows(asker, "select COLL_NAME where COLL_NAME like '/tempZone/home/%' order by COLL_NAME") == [
        ["/tempZone/home/public"],
        ["/tempZone/home/rods/shared"],
    ]


def test_values_are_json_of_any_text(rods: Asker) -> None:
    name = 'ü "q" \\ \n\x01\x7f'
    rods.add_object(10010, name)
    text = genquery2.run(rods, "select DATA_NAME")
    assert json.loads(text) == [[name]]
    assert "ü" in text


def test_column_mappings_name_table_and_column() -> None:
    mappings = json.loads(genquery2.column_mappings())
    assert mappings["DATA_NAME"] == {"R_DATA_MAIN": "data_name"}
    assert len(mappings) == 119
