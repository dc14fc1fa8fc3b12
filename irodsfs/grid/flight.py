"""A flight: requests written together on one connection, whose replies are then read in order.

Its cost is one round trip plus the server's work, however many requests it carries (the protocol serves them one
after the other). Every reply is read also after an error, so the connection stays in step.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol

from irods.exception import iRODSException
from irods.message import Error, iRODSMessage

from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, zone_error
from irodsfs.metrics import ZONE_REQUESTS

OUTSTANDING_REQUESTS = 64
OUTSTANDING_BYTES = 32 * 1024
"""Bytes of requests that may be on their way while a large reply may be too: more and both sides could wait to send."""

API_REQUEST = "RODS_API_REQ"
API_REPLY = "RODS_API_REPLY"

_HEADER_FIELD = re.compile(rb"<(type|msgLen|errorLen|bsLen|intInfo)>([^<]*)<")
_LARGEST_HEADER = 4096


class Packable(Protocol):
    """A message of python-irodsclient."""

    def pack(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """`size` bytes at `offset` of a local file, which the kernel takes from there itself."""

    file: IO[bytes]
    offset: int
    size: int

    def __len__(self) -> int:
        return self.size

    def send(self, sock: socket.socket) -> None:
        if isinstance(sock, ssl.SSLSocket):
            sock.sendall(os.pread(self.file.fileno(), self.size, self.offset))
        elif sock.sendfile(self.file, self.offset, self.size) < self.size:
            raise OSError("a local file became shorter while it was sent")


@dataclass(frozen=True, slots=True)
class Request:
    """One API request: its number, packed struct and byte stream; `large_reply` when the answer may be long."""

    api: int
    message: Packable | None = None
    bs: bytes | bytearray | memoryview | Stored = b""
    large_reply: bool = False

    def head(self) -> bytes:
        body = self.message.pack().encode() if self.message is not None else b""
        header: bytes = iRODSMessage.pack_header(API_REQUEST, len(body), 0, len(self.bs), self.api)
        return header + body


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `status` is the header's intInfo (negative: an iRODS error number)."""

    status: int
    body: bytes = b""
    error: bytes = b""
    bs: bytearray | bytes = b""

    @property
    def failed(self) -> bool:
        return self.status < 0

    def failure(self) -> iRODSException:
        return zone_error(self.status, self.told())

    def check(self) -> Reply:
        """Itself, or the zone's error raised."""
        if self.failed:
            raise self.failure()
        return self

    def told(self) -> str | None:
        """What the server says beside the status, where it says something."""
        if self.error:
            stack = iRODSMessage(msg=self.error).get_main_message(Error)
            return "; ".join(str(entry.msg).strip() for entry in stack.RErrMsg_PI if entry.msg) or None
        # The newer APIs take and answer JSON, their failures included.
        if b"BytesBuf_PI" in self.body:
            told = iRODSMessage(msg=self.body).get_json_encoded_struct()
            parts = [told.get("error_message") or told.get("message"), told.get("operation")]
            return " in ".join(str(part) for part in parts if part) or None
        return None


def fly(sock: socket.socket, requests: Iterable[Request]) -> Iterator[Reply]:
    """Write `requests`, yield their replies in order. Raises `ZoneUnreachable` when the line breaks."""
    outbox = _Outbox(sock)
    waiting: list[Request] = []
    waiting_bytes = 0
    for request in requests:
        size = len(request.bs)
        if _must_read_first(waiting, waiting_bytes + size):
            yield from _receive_all(outbox, waiting)
            waiting_bytes = 0
        outbox.put(request)
        waiting.append(request)
        waiting_bytes += size
    yield from _receive_all(outbox, waiting)


def _receive_all(outbox: _Outbox, waiting: list[Request]) -> Iterator[Reply]:
    outbox.flush()
    for _ in waiting:
        yield receive(outbox.sock)
    waiting.clear()


def _must_read_first(waiting: list[Request], bytes_then: int) -> bool:
    if len(waiting) >= OUTSTANDING_REQUESTS:
        return True
    return bytes_then > OUTSTANDING_BYTES and any(request.large_reply for request in waiting)


@contextmanager
def _line_failures() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ZoneTimeout("the zone did not answer in time") from error
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise ZoneUnreachable(f"the connection to the zone broke: {error}") from error


def send(sock: socket.socket, *requests: Request) -> None:
    """Write requests whose replies are read later."""
    outbox = _Outbox(sock)
    for request in requests:
        outbox.put(request)
    outbox.flush()


class _Outbox:
    """Requests on their way into a socket; small ones go together, in one packet where they fit."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._held = bytearray()

    def put(self, request: Request) -> None:
        ZONE_REQUESTS.add(str(request.api))
        self._held += request.head()
        if isinstance(request.bs, Stored):
            self.flush()
            with _line_failures():
                request.bs.send(self.sock)
        elif len(request.bs) < OUTSTANDING_BYTES:
            self._held += request.bs
        else:
            self.flush()
            with _line_failures():
                self.sock.sendall(request.bs)
        if len(self._held) > OUTSTANDING_BYTES:
            self.flush()

    def flush(self) -> None:
        with _line_failures():
            self.sock.sendall(self._held)
        self._held.clear()


def receive(sock: socket.socket) -> Reply:
    """Read one reply."""
    with _line_failures():
        (length,) = struct.unpack(">i", receive_exactly(sock, 4))
        if not 0 < length <= _LARGEST_HEADER:
            raise ValueError(f"a message header of {length} bytes")
        fields = dict(_HEADER_FIELD.findall(receive_exactly(sock, length)))
        if fields[b"type"] != API_REPLY.encode():
            raise ValueError(f"a message of type {fields[b'type']!r} instead of a reply")
        body = receive_exactly(sock, int(fields[b"msgLen"]))
        error = receive_exactly(sock, int(fields[b"errorLen"]))
        bs = receive_exactly(sock, int(fields[b"bsLen"]))
        return Reply(int(fields[b"intInfo"]), bytes(body), bytes(error), bs)


def receive_exactly(sock: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        received = sock.recv_into(view)
        if not received:
            raise OSError("closed by the zone")
        view = view[received:]
    return buffer
