"""A flight: requests written together on one connection, whose replies are then read in order.

Its cost is one round trip plus the server's work, however many requests it carries (the protocol serves them one
after the other). Every reply is read also after an error, so the connection stays in step.

A flight is no transaction: the server carries out later requests after an earlier one has failed. A request that
failed because of what another client did (it is `conditional`) tells that what is at the path is somebody else's. So
what changes something by path (`by_path`) goes out behind such a request only when that has succeeded: it `needs` the
first reply, or all of them. `fly` refuses flights that break this rule.
"""

from __future__ import annotations

import errno
import json
import logging
import re
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import IO, Protocol

from irods.exception import iRODSException
from irods.message import STR_PI, Error, iRODSMessage
from irods.message.quasixml import QuasiXmlParseError

from irodsfs.grid.deadline import Deadline
from irodsfs.grid.errors import ZoneTimeout, ZoneUnreachable, zone_error
from irodsfs.metrics import ZONE_REQUESTS

logger = logging.getLogger(__name__)

OUTSTANDING_REQUESTS = 64
OUTSTANDING_BYTES = 32 * 1024
"""Bytes of requests that may be on their way while a large reply may be too: more and both sides could wait to send."""

API_REQUEST = "RODS_API_REQ"
API_REPLY = "RODS_API_REPLY"

_HEADER_FIELD = re.compile(rb"<(type|msgLen|errorLen|bsLen|intInfo)>([^<]*)<")
_LARGEST_HEADER = 4096

LARGEST_PART = 32 * 1024 * 1024
"""Bytes of each part of a reply that are taken: no request asks for more, so whoever claims it means harm."""


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


class Needs(Enum):
    """Which earlier requests of a flight must have succeeded before a request goes out."""

    NOTHING = 0
    FIRST = 1
    ALL = 2


class UnsafeFlight(Exception):
    """A flight would change something by path although an earlier request of it may fail for somebody else's sake."""


