from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.entry_options import STATUSES_HELP
from irodsfs.cli.place_options import place, placing

EPILOG = f"""Paths are on a mount, or of the zone; sources may hold wildcards where the shell leaves them.

\b
Examples:
  irodsfs cp ~/zone/a.raw ~/zone/b.raw
  irodsfs cp -r --overwrite '~/run*' /tempZone/home/lab/runs

{STATUSES_HELP}"""


@click.command(epilog=EPILOG)
@placing
@click.option("--recursive", "-r", "-R", is_flag=True, help="Collections, too, with all that is in them.")
def cp(paths: tuple[str, ...], **options: Any) -> None:
    """Copy data objects and collections within the zone, without their bytes passing here."""
    place("cp", paths, **options)
