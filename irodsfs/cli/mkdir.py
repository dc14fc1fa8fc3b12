from __future__ import annotations

import click

from irodsfs.cli.changing import change
from irodsfs.cli.entry_options import STATUSES_HELP, on_paths
from irodsfs.cli.parameters import as_json
from irodsfs.cli.targets import Targets

EPILOG = f"""PATH is a path on a mount, or a path of the zone, and holds no wildcards.

\b
Examples:
  irodsfs mkdir ~/zone/run7
  irodsfs mkdir -p '~/runs/2026/11'

{STATUSES_HELP}"""


@click.command(epilog=EPILOG)
@on_paths(changes=True, required=True, literal=True)
@click.option("--parents", "-p", is_flag=True, help="Make those above, too; one that exists is fine.")
@as_json
def mkdir(targets: Targets, *, parents: bool, as_json: bool) -> None:
    """Make collections."""
    change("mkdir", targets, {"parents": parents}, as_json=as_json)
