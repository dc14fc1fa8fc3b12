"""Guide, chapter 12: GenQuery; and beside it GenQuery2 and specific queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from irods.exception import CAT_INVALID_ARGUMENT, CAT_SQL_ERR, iRODSException
from starlette.responses import Response

from irodsfs.control.call import Call
from irodsfs.control.documents.query_documents import (
    Aggregate,
    Condition,
    GenQueryDocument,
    Operator,
    Order,
    ResultColumn,
    ResultRow,
    ResultsDocument,
    RowsDocument,
    SpecificQueryDocument,
    TextQuery,
    ValueList,
)
from irodsfs.control.http_errors import BadRequest, ControlError, about
from irodsfs.control.http_operations import Operations
from irodsfs.control.negotiation import NDJSON
from irodsfs.control.results import Pages, answer, form
from irodsfs.grid import general_queries, specific_queries
from irodsfs.grid.columns import UnknownColumn, column
from irodsfs.grid.general_queries import GeneralQuery, Selected
from irodsfs.grid.genquery1_text import NoGenQuery1
from irodsfs.grid.paging import rows as rows_of
from irodsfs.grid.text_queries import NoGenQuery2, Question, ask

operations = Operations("Queries")

LINES = {NDJSON: {"type": "string", "description": "one row in each line"}}
_SEVERAL = {Operator.IN, Operator.NOT_IN}
_TWO = {Operator.BETWEEN, Operator.NOT_BETWEEN}


@operations.operation("POST", "/genQuery", body=GenQueryDocument, answer=ResultsDocument, contents=LINES, changes=False)
async def post_gen_query(call: Call) -> Response:
    """Run a GenQuery; the result is complete, however long."""
    await _require_zone(call, call.body.zone)
    general = _build(call.body)
    names = [_result_name(select.value, select.aggregate_type) for select in call.body.select]
    options = {"zone": call.body.zone} if call.body.zone else {}
    found = rows_of(call.session.zone.pool, replace(general.query, options=options).request)
    call.resources.push_async_callback(found.aclose)
    written = form(
        call.media_type,
        ResultsDocument,
        lambda row: _named(names, general.values(row)),
        lambda row: dict(zip(names, general.values(row), strict=True)),
    )
    with about("condition", CAT_INVALID_ARGUMENT):
        return await answer(found, written)


@operations.operation("POST", "/query", body=TextQuery, answer=RowsDocument, contents=LINES, changes=False)
async def post_query(call: Call) -> Response:
    """Run a query as iquest takes it, or in the language of GenQuery2, which servers from 4.3.2 on understand."""
    asked: TextQuery = call.body
    await _require_zone(call, asked.zone)
    question = Question(asked.query, asked.zone, distinct=not asked.no_distinct)
    try:
        with about("query", iRODSException):
            return await _answer_rows(call, (await ask(call.session.zone, question)).pages)
    except NoGenQuery2 as error:
        remedy = "Write it as iquest takes it, or use POST /genQuery."
        raise ControlError(
            HTTPStatus.NOT_IMPLEMENTED, "NO_GENQUERY2", f"{error}.", field="query", remedy=remedy
        ) from error
    except (NoGenQuery1, UnknownColumn) as error:
        raise BadRequest("query", f"{error}.", "POST /actions/query-columns lists all columns.") from error


@operations.operation(
    "POST", "/specificQuery", body=SpecificQueryDocument, answer=RowsDocument, contents=LINES, changes=False
)
async def post_specific_query(call: Call) -> Response:
    """Run a query that an administrator has stored."""
    asked: SpecificQueryDocument = call.body
    await _require_zone(call, asked.zone)
    request = partial(specific_queries.request, asked.alias, asked.argument, zone=asked.zone)
    found = rows_of(call.session.zone.pool, request)
    with about("argument", CAT_SQL_ERR):
        return await _answer_rows(call, found)


async def _require_zone(call: Call, name: str | None) -> None:
    # Some requests for zones that a server does not know are answered from its own catalog.
    if name and not await call.session.zone.knows(name):
        raise BadRequest("zone", f"The server knows no zone {name}.", "Name one that the column ZONE_NAME lists.")


async def _answer_rows(call: Call, found: Pages) -> Response:
    call.resources.push_async_callback(found.aclose)
    return await answer(found, form(call.media_type, RowsDocument, _unnamed, list))


def _build(document: GenQueryDocument) -> GeneralQuery:
    for number, select in enumerate(document.select):
        _check_column(f"select.{number}.value", select.value)
    for number, order in enumerate(document.order_by):
        _check_column(f"order_by.{number}.column", order.column)
    selected = [Selected(select.value, _aggregate(select.aggregate_type)) for select in document.select]
    conditions = [(each.column, _condition(number, each)) for number, each in enumerate(document.condition)]
    orders = [(each.column, each.order_condition) for each in document.order_by if each.order_condition != Order.NONE]
    return general_queries.build(selected, conditions, orders)


def _check_column(field: str, name: str) -> None:
    try:
        column(name)
    except UnknownColumn as error:
        raise BadRequest(field, f"{error}.", "POST /actions/query-columns lists all columns.") from error


def _aggregate(kind: Aggregate | None) -> str | None:
    return None if kind in (None, Aggregate.FIELD) else str(kind)


def _condition(number: int, given: Condition) -> str:
    field = f"condition.{number}"
    _check_column(f"{field}.column", given.column)
    try:
        return general_queries.condition(given.operator, _values(field, given))
    except ValueError as error:
        raise BadRequest(f"{field}.value_list", f"{error}.", "Use POST /query, or one condition EQUAL.") from error


def _values(field: str, given: Condition) -> Sequence[str]:
    if given.value is not None and given.value_list is not None:
        raise BadRequest(field, "The condition has both value and value_list.", "Give one of them.")
    listed = given.value_list.value if given.value_list else None
    if given.operator == Operator.IS_NULL:
        return []
    if given.operator in _SEVERAL:
        if listed is None:
            raise BadRequest(f"{field}.value_list", f"{given.operator} needs value_list.", "Give a list of values.")
        return listed
    if given.operator in _TWO:
        both = listed if listed is not None else (given.value or "").split()
        if len(both) != 2:
            raise BadRequest(f"{field}.value", f"{given.operator} needs two values.", "Give value_list with two.")
        return both
    if given.value is None:
        raise BadRequest(f"{field}.value", f"{given.operator} needs value.", "Give one value.")
    return [given.value]


def _result_name(name: str, aggregate: Aggregate | None) -> str:
    kind = _aggregate(aggregate)
    return (f"{kind}({name})" if kind else name).upper()


def _named(names: list[str], row: Sequence[str]) -> ResultRow:
    return ResultRow(column=[ResultColumn(name=name, value=value) for name, value in zip(names, row, strict=True)])


def _unnamed(row: Sequence[str]) -> ValueList:
    return ValueList(value=list(row))
