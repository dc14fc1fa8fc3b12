"""Bodies of requests that nobody reads to their end."""

from __future__ import annotations

from contextlib import suppress

import trio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from irodsfs.control.http_errors import ControlError

LINGER = 2.0
"""Seconds in which a client that is still sending may see its answer before the connection ends."""


def has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


class Body:
    """The body of a request on its way: `is_complete` when nothing more will come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_complete = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.is_complete = self.is_complete or not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Read what is still to come."""
        with suppress(ControlError):
            while not self.is_complete:
                await self.receive()

    async def discard_all(self) -> None:
        """Read until the client or the connection has gone."""
        with suppress(ControlError):
            while (await self.receive())["type"] != "http.disconnect":
                pass


async def send_whatever_comes(response: Response, scope: Scope, body: Body, send: Send) -> None:
    """Send an answer, also to a client that is still sending its body.

    hypercorn ends a connection only when there is room for telling so behind what has come: that is made here.
    """
    async with trio.open_nursery() as nursery:

        async def send_and_discard(message: Message) -> None:
            if body.is_complete or message["type"] != "http.response.body" or message.get("more_body", False):
                await send(message)
                return
            await send({**message, "more_body": True})
            with trio.move_on_after(LINGER):
                await body.discard()
            nursery.start_soon(body.discard_all)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await response(scope, body.receive, send_and_discard)
        nursery.cancel_scope.cancel()
