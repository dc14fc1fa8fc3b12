"""A proxy between a mount and its zone that watches the line and can spoil it: delays, stalls, cuts."""

from __future__ import annotations

import math
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

LOGIN = {703, 704, 725, 1201, 110000}
"""API numbers of authentication: what it costs to open a connection is not counted as a request."""

LOCAL = ("127.0.0.1", 0)
"""Where a proxy listens by default: at any port that is free."""

_RECEIVED_AT_ONCE = 1 << 18
_INT_INFO = re.compile(rb"<type>([^<]*)<.*?<msgLen>(\d+)<.*?<errorLen>(\d+)<.*?<bsLen>(\d+)<.*?<intInfo>(-?\d+)<", re.S)

Hook = Callable[[int], None]


class Cut(Exception):
    """Raised by a hook: the connection is to end before this request reaches the zone."""


class _Line:
    """One connection of the mount, and the one to the zone that goes with it."""

    def __init__(self, client: socket.socket, zone: socket.socket) -> None:
        self.client = client
        self.zone = zone
        self.loses_replies = False
        self.known = threading.Event()
        """Not set once the network between has forgotten it."""
        self.known.set()
        self.ended_by_zone = threading.Event()

    def cut(self) -> None:
        """Nothing goes on in either direction; the zone carries out what it got before and ends the connection."""
        for end, how in ((self.client, socket.SHUT_RDWR), (self.zone, socket.SHUT_WR)):
            with suppress(OSError):
                end.shutdown(how)
        self.known.set()

    def receive(self) -> bytes:
        """The next bytes from the zone, none at the end."""
        chunk = b""
        with suppress(OSError):
            chunk = self.zone.recv(_RECEIVED_AT_ONCE)
        if not chunk:
            self.ended_by_zone.set()
        return chunk


