from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        show_table(["", ""], _rows(answer))


def _rows(answer: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in answer.items():
        if name != "traffic":
            yield name, value
    for each in answer["traffic"]:
        yield f"traffic {each['host']}", f"{each['bytesRead']} bytes read, {each['bytesWritten']} written"
