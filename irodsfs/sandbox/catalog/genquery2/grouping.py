"""PostgreSQL's rules on grouping, which SQLite does not enforce."""

from __future__ import annotations

from collections.abc import Iterator

from irodsfs.sandbox.catalog.genquery2.dialects import AGGREGATES, RefusedError
from irodsfs.sandbox.catalog.genquery2.genquery2_syntax import Column, Condition, Expression, Function, Select


def check(select: Select) -> None:
    """Raises RefusedError for an ungrouped column beside aggregates, and for an aggregate out of place."""
    ordered = [sort.expression for sort in select.order_by]
    compared = [part.subject for part in select.conditions if isinstance(part, Condition)]
    if any(map(has_aggregate, compared)):
        raise RefusedError("an aggregate in a condition")
    if select.distinct and not set(ordered) <= set(select.projections):
        raise RefusedError("order by what distinct rows do not show")
    shown = [*select.projections, *ordered]
    if select.group_by or any(map(has_aggregate, shown)):
        missing = {name for item in shown for name in outside_aggregates(item)} - set(select.group_by)
        if missing:
            raise RefusedError(f"{', '.join(sorted(missing))} not grouped by")


def is_aggregate(expression: Expression) -> bool:
    return isinstance(expression, Function) and expression.name.lower() in AGGREGATES


def has_aggregate(expression: Expression) -> bool:
    return is_aggregate(expression) or any(map(has_aggregate, inner(expression)))


def inner(expression: Expression) -> list[Expression]:
    if isinstance(expression, Column):
        return []
    return [argument for argument in expression.arguments if not isinstance(argument, str)]


def outside_aggregates(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Column):
        yield expression.name
    elif is_aggregate(expression):
        if any(map(has_aggregate, inner(expression))):
            raise RefusedError("an aggregate inside another")
    else:
        for argument in inner(expression):
            yield from outside_aggregates(argument)
