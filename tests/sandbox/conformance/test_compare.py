from __future__ import annotations

from irodsfs.sandbox.protocol.wire import Message, Struct, encode
from tests.sandbox.conformance.compare import differences
from tests.sandbox.conformance.normalise import Variables
from tests.sandbox.conformance.recording import Event

NO_ORDER, ORDER_BY = 1, 0x400


def query(option: int) -> Message:
    selected = Struct("InxIvalPair_PI", ("iiLen", 1), ("inx", 501), ("ivalue", option))
    return Message("RODS_API_REQ", 702, encode(Struct("GenQueryInp_PI", ("InxIvalPair_PI", selected))))


def result(*rows: tuple[str, str]) -> Message:
    columns = [
        Struct("SqlResult_PI", ("attriInx", inx), ("reslen", 50), *(("value", row[i]) for row in rows))
        for i, inx in enumerate((500, 501))
    ]
    members = [("SqlResult_PI", column) for column in columns]
    struct = Struct("GenQueryOut_PI", ("rowCnt", len(rows)), ("attriCnt", 2), ("continueInx", 0), *members)
    return Message("RODS_API_REPLY", 0, encode(struct))


def compared(request: Message, recorded: Message, ours: Message) -> list[str]:
    event = Event("step", 1, "reply", recorded, len(recorded.bs))
    return [difference.where for difference in differences(request, event, ours, Variables())]


def test_rows_without_an_order_are_equal_in_any_order() -> None:
    recorded = result(("10014", "/a"), ("10015", "/b"))
    assert compared(query(NO_ORDER), recorded, result(("20001", "/b"), ("20000", "/a"))) == []


def test_rows_with_an_order_are_equal_in_that_order_only() -> None:
    recorded = result(("10014", "/a"), ("10015", "/b"))
    assert compared(query(ORDER_BY), recorded, result(("20001", "/b"), ("20000", "/a"))) == [
        "row 0 column 501",
        "row 1 column 501",
    ]


def test_one_id_cannot_stand_for_two() -> None:
    recorded = result(("10014", "/a"), ("10015", "/b"))
    assert compared(query(NO_ORDER), recorded, result(("20000", "/a"), ("20000", "/b"))) == ["row 1 column 500"]


def test_a_missing_row_is_a_difference() -> None:
    recorded = result(("10014", "/a"), ("10015", "/b"))
    assert "rows" in compared(query(NO_ORDER), recorded, result(("20000", "/a")))


def test_type_status_bytes_and_error_stack_count() -> None:
    error = encode(
        Struct("RError_PI", ("count", 1), ("RErrMsg_PI", Struct("RErrMsg_PI", ("status", -1), ("msg", "why"))))
    )
    recorded = Message("RODS_API_REPLY", 3, b"", error, b"abc")
    assert compared(query(NO_ORDER), recorded, Message("RODS_VERSION", 4, b"", b"", b"abd")) == [
        "type",
        "status",
        "byte stream",
        "error 0",
        "error 0 text",
    ]


def test_json_is_compared_by_its_values() -> None:
    recorded = Message("RODS_API_REPLY", 0, encode(Struct("STR_PI", ("myStr", '{"a":1,"data_id":10014}'))))
    same = Message("RODS_API_REPLY", 0, encode(Struct("STR_PI", ("myStr", '{"data_id": 10999, "a": 1}'))))
    other = Message("RODS_API_REPLY", 0, encode(Struct("STR_PI", ("myStr", '{"data_id": 10999, "a": 2}'))))
    request = Message("RODS_API_REQ", 20000)
    assert compared(request, recorded, same) == []
    assert compared(request, recorded, other) == ["STR_PI/myStr/a"]
