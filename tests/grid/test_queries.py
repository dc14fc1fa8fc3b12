from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from irods.exception import CAT_NO_ACCESS_PERMISSION
from irods.models import Collection, DataObject

from irodsfs.grid.errors import describe, summarise, zone_error
from irodsfs.grid.flight import Reply
from irodsfs.grid.general_queries import condition
from irodsfs.grid.queries import Query, equal, one_of, page, starts_with

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


def escaped(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        text = text.replace(plain, entity)
    return text


def reply(rows: list[tuple[str, ...]], columns: int, continuation: int = 0) -> Reply:
    """A GenQuery reply as servers write it, with columns beyond those that were asked for."""
    parts = [f"<GenQueryOut_PI>\n<rowCnt>{len(rows)}</rowCnt>\n<attriCnt>{columns}</attriCnt>\n"]
    parts.append(f"<continueInx>{continuation}</continueInx>\n<totalRowCount>0</totalRowCount>\n")
    for index in range(columns):
        parts.append(f"<SqlResult_PI>\n<attriInx>{500 + index}</attriInx>\n<reslen>64</reslen>\n")
        parts += [f"<value>{escaped(row[index])}</value>\n" for row in rows]
        parts.append("</SqlResult_PI>\n")
    parts.append("<SqlResult_PI>\n<attriInx>0</attriInx>\n<reslen>0</reslen>\n</SqlResult_PI>\n</GenQueryOut_PI>\n")
    return Reply(0, "".join(parts).encode())


@given(st.lists(st.tuples(texts, texts), min_size=1))
def test_rows_hold_what_the_zone_holds(rows: list[tuple[str, str]]) -> None:
    assert page(reply(list(rows), 2)).rows == rows


def test_values_that_are_not_utf8_survive() -> None:
    body = reply([("name",)], 1).body.replace(b"name", b"latin-\xe9")
    assert page(Reply(0, body)).rows == [("latin-\udce9",)]


def test_a_page_says_where_the_next_one_begins() -> None:
    assert page(reply([("a",)], 1, continuation=7)).continuation == 7


def test_no_rows_are_an_empty_page() -> None:
    assert page(Reply(-808000)).rows == []


def test_other_failures_are_raised() -> None:
    with pytest.raises(CAT_NO_ACCESS_PERMISSION):
        page(Reply(-818000))


def test_conditions_take_any_value() -> None:
    assert equal("it's") == "= 'it's'"
    assert equal("a && b") == "= 'a && b'"
    assert one_of(["10001", 10002]) == "in ('10001','10002')"
    assert starts_with(r"100%_\path/") == r"like '100\%\_\\path/%'"


def test_operators_beside_quotes_are_kept_apart() -> None:
    assert equal("it's || '100%'") == r"like 'it's |\| '100\%''"
    assert equal("it's &&& so") == r"like 'it's &\&\& so'"


def test_a_request_names_columns_and_conditions() -> None:
    query = Query((DataObject.name,), ((Collection.name, equal("/zone/it's & <that>")),))
    packed = query.request(3).head().decode(errors="replace")
    assert "<inx>403</inx>" in packed
    assert "<inx>501</inx>" in packed
    assert "&amp; &lt;that&gt;" in packed
    assert "<continueInx>3</continueInx>" in packed


@pytest.mark.parametrize("operator", ["EQUAL", "NOT_EQUAL", "LIKE", "NOT_LIKE"])
def test_general_conditions_keep_operators_beside_quotes_apart(operator: str) -> None:
    word = "like" if operator in ("EQUAL", "LIKE") else "not like"
    assert condition(operator, ["it's || so"]) == rf"{word} 'it's |\| so'"


@pytest.mark.parametrize("operator", ["LESS_THAN", "GREATER_THAN_OR_EQUAL_TO", "SOUNDS_LIKE", "IN", "BETWEEN"])
def test_general_conditions_that_can_not_be_said_are_refused(operator: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        condition(operator, ["it's || so", "b"])


def test_a_list_of_nothing_is_no_condition() -> None:
    with pytest.raises(ValueError, match="nothing"):
        one_of([])


STACK = (
    "\n\n[-]\t/src/rsDataObjOpen.cpp:1:irods::error open(x) :  status [A]  errno [] -- message [outer [x]]\n"
    "\t[-]\t/src/irods_resource_manager.cpp:81:irods::error resolve(x) :  status [B]  errno [] -- message "
    "[no resource found for name [x]]\n\n"
)


def test_people_read_the_last_message_of_a_stack_and_the_log_all_of_it_in_one_line() -> None:
    error = zone_error(-78000, STACK)
    assert summarise(error) == "SYS_RESC_DOES_NOT_EXIST -78000: no resource found for name [x]"
    assert "\n" not in describe(error)
    assert "\t" not in describe(error)
    assert "rsDataObjOpen.cpp:1" in describe(error)
    assert "no resource found" in describe(error)


def test_of_a_stack_without_any_message_people_read_the_error_only() -> None:
    assert summarise(
        zone_error(-78000, STACK.replace("outer [x]", "").replace("no resource found for name [x]", ""))
    ) == ("SYS_RESC_DOES_NOT_EXIST -78000")


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("a -- message [first] b -- message []", "first"),
        ("a -- message [never closed", "never closed"),
    ],
)
def test_messages_of_other_forms_are_read_as_they_are(message: str, read: str) -> None:
    assert summarise(zone_error(-78000, message)) == f"SYS_RESC_DOES_NOT_EXIST -78000: {read}"
