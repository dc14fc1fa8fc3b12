"""`/openapi.json` and the page of it at `/`."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from irodsfs.control import openapi
from irodsfs.control.http_operations import Operation


def routes(operations: Iterable[Operation]) -> list[Route]:
    """The routes of what describes the others; whoever reaches the server may read it."""
    document = openapi.describe(operations)
    text = openapi.page(document)

    async def get_document(_: Request) -> Response:
        return JSONResponse(document)

    async def get_page(_: Request) -> Response:
        return HTMLResponse(text)

    return [Route("/openapi.json", get_document), Route("/", get_page)]
