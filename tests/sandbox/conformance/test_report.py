from __future__ import annotations

import io

from rich.console import Console

from tests.sandbox.conformance.compare import Difference
from tests.sandbox.conformance.report import Exchange, Report, Step


def printed(report: Report, step: str | None = None, verbose: bool = False) -> list[str]:
    output = io.StringIO()
    report.print(step, verbose, Console(file=output, width=120))
    return output.getvalue().splitlines()


REPORT = Report(
    "some",
    [
        Step("same", [Exchange("RODS_API_REQ 602", "3", "3")]),
        Step("other", [Exchange("RODS_API_REQ 633", "1", "-310000", [Difference("status", "1", "-310000")])]),
        Step("nothing to answer"),
    ],
)


def test_the_last_line_gives_the_share_of_equal_steps() -> None:
    assert printed(REPORT)[-1] == "conformance: 66.7 % of 3 steps equal"


def test_the_table_shows_what_differs() -> None:
    (row,) = [line for line in printed(REPORT) if "other" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["other", "status: 1", "-310000", "NO"]


def test_one_step_is_shown_with_its_request_and_all_differences() -> None:
    lines = printed(REPORT, step="other")
    assert "other: RODS_API_REQ 633" in lines
    assert "    status: recorded '1', ours '-310000'" in lines
    assert not any("same" in line for line in lines)


def test_nothing_replayed_is_no_success() -> None:
    assert Report("empty").share == 0.0


def test_exceptions_are_shown_with_their_reason() -> None:
    report = Report("prc", [Step("misc-client-hints", [Exchange("", "", "", [Difference("status", "0", "1")])])])
    assert any(line.startswith("exception: misc-client-hints: names the plugins") for line in printed(report))
