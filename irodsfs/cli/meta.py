from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from irodsfs.cli.answers import AsJson, control_of, show_json, show_table
from irodsfs.control.places import resource
from irodsfs.errors import ControlFailure

app = typer.Typer(help="Metadata (AVUs) of files and directories.", no_args_is_help=True, rich_markup_mode=None)

OnPath = Annotated[Path, typer.Argument(metavar="PATH", help="A path on a mount.")]
Attribute = Annotated[str, typer.Argument(metavar="ATTRIBUTE")]
Value = Annotated[str, typer.Argument(metavar="VALUE")]
Units = Annotated[str, typer.Argument(metavar="[UNITS]", show_default=False)]


@app.command()
def ls(path: OnPath, as_json: AsJson = False) -> None:
    """List attributes, values and units."""
    with control_of(path) as control:
        entries = control.request("GET", f"{resource(path)}/metadata")["metadataEntries"]
    avus = [{field: entry[field] for field in ("attribute", "value", "unit")} for entry in entries]
    if as_json:
        show_json(avus)
    else:
        show_table(["ATTRIBUTE", "VALUE", "UNITS"], [list(avu.values()) for avu in avus])


@app.command()
def add(path: OnPath, attribute: Attribute, value: Value, units: Units = "") -> None:
    """Add an AVU."""
    _change("PUT", path, attribute, value, units)


@app.command()
def rm(path: OnPath, attribute: Attribute, value: Value, units: Units = "") -> None:
    """Remove an AVU."""
    _change("POST", path, attribute, value, units)


def _change(method: str, path: Path, attribute: str, value: str, units: str) -> None:
    avu: dict[str, Any] = {"attribute": attribute, "value": value, "unit": units}
    with control_of(path) as control:
        (result,) = control.request(method, f"{resource(path)}/metadata", json={"metadataEntries": [avu]})
    if result["resultStatus"] != "OK":
        raise ControlFailure(f"{path}: {result['resultStatus']} ({result['message']}).")
