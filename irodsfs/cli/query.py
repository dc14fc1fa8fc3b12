from __future__ import annotations

from typing import Annotated

import typer

from irodsfs.cli.answers import HERE, AsJson, OnMount, control_of, show_json, show_table


def query(
    text: Annotated[
        str, typer.Argument(metavar="QUERY", help="As GenQuery2 has it: select DATA_NAME where DATA_SIZE > '100'")
    ],
    mount: OnMount = HERE,
    as_json: AsJson = False,
) -> None:
    """Query the catalog of a mounted zone."""
    with control_of(mount) as control:
        rows = [row["value"] for row in control.request("POST", "/query", json={"query": text})["row"]]
    if as_json:
        show_json(rows)
    else:
        show_table([""] * max(map(len, rows), default=0), rows)
