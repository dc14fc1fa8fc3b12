"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path

import click

on_path = click.argument("path", type=Path, help="A path on a mount.")
on_mount = click.option(
    "--mount",
    metavar="PATH",
    type=Path,
    default=Path(),
    show_default=False,
    help="A path on the mount to ask. [default: where you are]",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
