"""Catalog queries of rules: written into the rule as SELECT, or put together by microservices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from irodsfs.sandbox.catalog.genquery1 import genquery1_results
from irodsfs.sandbox.catalog.genquery1.genquery1_columns import COLUMNS, NUMBERS
from irodsfs.sandbox.catalog.genquery1.genquery1_request import ORDER_BY, ORDER_BY_DESC, Query, Selection
from irodsfs.sandbox.catalog.genquery1.genquery1_results import Page
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.rules.failures import Failure, RuleError
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.rule_syntax import Condition, Select, Test
from irodsfs.sandbox.rules.scope import Scope
from irodsfs.sandbox.rules.values import KeyValues, QueryInput, QueryOutput, Value, text_of, type_name

if TYPE_CHECKING:
    from irodsfs.sandbox.rules.interpreter import Interpreter

PAGE = 256
NO_ROWS = code_of("CAT_NO_ROWS_FOUND")
OPTIONS = {
    "": 1,
    "min": 2,
    "max": 3,
    "sum": 4,
    "avg": 5,
    "count": 6,
    "order": ORDER_BY,
    "order_asc": ORDER_BY,
    "order_desc": ORDER_BY_DESC,
}


def execute(rei: RuleExecInfo, query: QueryInput, max_rows: int = PAGE) -> QueryOutput:
    """A page of rows, empty when there are none; raises RuleError."""
    selections = tuple(Selection(column, option) for column, option in query.selections)
    asked = Query(selections, tuple(query.conditions), max_rows, query.continue_index)
    try:
        page = genquery1_results.run(rei.session, asked)
    except IrodsError as error:
        if error.code == NO_ROWS:
            return no_rows()
        rei.errors += error.stack
        raise RuleError(error.code) from None
    names = [COLUMNS[column.number].name for column in page.columns]
    rows = [KeyValues(zip(names, row, strict=True)) for row in page.rows]
    return QueryOutput(page.struct(), rows, max(page.continue_index, 0))


def no_rows() -> QueryOutput:
    return QueryOutput(Page().struct())


def close(rei: RuleExecInfo, query: QueryInput) -> None:
    """Ends a query that has more rows."""
    if query.continue_index:
        execute(rei, query, max_rows=-1)


def all_rows(rei: RuleExecInfo, query: QueryInput, output: QueryOutput) -> Iterator[Value]:
    """The rows of a page and of all pages after it."""
    query.continue_index = output.continue_index
    try:
        yield from output.rows
        while query.continue_index:
            page = execute(rei, query)
            query.continue_index = page.continue_index
            yield from page.rows
    finally:
        close(rei, query)


def select(interpreter: Interpreter, node: Select, scope: Scope) -> Value:
    """What a SELECT stands for: the query and its first page."""
    query = QueryInput()
    for column in node.columns:
        option = OPTIONS.get(column.function.lower())
        if option is None:
            raise interpreter.fail(Failure.PARSER, f"unknown function {column.function}", node)
        query.selections.append((number_of(interpreter, column.name, node), option))
    for condition in node.conditions:
        number = number_of(interpreter, condition.column, node)
        if any(number == column for column, _ in query.conditions):
            message = "Unsupported gen query format: multiple query conditions on one attribute"
            raise interpreter.fail(Failure.DYNAMIC_TYPE, f"{message} {condition.column}.", node)
        query.conditions.append((number, condition_text(interpreter, condition, scope)))
    try:
        return query, execute(interpreter.rei, query)
    except RuleError as error:
        raise interpreter.fail(error.code, "msiExecGenQuery error", node) from None


def number_of(interpreter: Interpreter, name: str, node: Select) -> int:
    if name not in NUMBERS:
        raise interpreter.fail(Failure.DYNAMIC_TYPE, f"Unable to get valid ICAT column index for {name}.", node)
    return NUMBERS[name]


def condition_text(interpreter: Interpreter, condition: Condition, scope: Scope) -> str:
    tests = (test_text(interpreter, test, scope) for test in condition.tests)
    return f" {condition.junction} ".join(tests)


def test_text(interpreter: Interpreter, test: Test, scope: Scope) -> str:
    words = [test.operator]
    for node in test.values:
        value = interpreter.evaluate(node, scope)
        if type_name(value) not in ("string", "integer", "double"):
            raise interpreter.fail(Failure.DYNAMIC_TYPE, "dynamic type error", node)
        words.append(f"'{value}'" if isinstance(value, str) else text_of(value))
    return " ".join(words)
