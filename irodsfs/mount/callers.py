"""Whether the programs that wait for an answer were killed, as /proc tells."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path

_FLAGS, _EXIT_CODE = 6, 49
"""Fields of /proc/PID/stat after the name."""

_EXITING = 0x4
_SIGNAL = 0x7F
"""The bits of an exit code that hold the signal which ended a process."""

_KILL = 1 << (signal.SIGKILL - 1)


def process_of(thread: int) -> int:
    """The process that a thread belongs to, or the thread when it is gone already."""
    try:
        return int(_status(Path(f"/proc/{thread}"))["Tgid"])
    except (OSError, KeyError):
        return thread


def are_killed(processes: Iterable[int]) -> bool:
    """True when of these processes some live, and all of them that do were killed and leave as soon as they can."""
    states = [_is_killed(process) for process in processes]
    living = [killed for killed in states if killed is not None]
    return bool(living) and all(living)


def _is_killed(process: int) -> bool | None:
    """None when there is no such process any more."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return None
    return any(_is_killed_thread(thread) for thread in threads)


def _is_killed_thread(thread: Path) -> bool:
    try:
        status = _status(thread)
        fields = (thread / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    if (int(status.get("SigPnd", "0"), 16) | int(status.get("ShdPnd", "0"), 16)) & _KILL:
        # Linux makes this of every signal that ends a program which has not said what else to do.
        return True
    # On its way out it closes what it has open, and waits for that, as also one does that has simply come to its end.
    return bool(int(fields[_FLAGS]) & _EXITING and int(fields[_EXIT_CODE]) & _SIGNAL)


def _status(thread: Path) -> dict[str, str]:
    lines = (thread / "status").read_text("utf-8", "replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
