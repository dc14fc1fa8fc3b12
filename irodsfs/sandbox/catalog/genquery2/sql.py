"""GenQuery2 into SQL: the server's own text for PostgreSQL, and the same query as SQLite takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from irodsfs.sandbox.catalog.genquery2 import genquery2_joins
from irodsfs.sandbox.catalog.genquery2.dialects import Dialect, Value
from irodsfs.sandbox.catalog.genquery2.genquery2_columns import COLUMNS, RESOURCE_HIERARCHY, ColumnSource
from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Column, Condition, Expression, Function, Select

DEFAULT_LIMIT = "256"
HIERARCHIES = (
    "with recursive cte_drh as ("
    "select resc_id, resc_name hier,"
    " case when resc_parent = '' then 0 else cast(resc_parent as bigint) end parent_id"
    " from R_RESC_MAIN where resc_id > 0"
    " union all select cte_drh.resc_id,"
    " cast(concat(concat(U.resc_name, ';'), cte_drh.hier) as varchar(250)),"
    " case when U.resc_parent = '' then 0 else cast(U.resc_parent as bigint) end parent_id"
    " from cte_drh inner join R_RESC_MAIN U on U.resc_id = cte_drh.parent_id) "
)


class InvalidQueryError(ValueError):
    """A query the server makes no SQL of."""


@dataclass(frozen=True)
class Reader:
    """For whom a query is made."""

    name: str
    zone: str
    admin: bool


class Generator:
    """Makes the SQL of one query in one dialect; columns enter their tables in the order they are met."""

    def __init__(self, select: Select, reader: Reader, dialect: Dialect) -> None:
        self.select = select
        self.reader = reader
        self.dialect = dialect
        self.aliases: dict[str, str] = {}
        self.metadata_owners: set[str] = set()
        self.used: dict[str, Column] = {}
        self.values: list[Any] = []

    def generate(self) -> tuple[str, list[Any]]:
        """The SQL and the values of its placeholders; raises InvalidQueryError."""
        projections = ", ".join(self.expression(item, selected=True).sql for item in self.select.projections)
        conditions = self.conditions()
        if not self.aliases:
            raise InvalidQueryError("no tables")
        table, alias = next(iter(self.aliases.items()))
        try:
            between = genquery2_joins.between_tables(self.aliases)
        except genquery2_joins.UnjoinableError as error:
            raise InvalidQueryError(str(error)) from None
        sql = [
            HIERARCHIES if RESOURCE_HIERARCHY in self.used else "",
            f"select {'distinct ' if self.select.distinct else ''}{projections} from {table} {alias}",
            between,
            genquery2_joins.permissions(self.aliases, self.reader.admin),
            genquery2_joins.metadata(self.aliases, sorted(self.metadata_owners)),
            self.hierarchy(),
            self.where(conditions),
            self.group_by(),
            self.order_by(),
            self.dialect.limit(self.select.limit or DEFAULT_LIMIT, self.select.offset),
        ]
        return "".join(sql), self.values

    def conditions(self) -> str:
        text = ""
        for part in self.select.conditions:
            if isinstance(part, Condition):
                text += self.condition(part)
            else:
                text += f" {part} " if part in ("and", "or") else f"{part} " if part == "not" else part
        return text

    def condition(self, condition: Condition) -> str:
        subject = self.expression(condition.subject)
        self.values += self.dialect.literals(subject, condition.operator, condition.literals)
        return self.dialect.comparison(subject, condition)

    def expression(self, expression: Expression, selected: bool = False) -> Value:
        """The SQL of a column or function that is selected or compared; its tables join the query."""
        if isinstance(expression, Function):
            if expression.distinct and not selected:
                raise InvalidQueryError("DISTINCT outside of the select clause")
            arguments = [self.argument(argument, selected) for argument in expression.arguments]
            return self.dialect.function(expression, arguments)
        source = source_of(expression.name)
        self.used.setdefault(source.name, expression)
        self.use_tables(source)
        return self.dialect.column(self.alias_of(source), source, expression.cast)

    def argument(self, argument: Expression | str, selected: bool) -> Value:
        return self.dialect.text(argument) if isinstance(argument, str) else self.expression(argument, selected)

    def use_tables(self, source: ColumnSource) -> None:
        special = source.special
        if source.is_metadata and special:
            self.metadata_owners.add(special[1])
        if source.table not in self.aliases:
            self.aliases.setdefault(special[1] if special else source.table, f"t{len(self.aliases)}")

    def alias_of(self, source: ColumnSource) -> str:
        if source.special:
            return source.special[0]
        if source.table not in self.aliases:
            raise InvalidQueryError(f"no table for {source.name}")
        return self.aliases[source.table]

    def hierarchy(self) -> str:
        if RESOURCE_HIERARCHY not in self.used:
            return ""
        return f" inner join cte_drh on cte_drh.resc_id = {self.aliases['R_RESC_MAIN']}.resc_id"

    def where(self, conditions: str) -> str:
        """The conditions of the query, then those on access; the server puts no parentheses around the former."""
        parts = [conditions] if conditions else []
        if not self.reader.admin:
            access = genquery2_joins.permission_conditions(self.aliases, self.reader.zone)
            self.values += [self.reader.name] * len(access)
            parts += access
        return f" where {' and '.join(parts)}" if parts else ""

    def group_by(self) -> str:
        columns = []
        for name in self.select.group_by:
            source = source_of(name)
            if name not in self.used:
                raise InvalidQueryError(f"{name} is neither selected nor compared")
            columns.append(self.dialect.column(self.alias_of(source), source, self.used[name].cast).sql)
        return f" group by {', '.join(columns)}" if columns else ""

    def order_by(self) -> str:
        terms = [
            f"{self.known(sort.expression).sql} {'asc' if sort.ascending else 'desc'}" for sort in self.select.order_by
        ]
        return f" order by {', '.join(terms)}" if terms else ""

    def known(self, expression: Expression) -> Value:
        """The SQL of what is ordered by; it brings no tables of its own."""
        if isinstance(expression, Function):
            arguments = [
                self.dialect.text(argument) if isinstance(argument, str) else self.known(argument)
                for argument in expression.arguments
            ]
            return self.dialect.function(expression, arguments)
        source = source_of(expression.name)
        return self.dialect.column(self.alias_of(source), source, expression.cast)


def source_of(name: str) -> ColumnSource:
    try:
        return COLUMNS[name]
    except KeyError:
        raise InvalidQueryError(f"unknown column {name}") from None
