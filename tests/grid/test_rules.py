"""Rules as text: what they take and bring, and which engine understands them."""

from __future__ import annotations

import pytest

from irodsfs.grid.rules import Rule, RuleSyntaxError, engine_for, parse

LISTED = """Available rule engine plugin instances:
\tirods_rule_engine_plugin-python-instance
\tirods_rule_engine_plugin-irods_rule_language-instance
\tirods_rule_engine_plugin-cpp_default_policy-instance
"""


def test_inputs_and_outputs_are_taken_from_the_lines_after_the_rule() -> None:
    rule = parse('r { *c = "*a"; }\r\nINPUT *a="x, y", *b=2\nOUTPUT *c, ruleExecOut\n')
    assert rule == Rule('r { *c = "*a"; }\n', {"*a": '"x, y"', "*b": "2"}, ("*c", "ruleExecOut"))
    assert parse("r { }\nINPUT null\nOUTPUT null") == Rule("r { }\n")


def test_inputs_can_be_overridden_but_not_invented() -> None:
    rule = Rule("r { }", {"*a": "1", "*b": "2"})
    assert rule.with_inputs({"*b": "3"}).inputs == {"*a": "1", "*b": "3"}
    with pytest.raises(RuleSyntaxError, match=r"no input \*c"):
        rule.with_inputs({"*c": "1"})


@pytest.mark.parametrize(
    ("body", "engine"),
    [
        ("r { }", "irods_rule_engine_plugin-irods_rule_language-instance"),
        ("# def main(\nr { }", "irods_rule_engine_plugin-irods_rule_language-instance"),
        ("def main(rule_args, callback, rei):\n    pass", "irods_rule_engine_plugin-python-instance"),
    ],
)
def test_the_engine_is_the_one_of_the_language(body: str, engine: str) -> None:
    assert engine_for(Rule(body), LISTED) == engine


def test_a_language_without_an_engine_is_left_to_the_server() -> None:
    assert engine_for(Rule("def main(a, b, c):\n    pass"), LISTED.replace("python", "other")) is None
    assert engine_for(Rule("r { }"), "") is None
