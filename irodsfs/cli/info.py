from __future__ import annotations

from collections.abc import Iterator

import click

from irodsfs.cli.entry_options import PATHS_HELP, on_paths
from irodsfs.cli.human import moment
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output
from irodsfs.cli.targets import Shown, Targets

EPILOG = f"""{PATHS_HELP}

\b
Examples:
  irodsfs info ~/zone/results/a.txt
  irodsfs info --json '~/results/*.txt'

\b
Exit status: 0 done; 6 a path does not exist, or you may not see it; 10 the
zone refused.
"""


@click.command(epilog=EPILOG)
@on_paths()
@as_json
def info(targets: Targets, *, as_json: bool) -> None:
    """Tell all that the zone knows of entries.

    Identity, owner, times, checksum, replicas with their places, permissions, metadata and tickets; of a collection how
    much is in it, too.
    """
    output = Output()
    performing = Performing(as_json=as_json)
    listed = JsonList(output)
    is_first = True

    def take(record: Record, shown: Shown) -> None:
        nonlocal is_first
        record["local_path"] = shown.local(record["path"])
        if as_json:
            listed.add(record)
            return
        if not is_first:
            output.line("")
        is_first = False
        output.table(("", ""), _lines(record))

    performing.run("info", targets, {}, take)
    if as_json:
        listed.end()
    output.flush()
    performing.end()


def _lines(record: Record) -> Iterator[tuple[str, str]]:
    """What is told, line by line, and of what kind it is; a kind is named once."""
    if record["local_path"] is not None:
        yield "local path", record["local_path"]
    yield "path", record["path"]
    yield "type", record["type"].replace("_", " ")
    if "id" not in record:
        return
    yield "id", str(record["id"])
    yield "owner", f"{record['owner']}#{record['owner_zone']}"
    yield "created", moment(record["created"])
    yield "modified", moment(record["modified"])
    yield from _collection(record) if record["type"] == "collection" else _object(record)
    yield "comments", record["comments"] or "-"
    levels = [f"{each['user']}#{each['zone']} {each['level']}" for each in record["permissions"]]
    yield from _several("permissions", levels)
    yield from _several("metadata", [_avu(each) for each in record["avus"]])
    yield from _several("tickets", [_ticket(each) for each in record["tickets"]])


def _collection(record: Record) -> Iterator[tuple[str, str]]:
    yield "inheritance", "on: what is made in it gets its permissions" if record["inherits"] else "off"
    if record["special_type"]:
        yield "special", f"{record['special_type']} {record['special_target']}"
    objects, collections = record["data_objects"], record["collections"]
    yield "holds", f"{objects} data objects of {record['size']} bytes, {collections} collections, at any depth"


def _object(record: Record) -> Iterator[tuple[str, str]]:
    yield "size", f"{record['size']} bytes"
    yield "checksum", record["checksum"] or "-"
    yield "data type", record["data_type"] or "-"
    yield "expiry", (record["expiry"].strip("0 ") and moment(int(record["expiry"]))) or "-"
    yield from _several("replicas", [_replica(each) for each in record["replicas"]])


def _replica(replica: Record) -> str:
    checksum = f", {replica['checksum']}" if replica["checksum"] else ""
    where = f"on {replica['hierarchy']} at {replica['physical_path']}"
    return f"{replica['number']}: {replica['state']}, {replica['size']} bytes, {where}{checksum}"


def _avu(avu: Record) -> str:
    units = f" [{avu['units']}]" if avu["units"] else ""
    return f"{avu['attribute']} = {avu['value']}{units}"


def _ticket(ticket: Record) -> str:
    limit = "unlimited" if ticket["uses_limit"] is None else f"of {ticket['uses_limit']}"
    until = f", until {moment(ticket['expires'])}" if ticket["expires"] else ""
    return f"{ticket['ticket']}: {ticket['type']}, used {ticket['uses']} times, {limit}{until}"


def _several(kind: str, values: list[str]) -> Iterator[tuple[str, str]]:
    for number, value in enumerate(values or ["-"]):
        yield "" if number else kind, value
