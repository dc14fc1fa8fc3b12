from __future__ import annotations

import pytest

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.rules.delays import checked_priority, due, offset, parameter, tagged, variables_of
from irodsfs.sandbox.rules.failures import Failure, RuleError
from irodsfs.sandbox.rules.values import KeyValues

MALFORMED, BAD_DATE, INVALID = -1084000, -1100000, -130000


def test_tags_are_taken_apart() -> None:
    condition = "<INST_NAME>engine</INST_NAME><PLUSET>1h</PLUSET><EF>1d REPEAT FOR EVER</EF>"
    assert tagged(condition) == {"INST_NAME": "engine", "PLUSET": "1h", "EF": "1d REPEAT FOR EVER"}
    assert tagged("") == {}


@pytest.mark.parametrize("condition", ["<PLUSET>1h", "<PLUSET>1h</ET>", "</PLUSET>"])
def test_tags_that_are_not_closed_fail(condition: str) -> None:
    with pytest.raises(RuleError) as failure:
        tagged(condition)
    assert failure.value.code == MALFORMED


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("2m", 120), (" 1h", 3600), ("1d", 86400), ("1.5s", 1)]
)
def test_offsets(text: str, seconds: int) -> None:
    assert offset(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1w", "1.5h"])
def test_offsets_that_say_nothing_fail(text: str) -> None:
    with pytest.raises(RuleError) as failure:
        offset(text)
    assert failure.value.code == MALFORMED


def test_when_a_rule_is_due() -> None:
    with clock.replaced_by(lambda: 1000.9):
        assert due({"PLUSET": "1m"}) == "1060"
    assert due({"ET": "1795312797"}) == "1795312797"
    assert due({}) == ""
    with pytest.raises(RuleError) as failure:
        due({"ET": "tomorrow"})
    assert failure.value.code == BAD_DATE


@pytest.mark.parametrize("priority", ["0", "10", "high"])
def test_priorities_go_from_one_to_nine(priority: str) -> None:
    assert (checked_priority(""), checked_priority("9")) == ("5", "9")
    with pytest.raises(RuleError) as failure:
        checked_priority(priority)
    assert failure.value.code == INVALID


def test_variables_are_kept_as_json() -> None:
    assert parameter("*a", 1) == {"label": "*a", "type": "INT_PI", "in_out_struct": 1}
    assert parameter("*l", ["x"])["type"] is None
    with pytest.raises(RuleError) as failure:
        parameter("*b", True)
    assert failure.value.code == Failure.PACKING


def test_variables_come_back_from_json() -> None:
    text = '{"ms_param_array": {"ms_params": [{"label": "*k", "type": "KeyValPair_PI", "in_out_struct": {"a": "b"}}]}}'
    assert variables_of(text) == {"*k": KeyValues(a="b")}
