"""Queries of the catalog: as text, or specific ones that an administrator has stored."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import Literal

from irods.exception import (
    CAT_FAILED_TO_LINK_TABLES,
    CAT_INVALID_ARGUMENT,
    CAT_SQL_ERR,
    CAT_UNKNOWN_SPECIFIC_QUERY,
    NO_COLUMN_NAME_FOUND,
    SYS_INVALID_INPUT_PARAM,
    SYS_LIBRARY_ERROR,
)
from pydantic import Field

from irodsfs.actions.action import NoParameters, Parameters, Records, action
from irodsfs.actions.action_failures import MISSING, Failure
from irodsfs.actions.workspace import Workspace
from irodsfs.grid import columns as genquery1_columns
from irodsfs.grid import genquery2, specific_queries, text_queries
from irodsfs.grid.columns import UnknownColumn
from irodsfs.grid.errors import summarise
from irodsfs.grid.genquery1_text import NoGenQuery1
from irodsfs.grid.paging import rows as rows_of
from irodsfs.grid.text_queries import GENQUERY1, GENQUERY2, NoGenQuery2, Question

REFUSALS = (
    CAT_FAILED_TO_LINK_TABLES,
    CAT_INVALID_ARGUMENT,
    CAT_SQL_ERR,
    NO_COLUMN_NAME_FOUND,
    SYS_INVALID_INPUT_PARAM,
    SYS_LIBRARY_ERROR,
)
"""What servers answer to queries that they understand the words of, but can't run."""


class InZone(Parameters):
    zone: str | None = Field(default=None, min_length=1, description="another zone that the server knows")


class QueryParameters(InZone):
    query: str = Field(min_length=1, description="as iquest takes it (GenQuery1), or in GenQuery2's language")
    engine: Literal["genquery1", "genquery2"] | None = Field(default=None, description="else the one that fits")
    distinct: bool = Field(default=True, description="false: as many equal rows as there are")
    sql: bool = Field(default=False, description="true: the statement instead of its result")


class SpecificParameters(InZone):
    alias: str = Field(min_length=1, description="the query's alias; ls lists them all")
    arguments: list[str] = Field(default=[], max_length=specific_queries.MOST_ARGUMENTS)


@action("query", QueryParameters)
async def query(workspace: Workspace, parameters: QueryParameters) -> Records:
    """Query the catalog: a record of the columns' names, then one of each row."""
    zone = workspace.zone
    await _require_zone(workspace, parameters.zone)
    question = Question(parameters.query, parameters.zone, parameters.engine, parameters.distinct)
    try:
        if parameters.sql:
            yield {"sql": await text_queries.sql(zone, question)}
            return
        answer = await text_queries.ask(zone, question)
        is_first = True
        async with aclosing(answer.pages) as pages:
            async for page in pages:
                if is_first:
                    yield {"engine": answer.engine, "columns": answer.headings}
                is_first = False
                for row in page:
                    yield {"row": list(row)}
        if is_first:
            yield {"engine": answer.engine, "columns": answer.headings}
    except NoGenQuery2 as error:
        raise Failure("", str(error), "write it as iquest takes it") from None
    except UnknownColumn as error:
        raise Failure("", str(error), "irodsfs query --columns lists all") from None
    except NoGenQuery1 as error:
        raise Failure("", str(error), "see irodsfs query --help for examples") from None
    except REFUSALS as error:
        told = f"the zone answered {summarise(error)}"
        raise Failure("", told, "check columns, operators, and what has to do with what", "REFUSED") from None


@action("specific-query", SpecificParameters)
async def specific_query(workspace: Workspace, parameters: SpecificParameters) -> Records:
    """Run a query that an administrator has stored: a record of each row."""
    await _require_zone(workspace, parameters.zone)
    request = partial(specific_queries.request, parameters.alias, parameters.arguments, zone=parameters.zone)
    try:
        async with aclosing(rows_of(workspace.zone.pool, request)) as pages:
            async for page in pages:
                for row in page:
                    yield {"row": list(row)}
    except CAT_UNKNOWN_SPECIFIC_QUERY:
        told = f"there is no specific query {parameters.alias}"
        raise Failure("", told, "irodsfs query --specific ls lists the aliases", MISSING) from None
    except CAT_SQL_ERR:
        raise Failure("", f"{parameters.alias} takes another number of arguments", "give all of them") from None


@action("query-columns", NoParameters)
async def query_columns(workspace: Workspace, parameters: NoParameters) -> Records:
    """The columns that can be asked for: a record of each, with the engines that know it."""
    known = {name: [GENQUERY1] for name in genquery1_columns.names()}
    if genquery2.is_available(workspace.zone):
        for name in await genquery2.columns(workspace.zone):
            known.setdefault(name, []).append(GENQUERY2)
    for name in sorted(known):
        yield {"column": name, "engines": known[name]}


async def _require_zone(workspace: Workspace, name: str | None) -> None:
    # Some requests for zones that a server does not know are answered from its own catalog.
    if name and not await workspace.zone.knows(name):
        raise Failure("", f"the server knows no zone {name}", "irodsfs query 'select ZONE_NAME' lists them", MISSING)
