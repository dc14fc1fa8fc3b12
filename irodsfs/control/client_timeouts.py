"""How long a client may keep a connection, and what of the zone hangs on it, waiting."""

from __future__ import annotations

from http import HTTPStatus

import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from irodsfs.control.http_errors import ControlError

SLOWEST = 4096
"""Bytes a second from which on a client is too slow."""


class TimedBodies:
    """Middleware: a client that is silent for `client_timeout` seconds in its body, or too slow, gets 408."""

    def __init__(self, app: ASGIApp, client_timeout: float) -> None:
        self._app = app
        self._patience = client_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _Body(receive, self._patience).receive
        await self._app(scope, receive, send)


class _Body:
    """A body on its way. Only the time that we wait for the client counts, not what we do with what it sent."""

    def __init__(self, receive: Receive, client_timeout: float) -> None:
        self._receive = receive
        self._patience = client_timeout
        self._left = client_timeout
        self._complete = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        began = trio.current_time()
        with trio.move_on_after(self._left) as scope:
            message = await self._receive()
        if scope.cancelled_caught:
            raise _too_slow()
        self._complete = not message.get("more_body", False)
        left = self._left - (trio.current_time() - began)
        self._left = min(self._patience, left + len(message.get("body", b"")) / SLOWEST)
        return message


def _too_slow() -> ControlError:
    return ControlError(
        HTTPStatus.REQUEST_TIMEOUT,
        "REQUEST_TIMEOUT",
        "The body came too slowly, or stopped.",
        field="body",
        remedy="Send it again, on a better line.",
    )
