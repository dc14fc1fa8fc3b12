from __future__ import annotations

import csv
import io
import json
import posixpath
from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from irodsfs.cli.metadata_arguments import Owners, Triple, owned, owners_of, split
from irodsfs.cli.parameters import as_json
from irodsfs.cli.performing import REFUSED, Performing, Record
from irodsfs.cli.printing import JsonList, Output, as_json_text, on_one_line
from irodsfs.cli.targets import Shown, targets
from irodsfs.user_errors import IrodsfsError

EPILOG = """\b
Examples:
  irodsfs meta ls -r ~/zone/run7
  irodsfs meta add ~/zone/a.txt color red nm
  irodsfs meta set --avu 'Kind=organic' --avu 'Width=5;nm' ~/zone/*.txt
  irodsfs find --name '*.raw' -0 | irodsfs meta add --avu State=checked --files-from -
  irodsfs meta rm -r --avu State ~/zone/run7
  irodsfs meta ls --user alice

PATH is a path on a mount, or one of the zone (/tempZone/..., '~/x'), with wildcards where the shell leaves them.

\b
Exit status: 0 done; 2 wrong use; 6 a path does not exist, or you may not see it;
10 the zone refused, or nothing was to be changed.
"""

FORMATS = ("table", "csv", "json", "ndjson")
avu_option = click.option("--avu", "avus", metavar="A=V[;U]", multiple=True, help="Metadata; then all else are paths.")


@click.group(epilog=EPILOG)
def meta() -> None:
    """Metadata (AVUs) of files and directories, users and resources."""


@meta.command(epilog=EPILOG)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--attribute", "-a", "attributes", metavar="NAME", multiple=True, help="Only this one.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How it is printed.")
@owned
@as_json
def ls(
    paths: tuple[str, ...], *, attributes: tuple[str, ...], form: str, as_json: bool, recursive: bool, **options: Any
) -> None:
    """List attributes, values and units."""
    owners = owners_of(paths, recursive=recursive, **options)
    alone = len(paths) < 2 and not recursive and not options["files_from"] and "*" not in "".join(paths)
    listed = _Listed(Output(), "json" if as_json else form, alone=alone)
    performing = Performing(as_json=as_json)
    _run(performing, "meta-ls", owners, {"attributes": list(attributes)}, listed.take)
    listed.end()
    performing.end()


@meta.command(epilog=EPILOG)
@click.argument("arguments", metavar="PATH... [ATTRIBUTE VALUE [UNITS]]", nargs=-1)
@avu_option
@owned
@as_json
def add(arguments: tuple[str, ...], **options: Any) -> None:
    """Add metadata to what there is."""
    _change("add", arguments, least=2, **options)


@meta.command("set", epilog=EPILOG)
@click.argument("arguments", metavar="PATH... [ATTRIBUTE VALUE [UNITS]]", nargs=-1)
@avu_option
@owned
@as_json
def set_(arguments: tuple[str, ...], **options: Any) -> None:
    """Make values the only ones of their attributes."""
    _change("set", arguments, least=2, **options)


@meta.command(epilog=EPILOG)
@click.argument("arguments", metavar="PATH... [ATTRIBUTE [VALUE [UNITS]]]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Remove all there is; then all else are paths.")
@avu_option
@owned
@as_json
def rm(arguments: tuple[str, ...], **options: Any) -> None:
    """Remove metadata; of an attribute without a value, all values."""
    _change("rm", arguments, least=1, **options)


