"""Commands that show what the zone tells of users, groups, resources and its server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from irodsfs.cli.entry_options import IN_ZONE, with_options
from irodsfs.cli.human import moment, size
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output, name_of
from irodsfs.cli.targets import targets

Row = Callable[[Record], Sequence[str]]


asking_zone = with_options(
    click.option("--mount", metavar="PATH", help="A path on the mount to ask. [default: where you are, else any]"),
    IN_ZONE,
    as_json,
)
"""The options that say which zone is asked."""


def show(
    action: str,
    names: Sequence[str] | None,
    headings: Sequence[str],
    row: Row,
    *,
    mount: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Prints the records of an action: all in a table, a single one that was named with all that is known of it."""
    output = Output()
    found: list[Record] = []
    performing = Performing(as_json=as_json)
    asked = {} if names is None else {"names": list(map(name_of, names))}
    where = targets((), mount=mount, zone=zone)
    performing.run_without_paths(action, where, asked, lambda record, _shown: found.append(record))
    if as_json:
        records = JsonList(output)
        for record in found:
            records.add(record)
        records.end()
    elif names is None or len(names) == 1:
        for record in found:
            output.table(("", ""), [(_label(key), _value(key, value)) for key, value in record.items()])
    elif found:
        output.table(headings, [row(record) for record in found])
    output.flush()
    performing.end()


def _label(key: str) -> str:
    return key.replace("_", " ")


def _value(key: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in ("created", "modified", "started"):
        return moment(value)
    if key.endswith("_bytes"):
        return f"{size(value)} ({value} bytes)"
    return str(value)
