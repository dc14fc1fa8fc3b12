from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import click

from irodsfs.cli.human import moment
from irodsfs.cli.people_and_places import asking_zone
from irodsfs.cli.performing import Performing, Record
from irodsfs.cli.printing import JsonList, Output, as_json_text, on_one_line
from irodsfs.cli.targets import targets

EPILOG = """\b
Examples:
  irodsfs query "select COLL_NAME, DATA_NAME where DATA_SIZE > 1000000"
  irodsfs query "select max(DATA_SIZE), DATA_OWNER_ZONE"
  irodsfs query "%s/%s" "select COLL_NAME, DATA_NAME where DATA_NAME like '%.txt'"
  irodsfs query "select DATA_NAME where DATA_SIZE = 1 or DATA_SIZE = 2 order by DATA_NAME"
  irodsfs query --specific ShowCollAcls /tempZone/home/alice

Queries are those of iquest (GenQuery1), or those of GenQuery2 on servers from 4.3.2 on, which has OR, ORDER BY,
GROUP BY, LIMIT and functions. What a query uses decides; all rows are printed.

\b
Exit status: 0 done, also when nothing was found; 2 the query makes no sense;
6 there is no such specific query or zone; 10 the zone refused.
"""

FORMATS = ("table", "tsv", "csv", "json", "ndjson")
TIMES = ("_TIME", "_EXPIRY", "_EXPIRY_TS", "_CREATE_TS", "_MODIFY_TS", "_TS")


@click.command(epilog=EPILOG)
@click.argument("words", metavar="[FORMAT] QUERY", nargs=-1)
@click.option("--specific", metavar="ALIAS", help="Run this stored query; its arguments follow.")
@click.option("--no-distinct", is_flag=True, help="Show equal rows as often as there are.")
@click.option("--all", "--no-page", "_all", is_flag=True, help="Print all rows, as is done anyway.")
@click.option("--remote-zone", "-z", metavar="NAME", help="Ask another zone that the server knows.")
@click.option("--engine", type=click.Choice(["genquery1", "genquery2"]), help="Who answers. [default: whoever can]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How rows are printed.")
@click.option("--no-headings", is_flag=True, help="Leave out the names of the columns.")
@click.option("--sql", is_flag=True, help="Print the statement that the server would run.")
@click.option("--columns", is_flag=True, help="List the columns that can be asked for.")
@asking_zone
def query(
    words: tuple[str, ...],
    *,
    form: str,
    no_headings: bool,
    mount: str | None,
    zone: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Query the catalog of the zone.

    FORMAT is one in the manner of iquest, with a %s for each column.
    """
    action, asked, template = _asked(words, **options)
    output = Output()
    rows = _Printed(output, "json" if as_json else form, template, headings=not no_headings)
    performing = Performing(as_json=as_json)
    where = targets((), mount=mount, zone=zone)
    performing.run_without_paths(action, where, asked, lambda record, _shown: rows.take(record))
    if not performing.status:
        rows.end()
    output.flush()
    performing.end()


def _asked(
    words: Sequence[str],
    *,
    specific: str | None,
    no_distinct: bool,
    remote_zone: str | None,
    engine: str | None,
    sql: bool,
    columns: bool,
    _all: bool,
) -> tuple[str, Record, str | None]:
    """The action, its parameters, and the format for rows if there is one."""
    if columns:
        return "query-columns", {}, None
    asked: Record = {"zone": remote_zone} if remote_zone else {}
    if specific is not None:
        return "specific-query", asked | {"alias": specific, "arguments": list(words)}, None
    template, text, no_distinct = _split(words, no_distinct)
    asked |= {"query": text, "distinct": not no_distinct, "sql": sql} | ({"engine": engine} if engine else {})
    return "query", asked, template


def _split(words: Sequence[str], no_distinct: bool) -> tuple[str | None, str, bool]:
    """The format, if any, the query, and whether equal rows are wanted, as iquest takes them."""
    given = list(words)
    if given and given[0].lower() == "no-distinct":
        given, no_distinct = given[1:], True
    if len(given) == 2 and "select" not in given[0].lower():
        return given[0], given[1], no_distinct
    if not given:
        raise click.UsageError("There is no query: give one, or --columns, or --specific ALIAS.")
    return None, " ".join(given), no_distinct


class _Printed:
    """Records of a query as they are printed, in the form that was asked for."""

    def __init__(self, output: Output, form: str, template: str | None, *, headings: bool) -> None:
        self._output = output
        self._form = "template" if template is not None else form
        self._template = template or ""
        self._headings = headings
        self._columns: list[str] = []
        self._table: list[list[str]] = []
        self._list = JsonList(output)
        self._is_first = True

    def take(self, record: Record) -> None:
        if "sql" in record:
            self._form = "none"
            self._output.line(record["sql"])
        elif "columns" in record:
            self._columns = record["columns"]
        elif "column" in record:
            self._columns = ["COLUMN", "ENGINES"]
            self._row([record["column"], ", ".join(record["engines"])])
        else:
            self._row(record["row"])

    def _row(self, row: list[str]) -> None:
        if self._is_first and self._headings and self._columns and self._form in ("tsv", "csv"):
            self._separated(self._columns)
        self._is_first = False
        if self._form == "table":
            self._table.append(row)
        elif self._form == "template":
            self._output.line(_filled(self._template, row), end="" if self._template.endswith("\n") else "\n")
        elif self._form == "json":
            self._list.add(self._named(row))
        elif self._form == "ndjson":
            self._output.line(as_json_text(self._named(row), indent=None))
        else:
            self._separated(row)

    def _separated(self, row: Sequence[str]) -> None:
        if self._form == "tsv":
            self._output.line("\t".join(map(on_one_line, row)))
        else:
            written = io.StringIO()
            csv.writer(written, lineterminator="\n").writerow(row)
            self._output.line(written.getvalue(), end="")

    def _named(self, row: list[str]) -> dict[str, Any]:
        return dict(zip(self._names(len(row)), row, strict=False))

    def _names(self, count: int) -> list[str]:
        return self._columns or [f"column_{number}" for number in range(1, count + 1)]

    def end(self) -> None:
        if self._form == "json":
            self._list.end()
        elif self._form == "table" and self._table:
            names = self._names(len(self._table[0]))
            shown: list[Callable[[str], str]] = [_date if name.endswith(TIMES) else str for name in names]
            headings = self._columns if self._headings else [""] * len(names)
            numbers = [
                index
                for index in range(len(names))
                if all(row[index].isdecimal() for row in self._table) and shown[index] is str
            ]
            rows = [[show(value) for show, value in zip(shown, row, strict=True)] for row in self._table]
            self._output.table(headings, rows, right=numbers)


def _date(value: str) -> str:
    """A time of the catalog as people read it, in local time."""
    return moment(int(value)) if value.isdecimal() and len(value) <= 11 else value


def _filled(template: str, row: Sequence[str]) -> str:
    """The format with a value in the place of each %s, and with \\n and \\t as iquest takes them."""
    first, *others = template.replace("\\n", "\n").replace("\\t", "\t").split("%s")
    values = [*row, *[""] * len(others)]
    return first + "".join(value + other for value, other in zip(values, others, strict=False))
