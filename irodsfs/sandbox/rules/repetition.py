"""How often a delayed rule is run: what ``<EF>`` says, and what it says after one more run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from irodsfs.sandbox.rules.delays import SECONDS

FREQUENCY = re.compile(r"(\d*)(\S?)\s*(.*)", re.DOTALL)
TIMES = re.compile(r"(\d+)\s*(.*)", re.DOTALL)
UNTIL_SUCCESS = "UNTIL SUCCESS"


@dataclass(frozen=True)
class Next:
    """When a rule is run again, in seconds since 1970, and with which frequency from then on."""

    time: int
    frequency: str


def after_run(frequency: str, now: int, succeeded: bool) -> Next | None:
    """What comes after a run at ``now``; None when that was the last one."""
    parts = FREQUENCY.match(frequency)
    if not parts or not frequency:
        return None
    count, unit, plan = int(parts[1] or 0), parts[2], parts[3].strip()
    time = now + count * SECONDS.get(unit, 1)
    kind, _, rest = plan.partition(" ")
    grown = 2 * count if kind == "DOUBLE" else count
    if not plan or rest == "FOR EVER":
        return Next(time, f"{grown}{unit} {plan}".strip())
    if rest.startswith(UNTIL_SUCCESS):
        return None if succeeded else until_success(time, kind, f"{grown}{unit}", rest.removeprefix(UNTIL_SUCCESS))
    if rest.startswith("UNTIL ") and not is_past(rest.removeprefix("UNTIL "), time):
        return Next(time, f"{grown}{unit} {plan}")
    return None


def until_success(time: int, kind: str, interval: str, limit: str) -> Next | None:
    """The next run of a rule that is run until it succeeds, or a limit of time or of runs is reached."""
    limit = limit.strip()
    plan = f"{interval} {kind} {UNTIL_SUCCESS} {limit}".strip()
    if not limit or limit.startswith("UPTO "):
        return Next(time, plan)
    if limit.startswith("OR UNTIL "):
        return None if is_past(limit.removeprefix("OR UNTIL "), time) else Next(time, plan)
    times = TIMES.match(limit.removeprefix("OR "))
    if not times or int(times[1]) <= 1:
        return None
    left = int(times[1]) - 1
    said = times[2] if "ORIGINAL TIMES" in times[2] else f"TIMES. ORIGINAL TIMES={left + 1}"
    return Next(time, f"{interval} {kind} {UNTIL_SUCCESS} OR {left} {said}")


def is_past(moment: str, time: int) -> bool:
    """Whether a moment in seconds since 1970 comes before a time; what is no number is always past."""
    return not moment.strip().isdigit() or int(moment) < time
