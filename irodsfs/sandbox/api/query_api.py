"""Queries of the catalog: GenQuery1 (702), GenQuery2 (10221) and specific queries (722)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irodsfs.sandbox import genquery1, stored_queries
from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.error_numbers import IrodsError, code_of
from irodsfs.sandbox.genquery1.genquery1_results import Page
from irodsfs.sandbox.wire import Struct

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

INVALID_INPUT = code_of("SYS_INVALID_INPUT_PARAM")


@handles(702)
def gen_query(agent: Agent, request: Request) -> Reply:
    """GenQuery1; a failure too is answered with the struct of a page, an empty one."""
    query = genquery1.Query.of(request.input)
    check_zone(agent, query.keywords.get("zone", ""))
    try:
        return Reply(struct=genquery1.run(agent, query).struct())
    except IrodsError as error:
        return Reply(error.code, None if error.code == INVALID_INPUT else Page().struct(), errors=error.stack)


@handles(722)
def specific_query(agent: Agent, request: Request) -> Reply:
    """A specific query; a failure is answered without a struct."""
    query = stored_queries.SpecificQuery.of(request.input)
    return Reply(struct=stored_queries.run(agent, query).struct())


@handles(10221)
def genquery2_query(agent: Agent, request: Request) -> Reply:
    """GenQuery2: rows as JSON, or the column mappings, or the SQL."""
    from irodsfs.sandbox import genquery2  # with its grammar's library, which a zone should not start up slower for

    asked = request.input
    if asked.texts("zone") not in ([], [agent.zone.name]):
        raise IrodsError("SYS_INVALID_ZONE_NAME")
    text = asked.text("query_string")
    if asked.integer("column_mappings") == 1:
        answer = genquery2.column_mappings()
    elif asked.integer("sql_only") == 1:
        answer = genquery2.sql(agent, text)
    else:
        answer = genquery2.run(agent, text)
    return Reply(struct=Struct("STR_PI", ("myStr", answer)))


def check_zone(agent: Agent, hint: str) -> None:
    """Raises IrodsError SYS_INVALID_ZONE_NAME unless a zone name or a path in a zone is of this zone."""
    name = hint.strip("/").split("/")[0]
    if hint and name.lower() != agent.zone.name.lower():
        raise IrodsError("SYS_INVALID_ZONE_NAME")
