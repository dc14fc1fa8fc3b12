"""Queries beyond the guide's examples: every operator, long results, lines, GenQuery2 and specific queries."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
import pytest
from irods.session import iRODSSession

from tests.conftest import MakeMount
from tests.control.sockets import connected
from tests.zones import AnyZone

NAMES = ["a1", "a2", "b1"]


@pytest.fixture
def three(session: iRODSSession, home: str) -> str:
    for size, name in enumerate(NAMES, start=9):
        with session.data_objects.open(f"{home}/{name}", "w") as file:
            file.write(b"x" * size)
    return home


def query(control: httpx.Client, home: str, *conditions: dict[str, Any], **more: Any) -> httpx.Response:
    inside = {"column": "COLL_NAME", "operator": "EQUAL", "value": home}
    document = {"select": [{"value": "DATA_NAME"}], "condition": [inside, *conditions]} | more
    return control.post("/genQuery", json=document)


def values(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return [[column["value"] for column in row["column"]] for row in answer.json()["row"]]


@pytest.mark.parametrize(
    ("column", "operator", "given", "found"),
    [
        ("DATA_NAME", "EQUAL", {"value": "a1"}, ["a1"]),
        ("DATA_NAME", "NOT_EQUAL", {"value": "a1"}, ["a2", "b1"]),
        ("DATA_NAME", "LESS_THAN", {"value": "a2"}, ["a1"]),
        ("DATA_NAME", "LESS_THAN_OR_EQUAL_TO", {"value": "a2"}, ["a1", "a2"]),
        ("DATA_NAME", "GREATER_THAN", {"value": "a2"}, ["b1"]),
        ("DATA_NAME", "GREATER_THAN_OR_EQUAL_TO", {"value": "a2"}, ["a2", "b1"]),
        ("DATA_SIZE", "NUMERIC_EQUAL", {"value": "9"}, ["a1"]),
        ("DATA_SIZE", "NUMERIC_LESS_THAN", {"value": "10"}, ["a1"]),
        ("DATA_SIZE", "NUMERIC_LESS_THAN_OR_EQUAL_TO", {"value": "10"}, ["a1", "a2"]),
        ("DATA_SIZE", "NUMERIC_GREATER_THAN", {"value": "9"}, ["a2", "b1"]),
        ("DATA_SIZE", "NUMERIC_GREATER_THAN_OR_EQUAL_TO", {"value": "10"}, ["a2", "b1"]),
        ("DATA_NAME", "LIKE", {"value": "a%"}, ["a1", "a2"]),
        ("DATA_NAME", "NOT_LIKE", {"value": "a%"}, ["b1"]),
        ("DATA_NAME", "IN", {"value_list": {"value": ["a1", "b1"]}}, ["a1", "b1"]),
        ("DATA_NAME", "NOT_IN", {"value_list": {"value": ["a1", "b1"]}}, ["a2"]),
        ("DATA_NAME", "NOT_BETWEEN", {"value": "a11 a9"}, ["a1", "b1"]),
        ("DATA_NAME", "BETWEEN", {"value": "a1 a2"}, ["a1", "a2"]),
        ("DATA_NAME", "BETWEEN", {"value_list": {"value": ["a2", "b9"]}}, ["a2", "b1"]),
    ],
)
def test_operators_find_what_they_say(
    control: httpx.Client, three: str, column: str, operator: str, given: dict[str, Any], found: list[str]
) -> None:
    answer = query(control, three, {"column": column, "operator": operator} | given)
    assert sorted(values(answer)) == [[name] for name in found]


def test_aggregates_of_one_column_and_orders_of_several(control: httpx.Client, three: str) -> None:
    kinds = ["COUNT", "MIN", "MAX", "SUM"]
    answer = query(control, three, select=[{"value": "DATA_SIZE", "aggregate_type": kind} for kind in kinds])
    assert values(answer) == [["3", "9", "11", "30"]]
    assert answer.json()["row"][0]["column"][1]["name"] == "MIN(DATA_SIZE)"
    orders = [
        {"column": "DATA_SIZE", "order_condition": "DESC"},
        {"column": "DATA_NAME", "order_condition": "ASC"},
    ]
    assert values(query(control, three, order_by=orders)) == [["b1"], ["a2"], ["a1"]]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"select": []}, "select"),
        ({"select": [{"value": "DATA_NAM"}]}, "select.0.value"),
        ({"condition": [{"column": "NO", "operator": "EQUAL", "value": "x"}]}, "condition.0.column"),
        ({"condition": [{"column": "DATA_NAME", "operator": "IS", "value": "x"}]}, "condition.0.operator"),
        ({"condition": [{"column": "DATA_NAME", "operator": "EQUAL"}]}, "condition.0.value"),
        ({"condition": [{"column": "DATA_NAME", "operator": "IN", "value": "x"}]}, "condition.0.value_list"),
        ({"condition": [{"column": "DATA_NAME", "operator": "BETWEEN", "value": "x"}]}, "condition.0.value"),
        ({"condition": [{"column": "DATA_NAME", "operator": "SOUNDS_LIKE", "value": "x"}]}, "condition"),
        ({"select": [{"value": "QUOTA_LIMIT"}, {"value": "RULE_EXEC_NAME"}]}, "select"),
        ({"order_by": [{"column": "DATA_NAME", "order_condition": "UP"}]}, "order_by.0.order_condition"),
    ],
)
def test_what_is_wrong_in_a_query_is_named(control: httpx.Client, document: dict[str, Any], field: str) -> None:
    answer = control.post("/genQuery", json={"select": [{"value": "DATA_NAME"}]} | document)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_lines_bring_one_row_each(control: httpx.Client, three: str) -> None:
    document = {
        "select": [{"value": "DATA_NAME"}, {"value": "DATA_SIZE"}],
        "condition": [{"column": "COLL_NAME", "operator": "EQUAL", "value": three}],
    }
    answer = control.post("/genQuery", json=document, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert rows[0] == {"DATA_NAME": "a1", "DATA_SIZE": "9"}
    assert len(rows) == 3


def test_results_longer_than_a_page_are_complete(control: httpx.Client, session: iRODSSession, home: str) -> None:
    avus = [{"attribute": f"a{number}", "value": "v"} for number in range(2_600)]
    for start in range(0, len(avus), 1_300):
        added = control.put(f"/collection{home}/metadata", json={"metadataEntries": avus[start : start + 1_300]})
        assert {each["resultStatus"] for each in added.json()} == {"OK"}
    document = {
        "select": [{"value": "META_COLL_ATTR_NAME"}],
        "condition": [{"column": "COLL_NAME", "operator": "EQUAL", "value": home}],
    }
    assert len(values(control.post("/genQuery", json=document))) == len(avus)
    listed = control.get(f"/collection{home}/metadata").json()["metadataEntries"]
    assert [entry["count"] for entry in listed] == list(range(1, len(avus) + 1))


@pytest.mark.parametrize(
    ("clauses", "found"),
    [
        ("", 300),
        (" order by META_COLL_ATTR_NAME", 300),
        (" offset 10", 290),
        (" offset 10 order by META_COLL_ATTR_NAME", 290),
        (" order by META_COLL_ATTR_NAME offset 10", 290),
        (" limit 7", 7),
        (" offset 295 LIMIT 7", 5),
        (" fetch first 3 rows only order by META_COLL_ATTR_NAME", 3),
        (" and META_COLL_ATTR_VALUE != 'limit 1 offset 2 it''s'", 300),
    ],
)
def test_genquery2_brings_all_rows_unless_the_query_has_a_limit(
    control: httpx.Client, home: str, clauses: str, found: int
) -> None:
    avus = [{"attribute": f"a{number:03}", "value": "v"} for number in range(300)]
    control.put(f"/collection{home}/metadata", json={"metadataEntries": avus})
    text = f"select META_COLL_ATTR_NAME where COLL_NAME = '{home}'{clauses}"
    answer = control.post("/query", json={"query": text})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["row"]) == found
    lines = control.post("/query", json={"query": text}, headers={"Accept": "application/x-ndjson"})
    assert len(lines.text.splitlines()) == found


def test_genquery2_on_an_older_server_is_refused_with_what_to_use_instead(
    make_mount: MakeMount, user_environment: dict[str, str]
) -> None:
    user_environment["IRODS_SERVER_VERSION"] = "(4, 2, 11)"
    mount = make_mount()
    with connected(os.getxattr(mount.path, "irods.control").decode()) as control:
        assert control.post("/query", json={"query": "select ZONE_NAME"}).status_code == 200
        answer = control.post("/query", json={"query": "select ZONE_NAME order by ZONE_NAME"})
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (501, "NO_GENQUERY2", "query")
    assert "4.2.11" in told["message"]
    assert "/genQuery" in told["remedy"]


def test_genquery2_and_specific_queries_answer_rows(control: httpx.Client, three: str, zone_server: AnyZone) -> None:
    text = f"select DATA_NAME where COLL_NAME = '{three}' and DATA_NAME like 'a%' order by DATA_NAME desc"
    assert control.post("/query", json={"query": text}).json() == {"row": [{"value": ["a2"]}, {"value": ["a1"]}]}
    specific = control.post("/specificQuery", json={"alias": "ShowCollAcls", "argument": [three]}).json()
    assert specific["row"][0]["value"][:3] == [zone_server.user, zone_server.zone, "own"]


@pytest.mark.parametrize(
    ("url", "document", "status", "field"),
    [
        ("/query", {"query": "selec"}, 400, "query"),
        ("/query", {"query": "select NO_SUCH_COLUMN"}, 400, "query"),
        ("/specificQuery", {"alias": "missing"}, 404, "alias"),
        ("/specificQuery", {"alias": "ShowCollAcls"}, 400, "argument"),
    ],
)
def test_queries_that_the_server_refuses_are_explained(
    control: httpx.Client, url: str, document: dict[str, str], status: int, field: str
) -> None:
    answer = control.post(url, json=document)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
