"""The embedded zone answers as the recorded server did."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.sandbox.conformance import Report, run
from tests.sandbox.conformance.__main__ import main
from tests.sandbox.conformance.exceptions import exceptions

RECORDINGS = ("prc", "icommands", "pipelined", "edges")
DIRECTORY = Path(__file__).parent / "recordings"
ALLOWED = 0.03  # of the steps may be exceptions


@cache
def replayed(name: str) -> Report:
    return run(DIRECTORY / f"{name}.jsonl.xz")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RECORDINGS)
def test_every_step_is_equal_unless_listed_as_an_exception(name: str) -> None:
    differing = {
        step.name: [str(difference) for exchange in step.differing for difference in exchange.differences][:5]
        for step in replayed(name).steps
        if not step.equal
    }
    listed = exceptions(name)
    assert {step: found for step, found in differing.items() if step not in listed} == {}
    assert set(listed) == set(differing), "steps listed as exceptions are equal"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RECORDINGS)
def test_exceptions_are_few(name: str) -> None:
    assert len(exceptions(name)) <= ALLOWED * len(replayed(name).steps)


@pytest.mark.timeout(600)
def test_the_command_names_the_exceptions_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(DIRECTORY / "pipelined.jsonl.xz"), "--verbose"]) == 0
    assert "conformance: 100.0 % of 14 steps equal" in capsys.readouterr().out