@dataclass(frozen=True, slots=True)
class Request:
    """One API request: its number, packed struct and byte stream; `large_reply` when the answer may be long.

    `conditional`: it does something only when a name is free. `by_path`: it changes what is at a path, whoever made
    that. `slow`: it may take any time, as it reads all of an object, or does what the rules of a site want.
    """

    api: int
    message: Packable | None = None
    bs: bytes | bytearray | memoryview | Stored = b""
    large_reply: bool = False
    conditional: bool = False
    by_path: bool = False
    needs: Needs = Needs.NOTHING
    slow: bool = False

    def after_first(self) -> Request:
        """The same, to go out when the first request of its flight has succeeded."""
        return replace(self, needs=Needs.FIRST)

    def after_all(self) -> Request:
        """The same, to go out when all requests before it have succeeded."""
        return replace(self, needs=Needs.ALL)

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
        """What the server says beside the status, where it says something that can be understood."""
        try:
            return self._told()
        except (QuasiXmlParseError, ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
            logger.debug("what the zone says beside status %d is no message: %r", self.status, error)
            return None

    def _told(self) -> str | None:
        if self.error:
            stack = iRODSMessage(msg=self.error).get_main_message(Error)
            return "; ".join(str(entry.msg).strip() for entry in stack.RErrMsg_PI if entry.msg) or None
        # The newer APIs take and answer JSON, their failures included.
        if b"BytesBuf_PI" in self.body:
            told = iRODSMessage(msg=self.body).get_json_encoded_struct()
            parts = [told.get("error_message") or told.get("message"), told.get("operation")]
            return " in ".join(str(part) for part in parts if part) or None
        # What is wrong with the replicas of which checksums were verified (629).
        if b"STR_PI" in self.body:
            found = json.loads(iRODSMessage(msg=self.body).get_main_message(STR_PI).myStr)
            return "; ".join(str(each["message"]) for each in found) or None
        return None


class Listener(Protocol):
    """Is told when everything has been sent and the reply to a request is waited for, and when it begins to arrive."""

    def waits(self, request: Request | None = None) -> None: ...

    def hears(self) -> None: ...


def fly(
    sock: socket.socket,
    requests: Iterable[Request],
    listener: Listener | None = None,
    leading: Request | None = None,
) -> Iterator[Reply]:
    """Write `requests`, yield their replies in order. Raises `ZoneUnreachable` when the line breaks.

    A request that needed one that failed is not sent; its reply is the one of that failure. A `leading` one goes before
    all, and counts for nothing: its reply shows that the line carries something.
    """
    return _Flight(sock, listener, leading).replies(requests)


class _Flight:
    def __init__(self, sock: socket.socket, listener: Listener | None, leading: Request | None) -> None:
        self._outbox = _Outbox(sock)
        self._listener = listener
        self._leading = leading
        self._waiting: list[Request] = []
        """Without their bytes, which may be many: these have gone out."""
        self._waiting_sizes: list[int] = []
        self._first: Reply | None = None
        self._failed: Reply | None = None
        self._is_conditional = False

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        if self._leading is not None:
            self._outbox.put(self._leading)
        for request in requests:
            self._check(request)
            size = len(request.bs)
            if _must_read_first(self._waiting, sum(self._waiting_sizes) + size):
                yield from self._receive()
            if request.needs is Needs.FIRST and self._first is None:
                yield from self._receive(1)
            elif request.needs is Needs.ALL:
                yield from self._receive()
            prevented = self._prevented(request)
            if prevented is not None:
                yield from self._receive()
                yield prevented
            else:
                self._outbox.put(request)
                self._waiting.append(replace(request, bs=b""))
                self._waiting_sizes.append(size)
        yield from self._receive()

    def _check(self, request: Request) -> None:
        if request.by_path and self._is_conditional and request.needs is Needs.NOTHING:
            raise UnsafeFlight(f"request {request.api} would change what somebody else may have made")
        self._is_conditional = self._is_conditional or request.conditional

    def _prevented(self, request: Request) -> Reply | None:
        if request.needs is Needs.FIRST and self._first is not None and self._first.failed:
            return self._first
        return self._failed if request.needs is Needs.ALL else None

    def _receive(self, count: int | None = None) -> Iterator[Reply]:
        self._outbox.flush()
        if self._leading is not None:
            receive(self._outbox.sock, self._listener, self._leading)
            self._leading = None
        for request in self._waiting[:count]:
            reply = receive(self._outbox.sock, self._listener, request)
            self._first = self._first or reply
            self._failed = self._failed or (reply if reply.failed else None)
            yield reply
        del self._waiting[:count]
        del self._waiting_sizes[:count]


def _must_read_first(waiting: list[Request], bytes_then: int) -> bool:
    if len(waiting) >= OUTSTANDING_REQUESTS:
        return True
    return bytes_then > OUTSTANDING_BYTES and any(request.large_reply for request in waiting)


@contextmanager
def _line_failures() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        if error.errno == errno.ETIMEDOUT:
            # Not the zone took its time: the kernel has found that nothing arrives there.
            raise ZoneUnreachable("the network does not reach the zone any more") from error
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
            with _line_failures(), Deadline(self.sock) as deadline:
                deadline.send_file(request.bs.file, request.bs.offset, request.bs.size)
        elif len(request.bs) < OUTSTANDING_BYTES:
            self._held += request.bs
        else:
            self.flush()
            with _line_failures(), Deadline(self.sock) as deadline:
                deadline.send(request.bs)
        if len(self._held) > OUTSTANDING_BYTES:
            self.flush()

    def flush(self) -> None:
        with _line_failures(), Deadline(self.sock) as deadline:
            deadline.send(bytes(self._held))
        self._held.clear()


def receive(sock: socket.socket, listener: Listener | None = None, request: Request | None = None) -> Reply:
    """Read one reply, which has the socket's timeout as a whole, and longer the more of it has come.

    `request` is what it answers, where the listener is to know that.
    """
    with _line_failures(), Deadline(sock) as deadline:
        if listener is not None:
            listener.waits(request)
        (length,) = struct.unpack(">i", deadline.receive(4))
        if listener is not None:
            listener.hears()
        if not 0 < length <= _LARGEST_HEADER:
            raise ValueError(f"a message header of {length} bytes")
        fields = dict(_HEADER_FIELD.findall(deadline.receive(length)))
        if fields[b"type"] != API_REPLY.encode():
            raise ValueError(f"a message of type {fields[b'type']!r} instead of a reply")
        lengths = [int(fields[part]) for part in (b"msgLen", b"errorLen", b"bsLen")]
        if not all(0 <= length <= LARGEST_PART for length in lengths):
            raise ValueError(f"a reply that claims to have {lengths} bytes")
        body, error, bs = (deadline.receive(length) for length in lengths)
        return Reply(int(fields[b"intInfo"]), bytes(body), bytes(error), bs)
