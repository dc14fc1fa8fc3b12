from __future__ import annotations

import click

from irodsfs.cli.changing import change
from irodsfs.cli.entry_options import NAMED_PATHS_HELP, STATUSES_HELP, on_paths
from irodsfs.cli.parameters import as_json
from irodsfs.cli.targets import Targets

EPILOG = f"""{NAMED_PATHS_HELP}

\b
Examples:
  irodsfs touch ~/zone/run7/done
  irodsfs touch --time 2026-11-27 --no-create '~/run7/*.raw'

{STATUSES_HELP}"""


@click.command(epilog=EPILOG)
@on_paths(changes=True, required=True)
@click.option("--time", "-t", metavar="TIME", help="Then: 2h (ago), 2026-11-27, 2026-11-27T10:00, @SECONDS.")
@click.option("--no-create", "-c", is_flag=True, help="Make nothing where nothing is.")
@as_json
def touch(targets: Targets, *, time: str | None, no_create: bool, as_json: bool) -> None:
    """Set the modify time of entries, or make empty data objects."""
    change("touch", targets, {"time": time, "create": not no_create}, as_json=as_json)
