from __future__ import annotations

import time

import pytest

from irodsfs.sandbox.catalog.genquery1.genquery1_request import Option, Query
from irodsfs.sandbox.catalog.genquery1.open_statements import MAX_STATEMENTS
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct, encode
from tests.sandbox.querying import Asker

OBJECTS = "= '/tempZone/home/rods/many'"


@pytest.fixture
def many(rods: Asker) -> Asker:
    collection = rods.add_collection("/tempZone/home/rods/many")
    with rods.catalog.transaction():
        for number in range(10):
            rods.add_object(collection, f"f{number}", number)
    return rods


def names(many: Asker, **options: object) -> list[str]:
    return [name for (name,) in many.rows("DATA_NAME", where={"COLL_NAME": OBJECTS}, **options)]


def test_pages_continue_until_the_rows_are_exhausted(many: Asker) -> None:
    sizes, index = [], 0
    while True:
        page = many.ask("DATA_NAME", where={"COLL_NAME": OBJECTS}, max_rows=4, continue_index=index)
        sizes.append(page.row_count)
        if not page.continue_index:
            break
        index = page.continue_index
    assert sizes == [4, 4, 2]
    assert many.statements.answers == {}


def test_full_last_page_is_followed_by_no_rows(many: Asker) -> None:
    page = many.ask("DATA_NAME", where={"COLL_NAME": OBJECTS}, max_rows=10)
    assert page.continue_index == 1
    with pytest.raises(IrodsError) as failure:
        many.ask("DATA_NAME", max_rows=10, continue_index=1)
    assert failure.value.code == code_of("CAT_NO_ROWS_FOUND")


def test_lowest_free_statement_number_is_taken(many: Asker) -> None:
    first, second = (many.ask("DATA_NAME", max_rows=5).continue_index for _ in range(2))
    many.ask("DATA_NAME", max_rows=0, continue_index=first)
    assert (first, second, many.ask("DATA_NAME", max_rows=5).continue_index) == (1, 2, 1)


def test_too_many_open_statements_are_refused(many: Asker) -> None:
    for _ in range(MAX_STATEMENTS):
        many.ask("DATA_NAME", max_rows=1)
    with pytest.raises(IrodsError) as failure:
        many.ask("DATA_NAME", max_rows=1)
    assert failure.value.code == code_of("CAT_STATEMENT_TABLE_FULL")


def test_page_of_no_rows_leaves_the_statement_open(many: Asker) -> None:
    page = many.ask("DATA_NAME", max_rows=0)
    assert (page.row_count, page.columns, page.continue_index) == (0, [], 1)


def test_auto_close_ends_the_statement_and_says_there_may_be_more(many: Asker) -> None:
    page = many.ask("DATA_NAME", max_rows=5, options=Option.AUTO_CLOSE)
    assert (page.row_count, page.continue_index, many.statements.answers) == (5, -1, {})


def test_offset_skips_rows_and_the_total_counts_them(many: Asker) -> None:
    assert names(many, offset=7) == ["f7", "f8", "f9"]
    page = many.ask("DATA_NAME", offset=7, max_rows=2, options=Option.RETURN_TOTAL_ROW_COUNT)
    assert (page.row_count, page.total) == (2, 10)


def test_offset_beyond_the_rows_finds_none(many: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        names(many, offset=10)
    assert failure.value.code == code_of("CAT_NO_ROWS_FOUND")


def test_reply_always_has_fifty_columns(many: Asker) -> None:
    struct = many.ask("DATA_NAME", "DATA_SIZE", where={"DATA_NAME": "= 'f3'"}).struct()
    columns = struct.structs("SqlResult_PI")
    assert [struct.integer(name) for name in ("rowCnt", "attriCnt", "continueInx", "totalRowCount")] == [1, 2, 0, 0]
    assert len(columns) == 50
    assert columns[1] == Struct("SqlResult_PI", ("attriInx", 407), ("reslen", 50), ("value", "3"))
    assert columns[2] == Struct("SqlResult_PI", ("attriInx", 0), ("reslen", 0))


@pytest.mark.parametrize(
    ("lengths", "expected"), [((3, 3), 50), ((60, 3), 61), ((3, 60), 111), ((60, 70), 121), ((60, 60), 61)]
)
def test_length_of_values_grows_as_the_server_grows_its_buffers(
    rods: Asker, lengths: tuple[int, int], expected: int
) -> None:
    collection = rods.add_collection("/tempZone/home/rods/long")
    for letter, length in zip("ab", lengths, strict=True):
        rods.add_object(collection, letter * length)
    page = rods.ask("DATA_NAME", where={"COLL_NAME": "like '%long'"})
    assert page.columns[0].length == expected


def test_length_counts_bytes(rods: Asker) -> None:
    rods.add_object(10010, "é" * 40)
    assert rods.ask("DATA_NAME").columns[0].length == 81


def test_resource_hierarchy_is_named_and_kept_as_short_as_it_is(rods: Asker) -> None:
    replicate(rods)
    rods.add_object(10010, "replica")
    rods.catalog.execute("UPDATE R_DATA_MAIN SET resc_id = 20001")
    column = rods.ask("DATA_NAME", "DATA_RESC_HIER").columns[1]
    assert (column.number, column.values, column.length) == (422, ["root;leaf"], 10)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("= 'root;leaf'", True),
        ("like 'root%'", True),
        ("not like 'root%'", False),
        ("!= 'demoResc'", True),
        ("= 'demoResc'", False),
        ("= 'demoResc' || = 'root;leaf'", True),
    ],
)
def test_resource_hierarchy_in_a_condition_stands_for_its_leaf(rods: Asker, text: str, found: bool) -> None:
    replicate(rods)
    rods.add_object(10010, "replica")
    rods.catalog.execute("UPDATE R_DATA_MAIN SET resc_id = 20001")
    where = [("DATA_NAME", "= 'replica'"), ("DATA_RESC_HIER", text)]
    assert bool(rods.found("DATA_NAME", where=where)) is found


