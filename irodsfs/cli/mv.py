from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.entry_options import STATUSES_HELP
from irodsfs.cli.place_options import place, placing

EPILOG = f"""Paths are on a mount, or of the zone; sources may hold wildcards where the shell leaves them.

\b
Examples:
  irodsfs mv '~/run7/*.raw' ~/zone/archive
  irodsfs mv --overwrite ~/zone/new.csv ~/zone/table.csv

{STATUSES_HELP}"""


@click.command(epilog=EPILOG)
@placing
def mv(paths: tuple[str, ...], **options: Any) -> None:
    """Rename or move data objects and collections within the zone."""
    place("mv", paths, **options)
