from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irodsfs.cli.answers import HERE, AsJson, control_of, show_json, show_table


def status(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", show_default=False, help="A path on the mount.")] = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what a mount is and what it is doing, the path of its control socket included."""
    with control_of(path) as control:
        answer = control.request("GET", "/status")
    if as_json:
        show_json(answer)
    else:
        show_table(["", ""], answer.items())
