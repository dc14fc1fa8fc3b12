"""What a GenQuery2 text says, before any SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column by name, cast to a type of the database when one is given."""

    name: str
    cast: str = ""


@dataclass(frozen=True)
class Function:
    """A function of the database; text arguments are literals."""

    name: str
    arguments: tuple[Expression | str, ...]
    distinct: bool = False


Expression = Column | Function


@dataclass(frozen=True)
class Condition:
    """A comparison: ``operator`` is a sign, ``like``, ``in``, ``between``, ``is null`` or ``is not null``."""

    subject: Expression
    operator: str
    literals: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True)
class Sort:
    """What to order by, and which way."""

    expression: Expression
    ascending: bool = True


@dataclass(frozen=True)
class Select:
    """A whole query; its conditions alternate with ``and``, ``or``, ``not`` and parentheses."""

    projections: tuple[Expression, ...]
    conditions: tuple[Condition | str, ...] = ()
    distinct: bool = False
    group_by: tuple[str, ...] = ()
    order_by: tuple[Sort, ...] = ()
    limit: str = ""
    offset: str = ""
