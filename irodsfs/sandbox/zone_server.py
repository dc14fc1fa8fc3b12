"""The TCP server of a zone: one thread for each connection."""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
from typing import Any

import irodsfs.sandbox.api  # noqa: F401 - registers every API
from irodsfs.sandbox.agent import serve
from irodsfs.sandbox.protocol.handshake import turn_away
from irodsfs.sandbox.rules.delay_server import DelayServer
from irodsfs.sandbox.served_zone import Zone

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections and keeps those that are open, so that they can be ended."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, zone: Zone, address: tuple[str, int]) -> None:
        self.zone = zone
        self.connections: set[socket.socket] = set()
        self.most_connections: int | None = None
        super().__init__(address, socketserver.BaseRequestHandler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serves one connection, in a thread of its own."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.most_connections is not None and len(self.connections) >= self.most_connections:
            turn_away(request)
            return
        # The socket itself is no more once TLS has taken its place; what is done to its double is done to both.
        with request.dup() as double:
            self.connections.add(double)
            try:
                serve(self.zone, request)
            finally:
                self.connections.discard(double)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Logs what ended a connection unexpectedly; the others go on."""
        logger.exception("connection from %s failed", client_address[0])

    def end_connections(self) -> None:
        for connection in [*self.connections, *self.zone.servers.links]:  # a session may wait for another server
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Server:
    """Serves a zone over TCP; port 0 takes a free port, found in ``port``; beyond ``most_connections`` it is full.

    Of several servers of a zone, one ``runs_delayed_rules``.
    """

    def __init__(
        self,
        zone: Zone,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        most_connections: int | None = None,
        runs_delayed_rules: bool = True,
    ) -> None:
        self.zone = zone
        self._runs_delayed_rules = runs_delayed_rules
        self.host = host
        zone.servers.own.add(host)
        self._listener = Listener(zone, (host, port))
        self._listener.most_connections = most_connections
        self.port: int = self._listener.server_address[1]
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serves in a thread of its own until ``stop``."""
        self._thread = threading.Thread(target=self.serve_forever, name="irods-server", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serves in this thread until another one calls ``stop``, and runs delayed rules when they are due."""
        with DelayServer(self.zone) if self._runs_delayed_rules else contextlib.nullcontext():
            self._listener.serve_forever(poll_interval=POLL_SECONDS)

    def stop(self) -> None:
        """Ends all connections, waits for their threads and closes the port."""
        self._listener.shutdown()
        self._listener.end_connections()
        self._listener.server_close()
        if self._thread:
            self._thread.join()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
