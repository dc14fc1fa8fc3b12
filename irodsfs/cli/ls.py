from __future__ import annotations

import click

from irodsfs.cli.entry_options import PATHS_HELP, on_paths
from irodsfs.cli.human import moment, size
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output
from irodsfs.cli.targets import Shown, Targets

EPILOG = f"""{PATHS_HELP}

\b
Examples:
  irodsfs ls                               what is where you are, or in your home
  irodsfs ls --long ~/zone/results         with owners, replicas, permissions, metadata
  irodsfs ls '/tempZone/home/lab/**/*.txt' what fits, at any depth
  irodsfs ls --json ~/zone | jq .

\b
Exit status: 0 done; 6 a path does not exist, or you may not see it; 10 the
zone refused.
"""

HEADINGS = ("OWNER", "SIZE", "MODIFIED", "REPLICAS", "PERMISSIONS", "METADATA", "NAME")


@click.command(epilog=EPILOG)
@on_paths()
@click.option("--long", "-l", "as_table", is_flag=True, help="Show owner, size, time, replicas, permissions, metadata.")
@click.option("--directory", "-d", "itself", is_flag=True, help="List collections themselves, not what is in them.")
@as_json
def ls(targets: Targets, *, as_table: bool, itself: bool, as_json: bool) -> None:
    """List what is in collections, and data objects.

    A slash follows the names of collections. A replica is shown with its resources, and with its state when that is not
    good.
    """
    listing = _Listing(Output(), as_table=as_table, as_json=as_json)
    performing = Performing(as_json=as_json)
    asked = {"details": as_table or as_json, "itself": itself}
    performing.run("ls", targets, asked, listing.take)
    listing.end()
    performing.end()


class _Listing:
    """What is printed: an array, or for each collection a heading, when there are several, and its entries."""

    def __init__(self, output: Output, *, as_table: bool, as_json: bool) -> None:
        self._output = output
        self._as_table = as_table
        self._json = JsonList(output) if as_json else None
        self._blocks: list[tuple[str | None, list[Record]]] = []

    def take(self, record: Record, shown: Shown) -> None:
        if "collection" in record:
            self._blocks.append((shown.path(record["collection"]), []))
            return
        record["local_path"] = shown.local(record["path"])
        if self._json is not None:
            self._json.add(record)
            return
        heading = self._blocks[-1][0] if self._blocks else None
        if heading is None or not _is_in(record["path"], record["local_path"], heading):
            if heading is not None or not self._blocks:
                self._blocks.append((None, []))
            record["name"] = shown.path(record["path"])
        else:
            record["name"] = record["path"].rpartition("/")[2]
        self._blocks[-1][1].append(record)

    def end(self) -> None:
        if self._json is not None:
            self._json.end()
        for number, (heading, records) in enumerate(self._blocks):
            if number:
                self._output.line("")
            if heading is not None and len(self._blocks) > 1:
                self._output.line(f"{heading}:")
            self._print(records)
        self._output.flush()

    def _print(self, records: list[Record]) -> None:
        if self._as_table and records:
            self._output.table(HEADINGS, map(_row, records), right=(1,))
        elif not self._as_table:
            for record in records:
                self._output.line(_name(record))


def _is_in(path: str, local: str | None, heading: str) -> bool:
    parents = {path.rpartition("/")[0] or "/", (local or "").rpartition("/")[0] or "."}
    return heading in parents


def _name(record: Record) -> str:
    return f"{record['name']}/" if record["type"] == "collection" else str(record["name"])


def _row(record: Record) -> tuple[str, ...]:
    owner = record["owner"] or "-"
    bytes_ = size(record["size"]) if "size" in record else "-"
    replicas = ", ".join(_replica(each) for each in record.get("replicas", ())) or "-"
    levels = ", ".join(f"{each['user']}:{each['level']}" for each in record["permissions"]) or "-"
    if record.get("inherits"):
        levels += ", inherits"
    avus = "; ".join(map(avu, record["avus"])) or "-"
    return owner, bytes_, moment(record["modified"]), replicas, levels, avus, _name(record)


def _replica(replica: Record) -> str:
    state = "" if replica["state"] == "good" else f" ({replica['state']})"
    return f"{replica['number']}:{replica['hierarchy']}{state}"


def avu(record: Record) -> str:
    """An AVU as people read it: attribute=value units."""
    units = f" {record['units']}" if record["units"] else ""
    return f"{record['attribute']}={record['value']}{units}"
