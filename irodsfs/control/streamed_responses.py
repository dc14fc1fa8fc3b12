"""Answers that are sent piece by piece, as long as somebody wants them."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from irodsfs.control.http_errors import ControlError
from irodsfs.grid.errors import TRANSFER_FAILURES, describe

logger = logging.getLogger(__name__)

Pieces = AsyncGenerator[bytes | memoryview, None]


class StreamedResponse(Response):
    """An answer from a generator, which is closed when all was sent, when it fails, or when the client is gone.

    An answer that fails halfway is cut off, so that the client sees that something is missing.
    """

    def __init__(
        self,
        pieces: Pieces,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        self._pieces = pieces
        self.status_code = status_code
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        complete = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when_gone, receive, nursery.cancel_scope)
            complete = await self._send_pieces(send)
            nursery.cancel_scope.cancel()
        if complete:
            # Beyond the reach of who waits for the client to go: with the end of the answer hypercorn says that it
            # went, and only then it closes the connection, or makes it ready for the next request.
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_pieces(self, send: Send) -> bool:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces):
            try:
                async for piece in self._pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TRANSFER_FAILURES as error:
                logger.info("an answer was cut off: %s", describe(error))
                return False
        return True


async def _cancel_when_gone(receive: Receive, scope: trio.CancelScope) -> None:
    # A client that can't even bring the body of its request to an end is as good as gone.
    with suppress(ControlError):
        while (await receive())["type"] != "http.disconnect":
            pass
    scope.cancel()
