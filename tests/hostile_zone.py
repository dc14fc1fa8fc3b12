"""A zone that lies: a proxy before an embedded one that changes what it answers, message by message."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from irodsfs.sandbox.protocol.error_numbers import ProtocolError
from irodsfs.sandbox.protocol.wire import Message, read_message, send_message

Lie = Callable[[Message], Message | bytes | None]
"""Answers what to send instead of a reply: another one, raw bytes, or None for the end of the connection."""

REQUEST, REPLY = "RODS_API_REQ", "RODS_API_REPLY"


class HostileZone:
    """Listens on `port`. Replies go through as they are, but for those to APIs about which it lies."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lies: dict[int | str, Lie] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    @contextmanager
    def before(cls, host: str, port: int) -> Iterator[HostileZone]:
        zone = cls(host, port)
        try:
            yield zone
        finally:
            zone._listener.close()

    def lie_about(self, api: int | str, lie: Lie) -> None:
        """Pass the replies to an API, or messages of a type, through `lie`."""
        self._lies[api] = lie

    def be_honest(self) -> None:
        self._lies.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            zone = socket.create_connection(self._target)
            for end in (client, zone):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client, zone), daemon=True).start()

    def _serve(self, client: socket.socket, zone: socket.socket) -> None:
        asked: deque[int] = deque()
        with client, zone:
            asking = threading.Thread(target=self._ask, args=(client, zone, asked), daemon=True)
            asking.start()
            self._answer(zone, client, asked)
            asking.join()

    def _ask(self, client: socket.socket, zone: socket.socket, asked: deque[int]) -> None:
        with suppress(OSError, ProtocolError), _ending(client, zone), client.makefile("rb") as stream:
            while message := read_message(stream):
                if message.type == REQUEST:
                    asked.append(message.int_info)
                send_message(zone, message)

    def _answer(self, zone: socket.socket, client: socket.socket, asked: deque[int]) -> None:
        with suppress(OSError), _ending(client, zone), zone.makefile("rb") as stream:
            while message := read_message(stream):
                lie = self._lies.get(asked.popleft() if message.type == REPLY else message.type)
                said = message if lie is None else lie(message)
                if said is None:
                    return
                if isinstance(said, bytes):
                    client.sendall(said)
                else:
                    send_message(client, said)


@contextmanager
def _ending(*ends: socket.socket) -> Iterator[None]:
    try:
        yield
    finally:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
