from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from irodsfs.cli.answers import control_of, show_json, show_table
from irodsfs.cli.parameters import as_json, on_path
from irodsfs.user_errors import ControlFailure


@click.group()
def meta() -> None:
    """Metadata (AVUs) of files and directories."""


@meta.command()
@on_path
@as_json
def ls(path: Path, as_json: bool) -> None:
    """List attributes, values and units."""
    with control_of(path) as control:
        entries = control.request("GET", f"{control.place.resource}/metadata")["metadataEntries"]
    avus = [{field: entry[field] for field in ("attribute", "value", "unit")} for entry in entries]
    if as_json:
        show_json(avus)
    else:
        show_table(["ATTRIBUTE", "VALUE", "UNITS"], [list(avu.values()) for avu in avus])


@meta.command()
@on_path
@click.argument("attribute")
@click.argument("value")
@click.argument("units", default="")
def add(path: Path, attribute: str, value: str, units: str) -> None:
    """Add an AVU."""
    _change("PUT", path, attribute, value, units)


@meta.command()
@on_path
@click.argument("attribute")
@click.argument("value")
@click.argument("units", default="")
def rm(path: Path, attribute: str, value: str, units: str) -> None:
    """Remove an AVU."""
    _change("POST", path, attribute, value, units)


def _change(method: str, path: Path, attribute: str, value: str, units: str) -> None:
    avu: dict[str, Any] = {"attribute": attribute, "value": value, "unit": units}
    with control_of(path) as control:
        (result,) = control.request(method, f"{control.place.resource}/metadata", document={"metadataEntries": [avu]})
    if result["resultStatus"] != "OK":
        raise ControlFailure(f"{path}: {result['resultStatus']} ({result['message']}).")
