from __future__ import annotations

import click

from irodsfs.cli.changing import change
from irodsfs.cli.entry_options import NAMED_PATHS_HELP, STATUSES_HELP, on_paths
from irodsfs.cli.parameters import as_json
from irodsfs.cli.targets import Targets

EPILOG = f"""{NAMED_PATHS_HELP}

\b
Examples:
  irodsfs rm ~/zone/run7/*.tmp
  irodsfs rm -r --permanent '~/run6'
  irodsfs find --name '*.bak' -0 | irodsfs rm --files-from -

{STATUSES_HELP}"""


@click.command(epilog=EPILOG)
@on_paths(changes=True, required=True)
@click.option("--recursive", "-r", "-R", is_flag=True, help="Collections, too, with all that is in them.")
@click.option("--permanent", is_flag=True, help="For good; what is in the trash already always goes for good.")
@click.option("--force", "-f", is_flag=True, help="A path that does not exist is fine.")
@as_json
def rm(targets: Targets, *, recursive: bool, permanent: bool, force: bool, as_json: bool) -> None:
    """Remove data objects and collections, into the trash of the zone.

    Whatever their age is; rm of the shell on a mount leaves there what is older than its --trash-after.
    """
    asked = {"recursive": recursive, "permanent": permanent, "ignore_missing": force}
    change("rm", targets, asked, as_json=as_json)
