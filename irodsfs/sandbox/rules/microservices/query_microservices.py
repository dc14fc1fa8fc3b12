"""Catalog queries put together and run."""

from __future__ import annotations

from irodsfs.sandbox.catalog.genquery1.genquery1_columns import NUMBERS
from irodsfs.sandbox.rules import rule_queries, rule_query_text, zone_requests
from irodsfs.sandbox.rules.failures import RuleError
from irodsfs.sandbox.rules.microservices.microservice_registry import NULL, TYPE_ERROR, given, microservice, string
from irodsfs.sandbox.rules.rule_exec_info import RuleExecInfo
from irodsfs.sandbox.rules.values import QueryInput, QueryOutput, Value


def asked(value: Value) -> QueryInput:
    if not isinstance(value, QueryInput):
        raise RuleError(TYPE_ERROR)
    return value


def answered(value: Value) -> QueryOutput:
    if not isinstance(value, QueryOutput):
        raise RuleError(TYPE_ERROR)
    return value


def statement(columns: str, conditions: str) -> str:
    return f"select {columns} where {conditions}" if conditions else f"select {columns} "


@microservice("msiMakeQuery", 3)
def make_text(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[2] = statement(string(arguments[0]), string(arguments[1]))


@microservice("msiMakeGenQuery", 3)
def make(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[2] = rule_query_text.parse(statement(given(arguments[0]), given(arguments[1])))


@microservice("msiAddSelectFieldToGenQuery", 3)
def add_column(rei: RuleExecInfo, arguments: list[Value]) -> None:
    name, function, query = given(arguments[0]), arguments[1], arguments[2]
    wanted = function.lower() if isinstance(function, str) and function != NULL else ""
    if query is None:
        query = arguments[2] = QueryInput()
    asked(query).selections.append((number_of(name), rule_queries.OPTIONS.get(wanted, 1)))


@microservice("msiAddConditionToGenQuery", 4)
def add_condition(rei: RuleExecInfo, arguments: list[Value]) -> None:
    name, operator, value = (given(argument) for argument in arguments[:3])
    asked(arguments[3]).conditions.append((number_of(name), f" {operator} '{value}'"))


def number_of(name: str) -> int:
    if name not in NUMBERS:
        raise RuleError(rule_query_text.UNKNOWN_COLUMN)
    return NUMBERS[name]


@microservice("msiExecGenQuery", 2)
def execute(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = rule_queries.execute(rei, asked(arguments[0]))


@microservice("msiExecStrCondQuery", 2)
def execute_text(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = rule_queries.execute(rei, rule_query_text.parse(string(arguments[0])))


@microservice("msiGetMoreRows", 3)
def more(rei: RuleExecInfo, arguments: list[Value]) -> None:
    query, output = asked(arguments[0]), answered(arguments[1])
    query.continue_index = output.continue_index
    arguments[1] = page = rule_queries.execute(rei, query) if query.continue_index else rule_queries.no_rows()
    arguments[2] = query.continue_index = page.continue_index


@microservice("msiCloseGenQuery", 2)
def close(rei: RuleExecInfo, arguments: list[Value]) -> None:
    query = asked(arguments[0])
    query.continue_index = answered(arguments[1]).continue_index
    rule_queries.close(rei, query)


@microservice("msiGetContInxFromGenQueryOut", 2)
def continue_index(rei: RuleExecInfo, arguments: list[Value]) -> None:
    arguments[1] = answered(arguments[0]).continue_index


@microservice("msiPrintGenQueryInp", 2)
def print_query(rei: RuleExecInfo, arguments: list[Value]) -> None:
    target, query = string(arguments[0]), asked(arguments[1])
    lines = [f"Selected Column {column} With Option {option}\n" for column, option in query.selections]
    lines += [f"Condition Column {column} {condition}\n" for column, condition in query.conditions]
    for line in lines:
        zone_requests.write_text(rei, target, line)
