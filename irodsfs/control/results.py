"""Long results: whole in JSON or XML, or sent row by row as NDJSON while the zone still answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence

from irodsfs.control.negotiation import NDJSON
from irodsfs.control.streaming import Pieces, StreamedResponse
from irodsfs.grid.queries import Row

Page = Sequence[Row | Sequence[str]]


async def first_page_now(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """The same pages, the first of them fetched already: what fails at once can still be told by a status."""
    first = await anext(pages)

    async def all_pages() -> AsyncIterator[Page]:
        yield first
        async for page in pages:
            yield page

    return all_pages()


def stream(pages: AsyncIterator[Page], to_line: Callable[[Sequence[str]], object]) -> StreamedResponse:
    """One line of JSON for each row."""

    async def lines() -> Pieces:
        async for page in pages:
            yield b"".join(json.dumps(to_line(row)).encode() + b"\n" for row in page)

    return StreamedResponse(lines(), media_type=NDJSON)
