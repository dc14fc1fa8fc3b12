"""Replays recordings from the command line: `make conformance`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.sandbox.conformance import Report, run
from tests.sandbox.conformance.exceptions import exceptions

RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.jsonl.xz"))


def main(arguments: list[str] | None = None) -> int:
    """0 when no step differs but those that are listed, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.conformance", description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="*", default=RECORDINGS, help="those of the tests by default")
    parser.add_argument("--step", help="show all differences of this step only")
    parser.add_argument("--verbose", action="store_true", help="show all differences of every step")
    options = parser.parse_args(arguments)
    reports = [run(recording) for recording in options.recordings]
    for report in reports:
        report.print(options.step, options.verbose)
    return int(any(unexpected(report) for report in reports))


def unexpected(report: Report) -> set[str]:
    """The steps that differ and are not listed."""
    return {step.name for step in report.steps if not step.equal} - set(exceptions(report.recording))


if __name__ == "__main__":
    sys.exit(main())
