"""Specific queries: SQL that an administrator stored in the catalog, run by its alias (API 722)."""

from __future__ import annotations

from collections.abc import Sequence

from irods.api_number import api_number
from irods.message import SpecificQueryRequest, StringStringMap

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import PAGE_ROWS

MOST_ARGUMENTS = 10


def request(alias: str, arguments: Sequence[str], continuation: int = 0, *, zone: str | None = None) -> Request:
    """The first page of a result, or the next one of a continuation; from another zone where one is named."""
    given = {f"arg{number}": argument for number, argument in enumerate(arguments, 1)}
    message = SpecificQueryRequest(
        sql=alias,
        maxRows=PAGE_ROWS,
        continueInx=continuation,
        rowOffset=0,
        options=0,
        KeyValPair_PI=StringStringMap({"zone": zone} if zone else {}),
        **given,
    )
    return Request(api_number["SPECIFIC_QUERY_AN"], message, large_reply=True)
