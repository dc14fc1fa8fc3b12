from __future__ import annotations

from typing import Any

import click

from irodsfs.cli.entry_options import PATHS_HELP, on_paths
from irodsfs.cli.human import moment, size
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output
from irodsfs.cli.targets import Shown, Targets

EPILOG = f"""{PATHS_HELP}

\b
Criteria must all hold, and each may be given several times. Where a value
stands, an operator may come before it: = like < > <= >= in. Examples:
  irodsfs find ~/zone --name '*.txt' --avu 'Author=Me'
  irodsfs find /tempZone/home/lab --type f --size '>1G' --newer 7d --long
  irodsfs find --avu 'Color in red,blue' --avu 'Width>5;nm' --owner 'like a%'
  irodsfs find ~/zone --coll-avu Project=ice -0 | xargs -0 md5sum

\b
Exit status: 0 done, also when nothing was found; 2 a criterion makes no
sense; 6 a path does not exist, or you may not see it; 10 the zone refused.
"""


@click.command(epilog=EPILOG)
@on_paths()
@click.option("--name", metavar="PATTERN", multiple=True, help="Last name, with wildcards.")
@click.option("--path", metavar="PATTERN", multiple=True, help="Path in the zone, with wildcards, also for slashes.")
@click.option("--type", metavar="TYPE", help="f for data objects, d for collections.")
@click.option("--size", metavar="SIZE", multiple=True, help="Size in bytes, as '>1M', '<4k', 0.")
@click.option("--newer", metavar="TIME", help="Changed since then: 2h, 7d, 2026-11-27.")
@click.option("--older", metavar="TIME", help="Not changed since then.")
@click.option("--owner", metavar="USER", multiple=True, help="Owner, as name or name#zone.")
@click.option("--resource", metavar="NAME", multiple=True, help="Resource that holds a replica, or one above it.")
@click.option("--checksum", metavar="SUM", multiple=True, help="Checksum as the zone has it, as sha2:...")
@click.option("--avu", metavar="A[=V[;U]]", multiple=True, help="Metadata of the entry: attribute, value, units.")
@click.option(
    "--coll-avu", metavar="A[=V[;U]]", multiple=True, help="Metadata of a collection, or of that an object is in."
)
@click.option("--min-depth", "--mindepth", metavar="N", type=click.IntRange(min=0), help="So far below PATH at least.")
@click.option("--max-depth", "--maxdepth", metavar="N", type=click.IntRange(min=0), help="So far below PATH at most.")
@click.option("--null", "-0", "null", is_flag=True, help="End each path with a NUL, for xargs -0 and --files-from.")
@click.option("--long", "-l", "as_table", is_flag=True, help="Show owner, size and time, too.")
@as_json
def find(targets: Targets, *, null: bool, as_table: bool, as_json: bool, **criteria: Any) -> None:
    """Find data objects and collections by what they are and by their metadata.

    One query brings them, however deep they lie. Paths are shown as PATH was written: local ones on a mount, those of
    the zone otherwise.
    """
    output = Output()
    performing = Performing(as_json=as_json)
    rows: list[Record] = []
    listed = JsonList(output)

    def take(record: Record, shown: Shown) -> None:
        record["local_path"] = shown.local(record["path"])
        if as_json:
            listed.add(record)
        elif as_table:
            rows.append(record)
        else:
            output.line(record["local_path"] or record["path"], end="\0" if null else "\n")

    given = {name: value for name, value in criteria.items() if value not in (None, ())}
    performing.run("find", targets, given, take)
    if as_json:
        listed.end()
    elif rows:
        output.table(("OWNER", "SIZE", "MODIFIED", "PATH"), map(_row, rows), right=(1,))
    output.flush()
    performing.end()


def _row(record: Record) -> tuple[str, ...]:
    bytes_ = size(record["size"]) if "size" in record else "-"
    slash = "/" if record["type"] == "collection" else ""
    return record["owner"], bytes_, moment(record["modified"]), (record["local_path"] or record["path"]) + slash