class Proxy:
    """Listens on `port`. `requests` counts API requests by number, `flights` the times a client had to wait.

    `delay` (seconds) is added to every round trip. Without any, a reply may overtake the rest of its flight, which
    counts as two flights then; so flights are exact only when there is a long one, as in `counting_flights`. `rate`
    (bytes a second) is what replies on one connection come at, as where the window of a connection is too small for a
    long line.
    """

    def __init__(
        self, host: str, port: int, delay: float = 0.0, rate: float = math.inf, at: tuple[str, int] = LOCAL
    ) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(at)
        self.port: int = self._listener.getsockname()[1]
        self.delay = delay
        self.rate = rate
        self.trickle = 0.0
        """Seconds between two bytes of what the zone says; 0 lets it through as it comes."""
        self.requests: Counter[int] = Counter()
        self.flights = 0
        self.connections = 0
        self.open_connections = self.most_connections = 0
        """How many there are now, and have been at a time."""
        self.bytes = 0
        self._hooks: dict[int, Hook] = {}
        self._changes: dict[int, Callable[[bytes], bytes]] = {}
        self._to_spoil: set[int] = set()
        self._to_lose: set[int] = set()
        self._lines: list[_Line] = []
        self._lines_ever: list[_Line] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self._lock = threading.Lock()
        self._counted = threading.Condition(self._lock)
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    @contextmanager
    def before(
        cls, host: str, port: int, delay: float = 0.0, rate: float = math.inf, at: tuple[str, int] = LOCAL
    ) -> Iterator[Proxy]:
        proxy = cls(host, port, delay, rate, at)
        try:
            yield proxy
        finally:
            proxy.close()

    def close(self) -> None:
        self._refusing = True
        self._listener.close()
        self._flowing.set()
        self.cut()

    def count(self) -> Counter[int]:
        """Forget what was counted, and count from now on."""
        self.requests = Counter()
        self.flights = 0
        self.connections = 0
        self.bytes = 0
        return self.requests

    @contextmanager
    def counting_flights(self) -> Iterator[Counter[int]]:
        """Counts flights exactly, also on a busy machine: replies take longer than a client to write out a flight."""
        before, self.delay = self.delay, 1.0
        try:
            yield self.count()
        finally:
            self.delay = before

    def await_requests(self, api: int, number: int, seconds: float) -> None:
        """Returns when so many requests of an API number were made."""
        with self._counted:
            assert self._counted.wait_for(lambda: self.requests[api] >= number, seconds), self.requests

    def on_request(self, api: int, hook: Hook) -> None:
        """Call `hook` with the API number before a request of it goes to the zone; it may block, or raise `Cut`."""
        self._hooks[api] = hook

    def cut_at(self, *apis: int, times: int = 1) -> None:
        """Cut the connection instead of forwarding the next `times` requests of any of these API numbers."""
        left = threading.Semaphore(times)

        def cut(api: int) -> None:
            if left.acquire(blocking=False):
                raise Cut

        for api in apis:
            self.on_request(api, cut)

    def on_content(self, api: int, change: Callable[[bytes], bytes]) -> None:
        """Forward what `change` makes of the content of requests of an API number; it may block, or raise `Cut`."""
        self._changes[api] = change

    def spoil_next(self, api: int) -> None:
        """Change the last byte of the next request of an API number."""
        self._to_spoil.add(api)

    def lose_next_reply(self, api: int) -> None:
        """Cut the connection when the zone answers the next request of an API number, which it has carried out then."""
        self._to_lose.add(api)

    def stall_at(self, api: int) -> Stall:
        """Hold requests of an API number until the returned stall is released."""
        stall = Stall()
        self.on_request(api, lambda _: stall.hold())
        return stall

    def forget_hooks(self) -> None:
        self._hooks.clear()
        self._changes.clear()

    def stop_flow(self) -> None:
        """Forward nothing any more, as a network that drops every packet."""
        self._flowing.clear()

    def forget_lines(self) -> None:
        """Forward nothing more on the connections that there are, and end none, as a firewall that forgot them."""
        with self._lock:
            for line in self._lines:
                line.known.clear()

    def let_flow(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """End all connections."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.cut()

    def await_end(self, seconds: float) -> None:
        """Returns when the zone has done all that came over connections that clients have lost or ended."""
        for line in self._lines_ever:
            assert line.ended_by_zone.wait(seconds)

    def refuse(self) -> None:
        """End all connections, and every new one at once."""
        self._refusing = True
        self.cut()

    def accept_again(self) -> None:
        self._refusing = False

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            try:
                line = _Line(client, socket.create_connection(self._target))
            except OSError:
                client.close()
                continue
            for end in (line.client, line.zone):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._lines.append(line)
                self._lines_ever.append(line)
                self.connections += 1
                self.open_connections += 1
                self.most_connections = max(self.most_connections, self.open_connections)
            answered = threading.Event()
            answered.set()
            threading.Thread(target=self._forward_requests, args=(line, answered), daemon=True).start()
            threading.Thread(target=self._forward_replies, args=(line, answered), daemon=True).start()

    def _forward_requests(self, line: _Line, answered: threading.Event) -> None:
        with suppress(OSError, Cut, struct.error):
            while True:
                header, kind, size, api = _receive_header(line.client)
                if kind == b"RODS_API_REQ":
                    self._count_request(api, len(header) + size, answered)
                    hook = self._hooks.get(api)
                    if hook is not None:
                        hook(api)
                self._flowing.wait()
                line.known.wait()
                if kind == b"RODS_API_REQ" and api in self._to_lose:
                    self._to_lose.remove(api)
                    line.loses_replies = True
                line.zone.sendall(header)
                if kind == b"RODS_API_REQ" and api in self._to_spoil:
                    self._to_spoil.remove(api)
                    content = _receive_exactly(line.client, size)
                    line.zone.sendall(content[:-1] + bytes([content[-1] ^ 1]))
                elif kind == b"RODS_API_REQ" and api in self._changes:
                    line.zone.sendall(self._changes[api](_receive_exactly(line.client, size)))
                else:
                    self._forward(line, size)
        with self._lock:
            self.open_connections -= 1
        line.cut()

    def _count_request(self, api: int, size: int, answered: threading.Event) -> None:
        if api in LOGIN:
            return
        with self._lock:
            self.requests[api] += 1
            self.bytes += size
            self.flights += answered.is_set()
            answered.clear()
            self._counted.notify_all()

    def _forward_replies(self, line: _Line, answered: threading.Event) -> None:
        """Delivers each chunk `delay` seconds after it came; they overlap, as on a long line."""
        chunks: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        threading.Thread(target=self._receive_replies, args=(line, chunks), daemon=True).start()
        with suppress(OSError):
            while True:
                due, chunk = chunks.get()
                if not chunk:
                    break
                time.sleep(max(0.0, due - time.monotonic()))
                self._deliver(line, chunk, answered)
        line.cut()
        line.ended_by_zone.wait()
        line.client.close()
        line.zone.close()

    def _receive_replies(self, line: _Line, chunks: SimpleQueue[tuple[float, bytes]]) -> None:
        chunk = b"-"
        due = 0.0
        while chunk:
            chunk = line.receive()
            due = max(due, time.monotonic() + self.delay) + len(chunk) / self.rate
            chunks.put((due, chunk))

    def _deliver(self, line: _Line, chunk: bytes, answered: threading.Event) -> None:
        self._flowing.wait()
        line.known.wait()
        if line.loses_replies:
            raise OSError("the reply is lost")
        answered.set()
        if self.trickle:
            for byte in chunk:
                line.client.sendall(bytes([byte]))
                time.sleep(self.trickle)
        else:
            line.client.sendall(chunk)
        with self._lock:
            self.bytes += len(chunk)

    def _forward(self, line: _Line, size: int) -> None:
        while size:
            chunk = line.client.recv(min(size, _RECEIVED_AT_ONCE))
            if not chunk:
                raise OSError("closed in the middle of a message")
            self._flowing.wait()
            line.known.wait()
            line.zone.sendall(chunk)
            size -= len(chunk)


class Stall:
    """A gate at which requests wait."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def hold(self) -> None:
        self.reached.set()
        self._released.wait()

    def release(self) -> None:
        self._released.set()


def _receive_header(sock: socket.socket) -> tuple[bytes, bytes, int, int]:
    """One header as it is, its message type, the bytes that follow it, and its intInfo."""
    prefix = _receive_exactly(sock, 4)
    header = _receive_exactly(sock, struct.unpack(">i", prefix)[0])
    found = _INT_INFO.search(header)
    assert found is not None, header
    kind, *sizes, int_info = found.groups()
    return prefix + header, kind, sum(map(int, sizes)), int(int_info)


def _receive_exactly(sock: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        chunk = sock.recv(size - len(content))
        if not chunk:
            raise OSError("closed")
        content += chunk
    return content
