"""The embedded zone answers as the recorded server did."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from irodsfs.sandbox.conformance import Report, run
from irodsfs.sandbox.conformance.exceptions import exceptions

RECORDINGS = ("prc", "icommands", "pipelined", "edges")
WIRE = Path(os.environ.get("IRODSFS_WIRE") or Path(__file__).parents[3] / "shared" / "wire")
ALLOWED = 0.03  # of the steps may be exceptions


@cache
def replayed(name: str) -> Report:
    recording = WIRE / f"recording-{name}.jsonl"
    if not recording.exists():
        pytest.fail(f"{recording} is missing: set IRODSFS_WIRE to the directory with the recordings of a real server")
    return run(recording)


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
