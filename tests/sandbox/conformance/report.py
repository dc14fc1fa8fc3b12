"""The report of a replay: a table of steps, and the share of them that are equal."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.sandbox.conformance.compare import Difference
from tests.sandbox.conformance.exceptions import exceptions

WIDTH = 60  # characters of a value shown in the table


@dataclass
class Exchange:
    """One recorded reply, or ending of a connection, and what ours was."""

    request: str
    recorded: str
    ours: str
    differences: list[Difference] = field(default_factory=list)


@dataclass
class Step:
    """All that was exchanged under one label of a recording."""

    name: str
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def differing(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.differences]

    @property
    def equal(self) -> bool:
        return not self.differing


@dataclass
class Report:
    """The outcome of replaying one recording, such as ``prc`` for ``prc.jsonl.xz``."""

    recording: str
    steps: list[Step] = field(default_factory=list)

    @property
    def equal(self) -> int:
        return sum(step.equal for step in self.steps)

    @property
    def share(self) -> float:
        """Equal steps in per cent."""
        return 100 * self.equal / len(self.steps) if self.steps else 0.0

    def print(self, step: str | None = None, verbose: bool = False, console: Console | None = None) -> None:
        """Prints the table and the share; of one step only, or all differences of each, when asked for."""
        console = console or Console(width=180, soft_wrap=True)
        steps = [each for each in self.steps if step is None or each.name == step]
        console.print(table(steps))
        listed = exceptions(self.recording)
        for each in steps:
            if each.name in listed:
                console.print(Text(f"exception: {each.name}: {listed[each.name]}"))
        if verbose or step is not None:
            for each in steps:
                print_differences(console, each)
        console.print(f"conformance: {self.share:.1f} % of {len(self.steps)} steps equal")


def table(steps: list[Step]) -> Table:
    result = Table("step", "recorded", "ours", "equal")
    for step in steps:
        recorded, ours = summary(step)
        result.add_row(Text(step.name), Text(recorded), Text(ours), "yes" if step.equal else "NO")
    return result


def summary(step: Step) -> tuple[str, str]:
    """What to show of a step: its first difference, or how its replies went."""
    for exchange in step.differing:
        first = exchange.differences[0]
        return f"{first.where}: {first.recorded}"[:WIDTH], first.ours[:WIDTH]
    recorded, ours = (" ".join(getattr(each, side) for each in step.exchanges) for side in ("recorded", "ours"))
    return recorded[:WIDTH], ours[:WIDTH]


def print_differences(console: Console, step: Step) -> None:
    for exchange in step.differing:
        console.print(Text(f"{step.name}: {exchange.request}"))
        for difference in exchange.differences:
            console.print(Text(f"    {difference}"))
