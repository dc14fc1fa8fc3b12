"""Variables: values that differ from zone to zone, bound at first sight and then held to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

FIRST_ID = 10000
TIME = re.compile(r"0?1\d{9}")
CHECKSUM = re.compile(r"sha2:[A-Za-z0-9+/]{43}=")


@dataclass
class Bijection:
    """Recorded values and ours, one to one."""

    ours: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)

    def bind(self, recorded: str, ours: str) -> None:
        self.ours[recorded] = ours
        self.recorded[ours] = recorded

    def agree(self, recorded: str, ours: str) -> bool:
        """Whether both are the same value; two that were never seen are, from now on."""
        if recorded not in self.ours and ours not in self.recorded:
            self.bind(recorded, ours)
        return self.ours.get(recorded) == ours


class Timeline:
    """Times, held to their order.

    Our clock ticks with each request, the recorded one with the seconds. So each of our times stands for one recorded
    second, or for two in a row when that request went on past the end of one; and a later time of ours never stands
    for an earlier second, nor for the first of the two that an earlier time stands for.
    """

    def __init__(self) -> None:
        self.recorded: dict[int, tuple[int, int]] = {}
        self.ours: list[int] = []

    def agree(self, recorded: int, ours: int) -> bool:
        first, last = self.recorded.get(ours, (recorded, recorded))
        first, last = min(first, recorded), max(last, recorded)
        if last - first > 1 or not self.is_free(ours, first, last):
            return False
        if ours not in self.recorded:
            insort(self.ours, ours)
        self.recorded[ours] = first, last
        return True

    def is_free(self, ours: int, first: int, last: int) -> bool:
        before = self.ours[: bisect_left(self.ours, ours)][-1:]
        after = self.ours[bisect_right(self.ours, ours) :][:1]
        return all(self.recorded[time][1] <= first for time in before) and all(
            last <= self.recorded[time][0] for time in after
        )

    def may_lag(self, recorded: int, ours: int) -> bool:
        """Whether the recorded time is of the same moment or of an earlier one."""
        following = self.ours[bisect_left(self.ours, ours) :]
        return not following or recorded <= self.recorded[following[0]][1]


class Variables:
    """All that a replay learnt about the two zones."""

    def __init__(self) -> None:
        self.ids = Bijection()
        self.tokens = Bijection()
        self.processes = Bijection()
        self.hosts = Bijection()
        self.checksums = Bijection()
        self.times = Timeline()
        self.paths: dict[str, str] = {}
        self.our_checksums: set[str] = set()

    def agree(self, kind: str, recorded: str, ours: str) -> bool:
        """Whether a recorded value and ours are the same thing."""
        match kind:
            case "id" if is_id(recorded) and is_id(ours):
                return self.ids.agree(recorded, ours)
            case "time" if TIME.fullmatch(recorded) and TIME.fullmatch(ours):
                return len(recorded) == len(ours) and self.times.agree(int(recorded), int(ours))
            case "access time" if TIME.fullmatch(recorded) and TIME.fullmatch(ours):
                return self.times.may_lag(int(recorded), int(ours))  # the server notes a read when it finds the time
            case "token":
                return bool(recorded) == bool(ours) and self.tokens.agree(recorded, ours)
            case "continuation":
                return (recorded == "0") == (ours == "0")
            case "process":
                return self.processes.agree(recorded, ours)
            case "host":
                return self.hosts.agree(recorded, ours)
        return self.agree_on_text(recorded, ours)

    def agree_on_text(self, recorded: str, ours: str) -> bool:
        if recorded not in self.checksums.ours and ours in self.our_checksums and CHECKSUM.fullmatch(recorded):
            return self.checksums.agree(recorded, ours)
        return self.as_ours(recorded) == ours

    def as_ours(self, text: str) -> str:
        """A recorded text with everything our zone calls otherwise replaced."""
        for recorded, ours in self.paths.items():
            text = text.replace(recorded, ours)
        return CHECKSUM.sub(lambda found: self.checksums.ours.get(found[0], found[0]), text)

    def sortable(self, kind: str, recorded: str) -> str:
        """A recorded value as far as both sides can know it: the same as ``sortable_ours`` of what it is bound to."""
        if kind == "id" and is_id(recorded):
            return recorded if recorded in self.ids.ours else ""
        return "" if is_variable(kind, recorded) else recorded

    def sortable_ours(self, kind: str, ours: str) -> str:
        """A value of ours as the recording calls it, empty when that cannot be known yet."""
        if kind == "id" and is_id(ours):
            return self.ids.recorded.get(ours, "")
        if is_variable(kind, ours):
            return ""
        for recorded, path in self.paths.items():
            ours = ours.replace(path, recorded)
        return CHECKSUM.sub(lambda found: self.checksums.recorded.get(found[0], found[0]), ours)


def is_variable(kind: str, text: str) -> bool:
    return kind in ("token", "process", "host") or (kind in ("time", "access time") and bool(TIME.fullmatch(text)))


def is_id(text: str) -> bool:
    return text.isdecimal() and int(text) >= FIRST_ID
