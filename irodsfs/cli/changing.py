"""What commands that change entries have in common: silent when all is well, JSON or a line for each on demand."""

from __future__ import annotations

from collections.abc import Callable

from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output
from irodsfs.cli.targets import Shown, Targets

Line = Callable[[Record, Shown], str]


def change(action: str, targets: Targets, parameters: Record, *, as_json: bool, line: Line | None = None) -> None:
    """Has an action done; `line` is what to print of a record that is no failure. Ends the command when one is."""
    output = Output()
    done = JsonList(output)

    def take(record: Record, shown: Shown) -> None:
        if as_json:
            done.add(record | {"local_path": shown.local(record["path"])})
        elif line is not None:
            output.line(line(record, shown))

    performing = Performing(as_json=as_json)
    performing.run(action, targets, parameters, take)
    if as_json:
        done.end()
    output.flush()
    performing.end()
