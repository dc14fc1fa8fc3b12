from __future__ import annotations

from pathlib import Path

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json, on_mount


@click.command()
@click.argument("text", metavar="QUERY", help="As GenQuery2 has it: select DATA_NAME where DATA_SIZE > '100'")
@click.option("--zone", metavar="NAME", help="Another zone that the server knows.")
@on_mount
@as_json
def query(text: str, zone: str | None, mount: Path, as_json: bool) -> None:
    """Query the catalog of a mounted zone."""
    asked = {"query": text} | ({"zone": zone} if zone else {})
    with control_of(mount) as control:
        rows = [row["value"] for row in control.request("POST", "/query", document=asked)["row"]]
    if as_json:
        show_json(rows)
    else:
        show_table([""] * max(map(len, rows), default=0), rows)