@meta.command(epilog=EPILOG)
@click.argument("source")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@owned
@as_json
def cp(source: str, paths: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Give PATHs the metadata of SOURCE, too."""
    _copy(source, paths, move=False, as_json=as_json, **options)


@meta.command(epilog=EPILOG)
@click.argument("source")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@owned
@as_json
def mv(source: str, paths: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Give PATHs the metadata of SOURCE, which has none afterwards."""
    _copy(source, paths, move=True, as_json=as_json, **options)


@meta.command("export", epilog=EPILOG)
@click.argument("path")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", help="iBridges' archive, or CSV.")
@owned
def export(path: str, *, form: str, recursive: bool, **options: Any) -> None:
    """Write the metadata of PATH, and with -r of what is below it, to standard output."""
    owners = owners_of((path,), recursive=recursive, **options)
    performing = Performing(as_json=False)
    found: dict[str, list[list[str]]] = defaultdict(list)
    _run(performing, "meta-ls", owners, {}, lambda record, _shown: found[record["path"]].append(_triple(record)))
    roots: list[str] = []
    performing.run("find", owners.targets, {"max_depth": 0}, lambda record, _shown: roots.append(record["path"]))
    if len(roots) != 1:
        performing.end()
        raise click.UsageError("Name one entry: paths in the file are relative to it.")
    (root,), output = roots, Output()
    items = {posixpath.relpath(each, root): avus for each, avus in found.items()}
    if form == "csv":
        _table(output, ["path", "attribute", "value", "units"], [[name, *avu] for name in items for avu in items[name]])
    else:
        entries = [{"rel_path": name, "metadata": avus} for name, avus in items.items()]
        head = {"ibridges_metadata_version": "1.0", "recursive": recursive, "root_path": root}
        output.document(head | {"items": entries})
    output.flush()
    performing.end()


@meta.command("import", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("path")
@owned
@as_json
def import_(file: Path, path: str, *, as_json: bool, recursive: bool, **options: Any) -> None:
    """Add what `irodsfs meta export` or iBridges wrote into FILE to PATH and what is below it."""
    performing = Performing(as_json=as_json)
    counts = _Counts(Output(), "add", as_json=as_json)
    for name, avus in _read(file).items():
        whole = path if name in ("", ".") else posixpath.join(path, name)
        owners = owners_of((whole,), recursive=False, **options, changes=True)
        _run(performing, "meta-change", owners, {"operation": "add", "avus": avus}, counts.take)
    counts.end(performing, needed=False)


def _change(
    operation: str,
    arguments: tuple[str, ...],
    *,
    least: int,
    avus: tuple[str, ...],
    as_json: bool,
    everything: bool = False,
    **options: Any,
) -> None:
    triples: list[Triple] = []
    paths = list(arguments)
    if not everything:
        named = bool(options["users"] or options["resources"] or options["files_from"])
        paths, triples = split(arguments, avus, named=named, least=least)
    owners = owners_of(paths, **options, changes=True)
    asked = {"operation": operation, "avus": [list(each) for each in triples], "everything": everything}
    performing = Performing(as_json=as_json)
    counts = _Counts(Output(), operation, as_json=as_json)
    _run(performing, "meta-change", owners, asked, counts.take)
    counts.end(performing, needed=not everything)


def _copy(source: str, paths: tuple[str, ...], *, move: bool, as_json: bool, **options: Any) -> None:
    owners = owners_of(paths, **options, changes=True)
    (of_source,) = targets((source,), mount=options["mount"], zone=options["zone"], changes=True).parts
    performing = Performing(as_json=as_json)
    counts = _Counts(Output(), "add", as_json=as_json)
    _run(performing, "meta-cp", owners, {"source": of_source.paths[0], "move": move}, counts.take)
    counts.end(performing, needed=False)


def _run(performing: Performing, action: str, owners: Owners, asked: Record, take: Any) -> None:
    if owners.users or owners.resources:
        performing.run_without_paths(action, owners.targets, owners.parameters | asked, take)
    else:
        performing.run(action, owners.targets, owners.parameters | asked, take)


class _Listed:
    """AVUs as they are printed; of one entry `alone` without saying whose they are."""

    def __init__(self, output: Output, form: str, *, alone: bool) -> None:
        self._output = output
        self._form = form
        self._alone = alone
        self._rows: list[list[str]] = []
        self._list = JsonList(output)

    def take(self, record: Record, shown: Shown) -> None:
        if "path" in record:
            record["local_path"] = shown.local(record["path"])
        if self._form == "json":
            self._list.add(record)
        elif self._form == "ndjson":
            self._output.line(as_json_text(record, indent=None))
        else:
            self._rows.append([_owner(record), *_triple(record)])

    def end(self) -> None:
        headings = ["PATH", "ATTRIBUTE", "VALUE", "UNITS"]
        if self._form == "json":
            self._list.end()
        elif self._form == "csv":
            _table(self._output, [each.lower() for each in headings], self._rows)
        elif self._form == "table" and self._rows:
            first = 1 if self._alone else 0
            self._output.table(headings[first:], [row[first:] for row in self._rows])
        self._output.flush()


class _Counts:
    """What became of a change: counted, and said."""

    def __init__(self, output: Output, operation: str, *, as_json: bool) -> None:
        self._output = output
        self._operation = operation
        self._list = JsonList(output) if as_json else None
        self._records: list[Record] = []

    def take(self, record: Record, shown: Shown) -> None:
        if "path" in record:
            record["local_path"] = shown.local(record["path"])
        self._records.append(record)
        if self._list is not None:
            self._list.add(record)

    def end(self, performing: Performing, *, needed: bool) -> None:
        """Says what was done of several entries; when nothing was, though it was `needed`, that is a failure."""
        changed = sum(record["changed"] for record in self._records)
        entries = sum(record["changed"] > 0 for record in self._records)
        if self._list is not None:
            self._list.end()
        elif len(self._records) > 1:
            done = {"rm": "removed from", "set": "set of", "add": "added to"}[self._operation]
            self._output.line(f"{changed} {done} {entries} of {len(self._records)}")
        self._output.flush()
        if needed and self._records and not changed and not performing.status:
            told = "has no such metadata" if self._operation == "rm" else "has that metadata already"
            whose = _owner(self._records[0]) if len(self._records) == 1 else f"each of {len(self._records)}"
            click.echo(on_one_line(f"irodsfs: {whose} {told}.").encode("utf-8", "surrogateescape"), err=True)
            performing.status = REFUSED
        performing.end()


def _owner(record: Record) -> str:
    named = next(record[each] for each in ("path", "user", "resource") if each in record)
    return str(record.get("local_path") or named)


def _triple(record: Record) -> list[str]:
    return [record["attribute"], record["value"], record["units"]]


def _table(output: Output, headings: list[str], rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([headings, *rows])
    output.line(written.getvalue(), end="")


def _read(file: Path) -> dict[str, list[list[str]]]:
    """The AVUs of a file by relative path. Raises `IrodsfsError` for one that holds something else."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    try:
        text = file.read_text("utf-8")
        if text.lstrip().startswith("{"):
            for item in json.loads(text)["items"]:
                found[item["rel_path"]] += [[str(part or "") for part in avu] for avu in item["metadata"]]
        else:
            for row in csv.DictReader(io.StringIO(text), strict=True):
                found[row["path"]].append([row["attribute"], row["value"], row["units"] or ""])
    except OSError as error:
        raise IrodsfsError(f"{file} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        told = f"{file} holds no exported metadata ({error!r}): write it with irodsfs meta export."
        raise IrodsfsError(told) from None
    return found