@pytest.mark.parametrize(("text", "name"), [("> 'x'", "CAT_INVALID_ARGUMENT"), ("= x", "SYS_INVALID_INPUT_PARAM")])
def test_other_conditions_on_a_resource_hierarchy_are_refused(rods: Asker, text: str, name: str) -> None:
    with pytest.raises(IrodsError) as failure:
        rods.ask("DATA_NAME", where={"DATA_RESC_HIER": text})
    assert failure.value.code == code_of(name)


def replicate(rods: Asker) -> None:
    for number, name, parent in ((20000, "root", ""), (20001, "leaf", "20000")):
        rods.catalog.execute(
            "INSERT INTO R_RESC_MAIN (resc_id, resc_name, zone_name, resc_type_name, resc_class_name, resc_net,"
            " resc_def_path, resc_parent) VALUES (?, ?, 'tempZone', 'x', 'cache', 'localhost', '/v', ?)",
            number,
            name,
            parent,
        )


def test_quota_query_lists_what_applies_to_a_user_worst_first(rods: Asker) -> None:
    alice = rods.add_user("alice", groups=(10001,))
    for user, resource, limit, over in ((alice, 0, 100, -50), (alice, 10013, 70, 5), (10001, 0, 30, -20)):
        rods.catalog.execute("INSERT INTO R_QUOTA_MAIN VALUES (?, ?, ?, ?, '')", user, resource, limit, over)
    where = [("USER_NAME", "alice"), ("RESC_NAME", "demoResc")]
    page = rods.ask("DATA_NAME", where=where, options=Option.QUOTA_QUERY)
    assert [column.number for column in page.columns] == [2000, 302, 2002, 2003, 2001]
    assert [(limit, over) for _, _, limit, over, _ in page.rows] == [("70", "5"), ("30", "-20"), ("100", "-50")]


def test_quota_query_needs_a_user(rods: Asker) -> None:
    with pytest.raises(IrodsError) as failure:
        rods.ask("DATA_NAME", options=Option.QUOTA_QUERY)
    assert failure.value.code == code_of("CAT_INVALID_ARGUMENT")


def test_query_is_read_from_its_struct() -> None:
    struct = Struct(
        "GenQueryInp_PI",
        ("maxRows", 5),
        ("continueInx", 2),
        ("partialStartIndex", 3),
        ("options", 0x60),
        ("KeyValPair_PI", Struct("KeyValPair_PI", ("ssLen", 1), ("keyWord", "zone"), ("svalue", "tempZone"))),
        ("InxIvalPair_PI", Struct("InxIvalPair_PI", ("iiLen", 1), ("inx", 403), ("ivalue", 0x402))),
        ("InxValPair_PI", Struct("InxValPair_PI", ("isLen", 1), ("inx", 501), ("svalue", "= '/'"))),
    )
    query = Query.of(struct)
    assert query.conditions == ((501, "= '/'"),)
    assert (query.max_rows, query.continue_index, query.offset, query.keywords) == (5, 2, 3, {"zone": "tempZone"})
    assert query.options == Option.RETURN_TOTAL_ROW_COUNT | Option.NO_DISTINCT
    assert (query.selections[0].aggregate, query.selections[0].ordered) == ("min", True)


def test_ten_thousand_rows_come_in_one_reply_at_once(rods: Asker) -> None:
    collection = rods.add_collection("/tempZone/home/rods/wide")
    with rods.catalog.transaction():
        for number in range(10_000):
            rods.add_object(collection, f"{number:05d}", number)
    started = time.process_time()
    page = rods.ask(
        "DATA_NAME",
        "DATA_SIZE",
        "DATA_MODIFY_TIME",
        "DATA_REPL_NUM",
        where={"COLL_NAME": "like '/tempZone/home/rods/w%'"},
        max_rows=20_000,
    )
    body = encode(page.struct())
    assert time.process_time() - started < 2
    assert page.row_count == 10_000
    assert body.count(b"<value>") == 40_000
