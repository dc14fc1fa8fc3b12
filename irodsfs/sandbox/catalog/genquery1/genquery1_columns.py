"""The column table of iRODS 5.0.2: which number stands for which column, and how tables hang together.

The data are in three files beside this module: columns (number, name in iquest, table, column), tables (alias, real
table, whether joins end there) and links (two aliases and the condition that joins them).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from irodsfs.sandbox.catalog.postgres import is_integer


@dataclass(frozen=True, eq=False)
class Table:
    """A table under the alias a query uses; joins do not go on beyond a leaf."""

    alias: str
    table: str
    leaf: bool

    @property
    def source(self) -> str:
        """Its entry in a FROM clause."""
        return self.alias if self.alias == self.table else f"{self.table} {self.alias}"


@dataclass(frozen=True, eq=False)
class Column:
    """A column that can be selected or compared."""

    number: int
    name: str
    table: Table
    column: str

    @cached_property
    def sql(self) -> str:
        return f"{self.table.alias}.{self.column}"

    @cached_property
    def is_integer(self) -> bool:
        return is_integer(self.table.table, self.column)


@dataclass(frozen=True, eq=False)
class Link:
    """Two tables and what joins them."""

    first: Table
    second: Table
    condition: str


def records(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files(__package__).joinpath(name).read_text().splitlines()))


TABLES = {row["alias"]: Table(row["alias"], row["table"], row["leaf"] == "1") for row in records("tables.csv")}
COLUMNS = {
    int(row["number"]): Column(int(row["number"]), row["name"], TABLES[row["table"]], row["column"])
    for row in records("columns.csv")
}
LINKS = [Link(TABLES[row["first"]], TABLES[row["second"]], row["condition"]) for row in records("links.csv")]

USER_NAME = 202
R_RESC_NAME = 302
DATA_REPL_NUM = 404
DATA_NAME = 403
DATA_RESC_HIER = 422
DATA_RESC_ID = 423
COLL_NAME = 501
META_DATA_ATTR_NAME = 600
META_COLL_ATTR_NAME = 610
META_RESC_ATTR_NAME = 630
META_USER_ATTR_NAME = 640
META_RESC_GROUP_ATTR_NAME = 650
QUOTA_USER_ID = 2000
QUOTA_RESC_ID = 2001
QUOTA_LIMIT = 2002
QUOTA_OVER = 2003

NUMBERS = {column.name: number for number, column in COLUMNS.items()} | {"DATA_RESC_HIER": DATA_RESC_HIER}
