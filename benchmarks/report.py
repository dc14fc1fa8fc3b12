"""The table of results."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Cost
from benchmarks.sizes import MEGABYTE, Sizes
from benchmarks.workloads import Workload

WIDTH = 120
_MOUNT = ("seconds", "CPU", "a second", "requests", "flights", "MB", "connections")
_PLAIN = ("plain: seconds", "requests", "flights")


def console() -> Console:
    on_screen = Console()
    return on_screen if on_screen.is_terminal else Console(width=WIDTH)


def table(title: str) -> Table:
    result = Table("workload", title=title, title_justify="left")
    for heading in _MOUNT:
        result.add_column(heading, justify="right")
    for heading in _PLAIN:
        result.add_column(heading, justify="right", style="dim")
    return result


def add(to: Table, workload: Workload, sizes: Sizes, cost: Cost, plain: Cost | None) -> None:
    processor = "" if cost.processor is None else f"{cost.processor:.2f}"
    rate = _rate(workload, sizes, cost)
    to.add_row(workload.name, f"{cost.seconds:.2f}", processor, rate, *_counts(cost), *_plain(plain))


def _rate(workload: Workload, sizes: Sizes, cost: Cost) -> str:
    seconds = cost.seconds
    if cost.loop_delay is not None:
        return f"p99 {cost.loop_delay:.1f} ms"
    if workload.moves:
        return f"{sizes.large_bytes / MEGABYTE / seconds:.0f} MB"
    return f"{sizes.stats / seconds:,.0f}" if workload.name in ("stat", "getattr") else ""


def _counts(cost: Cost) -> tuple[str, ...]:
    if cost.requests is None:
        return ("", "", "", "")
    return (
        f"{cost.requests.total():,}",
        f"{cost.flights:,}",
        f"{cost.bytes / MEGABYTE:,.1f}",
        f"{cost.connections}",
    )


def _plain(cost: Cost | None) -> tuple[str, ...]:
    return (f"{cost.seconds:.2f}", *_counts(cost)[:2]) if cost else ("", "", "")
