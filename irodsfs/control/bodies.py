"""Bodies of requests that nobody reads to their end."""

from __future__ import annotations

from contextlib import suppress

import trio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from irodsfs.control.errors import ControlError


def has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


async def send_whatever_comes(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, also to a client that is still sending its body.

    hypercorn ends a connection only when there is room for telling so behind what has come: that is made here.
    """
    async with trio.open_nursery() as nursery:

        async def send_and_discard(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                nursery.start_soon(_discard, receive)
            await send(message)

        await response(scope, receive, send_and_discard)
        nursery.cancel_scope.cancel()


async def _discard(receive: Receive) -> None:
    with suppress(ControlError):
        while (await receive())["type"] != "http.disconnect":
            pass
