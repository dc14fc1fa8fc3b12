"""Results of queries in any form and of any length, sent page by page while the zone still answers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

import trio
from starlette.responses import Response

from irodsfs.control import xml
from irodsfs.control.accept import JSON, XML
from irodsfs.control.documents.base import Document
from irodsfs.control.negotiation import MANY, NDJSON, to_json
from irodsfs.control.streamed_responses import Pieces, StreamedResponse

Values = Sequence[str]
Page = Sequence[Values]
Pages = AsyncGenerator[Page, None]


@dataclass(frozen=True)
class Form:
    """How rows are written: what comes before, between and after them, and each one itself."""

    media_type: str
    begin: bytes
    between: bytes
    end: bytes
    row: Callable[[Values], bytes]

    async def write(self, page: Page) -> bytes:
        """A page of rows; many in a thread."""
        if len(page) < MANY:
            return self._joined(page)
        return await trio.to_thread.run_sync(self._joined, page)

    def _joined(self, page: Page) -> bytes:
        return self.between.join(map(self.row, page))


def form(
    media_type: str, whole: type[Document], row: Callable[[Values], Document], line: Callable[[Values], object]
) -> Form:
    """A document `whole` of rows, its only field, in JSON or XML; or lines of JSON as NDJSON."""
    (field,) = whole.model_fields
    if media_type == NDJSON:
        return Form(NDJSON, b"", b"", b"", lambda values: json.dumps(line(values)).encode() + b"\n")
    if media_type == XML:
        begin, end = xml.frame(whole)
        return Form(XML, begin, b"", end, lambda values: xml.part(field, row(values)))
    return Form(JSON, f'{{"{field}": ['.encode(), b", ", b"]}", lambda values: to_json(row(values)))


async def answer(pages: Pages, written: Form) -> Response:
    """All rows. A result of one page comes whole; of a longer one the first two are here when the answer begins.

    So what fails at once is raised, and can be told by a status; what fails later cuts the answer off.
    """
    first: Page = await anext(pages, [])
    second = await anext(pages, None)
    if second is None:
        return Response(written.begin + await written.write(first) + written.end, media_type=written.media_type)
    return StreamedResponse(_pieces([first, second], pages, written), media_type=written.media_type)


async def _pieces(fetched: list[Page], rest: Pages, written: Form) -> Pieces:
    yield written.begin + await written.write(fetched.pop(0))
    while fetched:
        yield written.between + await written.write(fetched.pop(0))
    async for page in rest:
        yield written.between + await written.write(page)
    yield written.end
