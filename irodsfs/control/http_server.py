"""Serving the application with hypercorn in an event loop that is running already."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import cast

import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState, Framework
from hypercorn.utils import wrap_app
from starlette.applications import Starlette

from irodsfs.control.http1 import Http1

logger = logging.getLogger(__name__)

Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]
Listener = trio.abc.Listener[Stream]

IDLE = 75.0
"""Seconds for which a connection without a request is kept, where nothing else is said."""

PART = 256 * 1024
"""Bytes of an answer that a client must take in its time."""


class _Connection(TCPServer):
    """hypercorn's, but it ends with its client, and sends the head of an answer with what follows it.

    hypercorn waits for the next request of a client that has gone, and wakes one that waits for a small answer twice.
    Nor does it ever give up a client that takes nothing of its answer: here each part of it has its time.
    """

    _head = b""
    client_timeout = math.inf

    async def _read_data(self) -> None:
        self.protocol.protocol = Http1.in_place_of(self.protocol)
        await super()._read_data()
        await self.idle_task.stop()

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, RawData):
            if not self._head and _is_head(event.data):
                self._head = event.data
                return
            event = RawData(self._head + event.data if self._head else event.data)
        elif self._head:
            await self._send(self._head)
        self._head = b""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
        elif event.data:
            await self._send(event.data)

    async def _send(self, data: bytes) -> None:
        async with self.send_lock:
            try:
                for start in range(0, len(data), PART):
                    with trio.fail_after(self.client_timeout, shield=True):
                        await self.stream.send_all(data[start : start + PART])
            except trio.TooSlowError:
                await trio.aclose_forcefully(self.stream)
                await self.protocol.handle(Closed())
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                # Busy it is where the connection is just being closed, for what came on it being no HTTP.
                await self.protocol.handle(Closed())


def _is_head(data: bytes) -> bool:
    return data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1")


class Server:
    """An HTTP server on listeners of any kind. `connections` are those that are open now.

    With `client_timeout`, a client has that many seconds for the head of a request, and for taking a part of an answer.
    """

    def __init__(self, application: Starlette, client_timeout: float | None = None) -> None:
        self._application = wrap_app(cast(Framework, application), 0, "asgi")
        self._patience = math.inf if client_timeout is None else client_timeout
        self._config = Config()
        self._config.keep_alive_timeout = IDLE if client_timeout is None else client_timeout
        self._config.ssl_handshake_timeout = self._config.keep_alive_timeout
        self._config.include_server_header = False
        self._config.errorlog = logging.getLogger(__name__)
        self._context = WorkerContext(None)
        self.connections: set[Stream] = set()

    async def serve(self, listeners: Sequence[Listener]) -> None:
        """Serve until cancelled; what is on its way then is cut off."""
        async with trio.open_nursery() as handlers:
            try:
                await trio.serve_listeners(self._handle, list(listeners), handler_nursery=handlers)
            finally:
                # What is being sent is shielded: only closing the socket ends what nobody reads.
                for stream in self.connections:
                    _socket(stream).close()

    async def _handle(self, stream: Stream) -> None:
        self.connections.add(stream)
        try:
            accepted = cast(trio.SSLStream[trio.SocketStream], stream)  # which is not all that hypercorn takes
            connection = _Connection(self._application, self._config, self._context, ConnectionState({}), accepted)
            connection.client_timeout = self._patience
            await connection
        except Exception:
            # One connection's trouble must not end the mount.
            logger.exception("a connection to the control socket failed")
        finally:
            self.connections.discard(stream)


def _socket(stream: Stream) -> trio.socket.SocketType:
    return stream.transport_stream.socket if isinstance(stream, trio.SSLStream) else stream.socket
