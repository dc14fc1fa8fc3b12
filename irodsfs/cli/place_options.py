"""What cp and mv have in common: their options, and that the last path is the target."""

from __future__ import annotations

import click

from irodsfs.cli.changing import change
from irodsfs.cli.entry_options import REACHING, with_options
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Record
from irodsfs.cli.targets import Shown, targets

placing = with_options(
    click.argument("paths", metavar="SOURCE... TARGET", nargs=-1, required=True),
    click.option("--overwrite", is_flag=True, help="Replace what is there; else that is a failure."),
    click.option("--dry-run", "-n", is_flag=True, help="Do nothing but print what would be done."),
    *REACHING,
    as_json,
)
"""The arguments and options of a command that brings sources to a target."""


def place(
    action: str,
    paths: tuple[str, ...],
    *,
    files_from: str | None,
    mount: str | None,
    zone: str | None,
    as_json: bool,
    **flags: bool,
) -> None:
    """Has sources brought to the last of some paths, or those listed in a file to the only one."""
    *sources, target = paths
    if bool(sources) == (files_from is not None):
        raise click.UsageError("Name SOURCE... and TARGET, or TARGET alone with --files-from.")
    (goal,) = targets((target,), mount=mount, zone=zone, changes=True, literal=True).parts
    chosen = targets(sources, files_from=files_from, mount=mount, zone=zone, changes=True)
    several = sum(len(part.paths) for part in chosen.parts) > 1
    asked = {"target": goal.paths[0], "several": several, **flags}
    change(action, chosen, asked, as_json=as_json, line=_line if flags["dry_run"] else None)


def _line(record: Record, shown: Shown) -> str:
    replaced = " (replaced)" if record["replaced"] else ""
    return f"{shown.path(record['source'])} -> {shown.path(record['path'])}{replaced}"
