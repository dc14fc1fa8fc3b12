from __future__ import annotations

import pytest

from irodsfs.sandbox.rules.rule_parser import SyntaxFailure, parse_rules, parse_term
from irodsfs.sandbox.rules.rule_syntax import (
    Assign,
    Block,
    Call,
    Delay,
    ForEach,
    If,
    Literal,
    Node,
    PathText,
    Select,
    Text,
    Variable,
)


def only_term(actions: str) -> Node:
    (rule,) = parse_rules(f"rule {{ {actions} }}")
    assert isinstance(rule.body, Block)
    (action,) = rule.body.actions
    return action.term


def test_a_text_can_hold_several_rules_and_functions() -> None:
    rules = parse_rules("@external\na { b; } c(*x, *y : string) : integer { } f(*x) = *x + 1")
    assert [(rule.name, rule.parameters) for rule in rules] == [
        ("a", ()),
        ("c", ("*x", "*y")),
        ("f", ("*x",)),
    ]


def test_alternatives_become_rules_of_one_name() -> None:
    rules = parse_rules("r { on (1 > 2) { a; } or { b; } }")
    assert [rule.name for rule in rules] == ["r", "r"]
    assert [rule.condition is None for rule in rules] == [False, True]


@pytest.mark.parametrize(
    "text", ["", "@external", "rule { nope( }", "rule {", "rule { a;; }", "f = ", "a||b|c", "INPUT *a=1"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(SyntaxFailure):
        parse_rules(text)


def test_the_place_of_a_syntax_error_is_known() -> None:
    with pytest.raises(SyntaxFailure) as failure:
        parse_rules("rule { a(1; }")
    assert failure.value.position == 10


@pytest.mark.parametrize("actions", ["a(1) b(2)", "a(1); b(2)", "a(1)\nb(2);"])
def test_semicolons_between_actions_may_be_left_out(actions: str) -> None:
    (rule,) = parse_rules(f"rule {{ {actions} }}")
    assert isinstance(rule.body, Block)
    assert len(rule.body.actions) == 2


def test_a_star_before_a_letter_is_always_a_variable() -> None:
    (rule,) = parse_rules("rule { *a = 2 *b }")
    assert isinstance(rule.body, Block)
    assert [type(action.term) for action in rule.body.actions] == [Assign, Variable]


@pytest.mark.parametrize(
    ("text", "operators"),
    [
        ("1 + 2 * 3", ["+", "*"]),
        ("1 - 2 - 3", ["-", "-"]),
        ("1 + 2 < 4 && true", ["&&", "<", "+"]),
        ('"a" ++ "b" == "ab" || false', ["||", "==", "++"]),
        ('"abc" not like "a*"', ["not like"]),
        ('*k.a like regex "b.*"', ["like regex", "."]),
    ],
)
def test_operators_bind_as_tightly_as_they_should(text: str, operators: list[str]) -> None:
    node, found = parse_term(text), []
    while isinstance(node, Call) and len(node.arguments) == 2:
        found.append(node.name)
        node = next((part for part in node.arguments if isinstance(part, Call)), node.arguments[0])
    assert found == operators


def test_strings_have_their_escapes_undone_and_their_variables_found() -> None:
    assert parse_term(r'"a\n\"\*x"') == Literal(0, 'a\n"*x')
    text = parse_term("'got *a of $userNameClient.'")
    assert isinstance(text, Text)
    assert [part.name if isinstance(part, Variable) else part for part in text.parts] == [
        "got ",
        "*a",
        " of ",
        "$userNameClient",
        ".",
    ]


def test_strings_between_double_backquotes_are_taken_as_they_are() -> None:
    assert parse_term(r"``a\n*x``") == Literal(0, r"a\n*x")


def test_paths_need_no_quotes() -> None:
    assert parse_term("/tempZone/home") == PathText(0, Literal(0, "/tempZone/home"))
    assert isinstance(parse_term("4 /2"), Call)


def test_names_may_begin_like_keywords() -> None:
    assert only_term("information(1)") == Call(7, "information", (Literal(19, 1),))
    assert only_term("likely") == Call(7, "likely", ())
    assert only_term("once") == Call(7, "once", ())


@pytest.mark.parametrize(
    "text", ["if (*a) { b; } else if (*c) { d; } else { e; }", "if *a then 1 else 2", "if (*a) then { b; }"]
)
def test_the_forms_of_if(text: str) -> None:
    assert isinstance(only_term(text), If)


def test_foreach_goes_through_a_query() -> None:
    loop = only_term(
        "foreach(*r in SELECT COLL_NAME, count(DATA_ID) WHERE COLL_NAME = '*x' AND DATA_NAME like 'a' || = 'b') {}"
    )
    assert isinstance(loop, ForEach)
    assert isinstance(loop.collection, Select)
    assert [(column.name, column.function) for column in loop.collection.columns] == [
        ("COLL_NAME", ""),
        ("DATA_ID", "count"),
    ]
    assert [(condition.column, condition.junction) for condition in loop.collection.conditions] == [
        ("COLL_NAME", ""),
        ("DATA_NAME", "||"),
    ]


def test_the_text_of_a_delayed_rule_is_kept_as_it_is_written() -> None:
    delay = only_term('delay("<PLUSET>1s</PLUSET>") { writeLine("serverLog", "later"); }')
    assert isinstance(delay, Delay)
    assert delay.body == ' writeLine("serverLog", "later"); '


def test_comments_are_left_out() -> None:
    assert only_term("# a comment; nope(\n a") == Call(27, "a", ())
