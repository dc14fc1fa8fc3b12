"""The columns of GenQuery2, and which tables stand behind those that are not simply a table's column."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from irodsfs.sandbox.catalog.postgres import is_integer

RESOURCE_HIERARCHY = "DATA_RESC_HIER"
META_OWNERS = {
    "META_D": ("mmd", "R_DATA_MAIN"),
    "META_C": ("mmc", "R_COLL_MAIN"),
    "META_R": ("mmr", "R_RESC_MAIN"),
    "META_U": ("mmu", "R_USER_MAIN"),
}
ACCESS_OWNERS = {"DATA_ACCESS_": ("pd", "R_DATA_MAIN"), "COLL_ACCESS_": ("pc", "R_COLL_MAIN")}
ACCESS_TABLES = {"R_TOKN_MAIN": "t", "R_USER_MAIN": "u", "R_OBJT_ACCESS": "oa"}


@dataclass(frozen=True)
class ColumnSource:
    """Where a column's values are: a table and its column; no table for a resource hierarchy."""

    name: str
    table: str
    column: str

    @property
    def is_integer(self) -> bool:
        return bool(self.table) and is_integer(self.table, self.column)

    @property
    def is_metadata(self) -> bool:
        return self.name.startswith("META_")

    @property
    def special(self) -> tuple[str, str] | None:
        """The fixed alias and the table it hangs on, of a column that joins of their own provide."""
        if self.is_metadata:
            return META_OWNERS[self.name[:6]]
        if self.name == RESOURCE_HIERARCHY:
            return "cte_drh", "R_RESC_MAIN"
        if self.name != "DATA_ACCESS_TIME" and self.name[:12] in ACCESS_OWNERS:
            prefix, owner = ACCESS_OWNERS[self.name[:12]]
            return prefix + ACCESS_TABLES[self.table], owner
        return None


def load() -> dict[str, ColumnSource]:
    lines = files(__package__).joinpath("columns.csv").read_text().splitlines()
    return {row["name"]: ColumnSource(**row) for row in csv.DictReader(lines)}


COLUMNS = load()


def mappings() -> dict[str, dict[str, str]]:
    """Column name to table to the table's column, as the server lists them."""
    return {name: {source.table: source.column} for name, source in COLUMNS.items()}
