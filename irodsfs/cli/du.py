from __future__ import annotations

import click

from irodsfs.cli.entry_options import PATHS_HELP, on_paths
from irodsfs.cli.human import size
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output
from irodsfs.cli.targets import Shown, Targets

EPILOG = f"""{PATHS_HELP}

\b
Examples:
  irodsfs du ~/zone                        one line for all of it
  irodsfs du --max-depth 1 /tempZone/home  one for each collection in it, too
  irodsfs du --bytes --json ~/zone/results

\b
Exit status: 0 done; 6 a path does not exist, or you may not see it; 10 the
zone refused.
"""


@click.command(epilog=EPILOG)
@on_paths()
@click.option(
    "--max-depth", "-d", metavar="N", type=click.IntRange(min=0), default=0, help="Tell collections so far below, too."
)
@click.option("--bytes", "-b", "in_bytes", is_flag=True, help="Print sizes in bytes, not in K, M and G.")
@as_json
def du(targets: Targets, *, max_depth: int, in_bytes: bool, as_json: bool) -> None:
    """Tell how much is in collections, at any depth.

    The zone makes the sums, so that depth costs nothing. An object is counted once, whatever number of replicas it has.
    """
    output = Output()
    performing = Performing(as_json=as_json)
    listed = JsonList(output)
    rows: list[tuple[object, ...]] = []

    def take(record: Record, shown: Shown) -> None:
        if as_json:
            listed.add({**record, "local_path": shown.local(record["path"])})
            return
        bytes_ = record["size"] if in_bytes else size(record["size"])
        rows.append((bytes_, record["data_objects"], record["collections"], shown.path(record["path"])))

    performing.run("du", targets, {"max_depth": max_depth}, take)
    if as_json:
        listed.end()
    elif rows:
        output.table(("SIZE", "OBJECTS", "COLLECTIONS", "PATH"), rows, right=(0, 1, 2))
    output.flush()
    performing.end()
