"""Queries of the catalog: GenQuery1 (702), GenQuery2 (10221) and specific queries (722)."""

from __future__ import annotations

from irodsfs.sandbox.api.api_registry import Reply, Request, handles
from irodsfs.sandbox.catalog import stored_queries
from irodsfs.sandbox.catalog.genquery1 import genquery1_results
from irodsfs.sandbox.catalog.genquery1.genquery1_request import Query
from irodsfs.sandbox.catalog.genquery1.genquery1_results import Page
from irodsfs.sandbox.protocol.error_numbers import IrodsError, code_of
from irodsfs.sandbox.protocol.wire import Struct
from irodsfs.sandbox.session import Session

INVALID_INPUT = code_of("SYS_INVALID_INPUT_PARAM")


@handles(702)
def gen_query(session: Session, request: Request) -> Reply:
    """GenQuery1; a failure too is answered with the struct of a page, an empty one."""
    query = Query.of(request.input)
    check_zone(session, query.keywords.get("zone", ""))
    try:
        return Reply(struct=genquery1_results.run(session, query).struct())
    except IrodsError as error:
        return Reply(error.code, None if error.code == INVALID_INPUT else Page().struct(), errors=error.stack)


@handles(722)
def specific_query(session: Session, request: Request) -> Reply:
    """A specific query; a failure is answered without a struct."""
    query = stored_queries.SpecificQuery.of(request.input)
    return Reply(struct=stored_queries.run(session, query).struct())


@handles(10221)
def genquery2_query(session: Session, request: Request) -> Reply:
    """GenQuery2: rows as JSON, or the column mappings, or the SQL."""
    from irodsfs.sandbox.catalog import (
        genquery2,  # with its grammar's library, which a zone should not start up slower for
    )

    asked = request.input
    if asked.texts("zone") not in ([], [session.zone.name]):
        raise IrodsError("SYS_INVALID_ZONE_NAME")
    text = asked.text("query_string")
    if asked.integer("column_mappings") == 1:
        answer = genquery2.column_mappings()
    elif asked.integer("sql_only") == 1:
        answer = genquery2.sql(session, text)
    else:
        answer = genquery2.run(session, text)
    return Reply(struct=Struct("STR_PI", ("myStr", answer)))


def check_zone(session: Session, hint: str) -> None:
    """Raises IrodsError SYS_INVALID_ZONE_NAME unless a zone name or a path in a zone is of this zone."""
    name = hint.strip("/").split("/")[0]
    if hint and name.lower() != session.zone.name.lower():
        raise IrodsError("SYS_INVALID_ZONE_NAME")
