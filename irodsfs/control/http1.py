"""HTTP/1.1 and nothing else: hypercorn's, which would speak HTTP/2 or WebSocket on the same port to whoever asks."""

from __future__ import annotations

from http import HTTPStatus

import h11
from hypercorn.events import Closed
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol


class Http1(H11Protocol):
    """A proxy in front checks the requests that it sees; what it takes for one connection must not hide others."""

    @classmethod
    def in_place_of(cls, protocol: ProtocolWrapper) -> Http1:
        """The same connection, before anything was received on it."""
        return cls(
            protocol.app,
            protocol.config,
            protocol.context,
            protocol.task_group,
            protocol.state,
            protocol.ssl,
            protocol.client,
            protocol.server,
            protocol.send,
        )

    async def _check_protocol(self, event: h11.Request) -> None:
        """No request changes the protocol."""

    async def _create_stream(self, request: h11.Request) -> None:
        if not request.http_version.startswith(b"1."):
            await self._send_error_response(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
            await self.send(Closed())
            return
        headers = [(name, value) for name, value in request.headers if name != b"upgrade"]
        plain = h11.Request(
            method=request.method, target=request.target, headers=headers, http_version=request.http_version
        )
        await super()._create_stream(plain)
