"""Rules beyond the guide's examples: outputs of every kind, and failures."""

from __future__ import annotations

import httpx
import pytest


def run(control: httpx.Client, text: str, **inputs: str) -> httpx.Response:
    given = [{"name": f"*{name}", "value": value} for name, value in inputs.items()]
    return control.post("/rule", json={"ruleAsOriginalText": text, "irodsRuleInputParameters": given})


def test_variables_and_both_streams_come_back(control: httpx.Client) -> None:
    text = """r { *b = "*a!"; *c = 2 * *n; writeLine("stdout", "out"); writeLine("stderr", "error"); }
INPUT *a="x", *n=3
OUTPUT *b, *c, ruleExecOut"""
    outputs = run(control, text, a='"y z"').json()["outputParameterResults"]
    assert [(each["parameterName"], each["outputParamType"], each["resultObject"]) for each in outputs] == [
        ("*b", "STRING", "y z!"),
        ("*c", "INT", "6"),
        ("ruleExecOut", "STRING", "out\n"),
        ("ruleExecErrorOut", "STRING", "error\n"),
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("fail(-1234);", "-1234"),
        ("msiNoSuchService;", "NO_MICROSERVICE_FOUND_ERR"),
        ("this is no rule(", "error parsing rule"),
    ],
)
def test_a_rule_that_fails_is_told(control: httpx.Client, body: str, told: str) -> None:
    answer = run(control, f"r {{ {body} }}\nINPUT null\nOUTPUT ruleExecOut")
    failure = answer.json()
    assert (answer.status_code, failure["field"]) == (400, "ruleAsOriginalText")
    assert told in failure["message"]


@pytest.mark.parametrize(("inputs", "text"), [({"q": "1"}, "r { }\nINPUT *a=1"), ({}, "r { }\nINPUT a, b")])
def test_inputs_that_the_rule_does_not_have_are_refused(
    control: httpx.Client, inputs: dict[str, str], text: str
) -> None:
    assert run(control, text, **inputs).status_code == 400
