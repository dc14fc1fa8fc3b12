from __future__ import annotations

from pathlib import Path

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.mountpoints import mount_of
from irodsfs.cli.parameters import as_json


@click.command()
@click.argument("path", type=Path, default=Path(), help="A path on the mount.")
@click.option("--wait", is_flag=True, help="Wait until no closed file waits for its upload.")
@as_json
def status(path: Path, wait: bool, as_json: bool) -> None:
    """Show what a mount is and what it is doing, the path of its control socket included."""
    # The mount answers for its root without its zone, which may be silent; for what is below it may have to ask.
    with control_of(mount_of(path) or path) as control:
        answer = control.request("GET", "/status", wait=str(wait).lower())
    if as_json:
        show_json(answer)
    else:
        show_table(["", ""], answer.items())
