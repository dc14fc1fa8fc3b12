"""One client's connection: its handshake, its requests one after the other, and what it has open."""

from __future__ import annotations

import logging
import socket
import sqlite3
import struct
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

from irodsfs.sandbox import clock
from irodsfs.sandbox.accounts import User
from irodsfs.sandbox.api import api_registry
from irodsfs.sandbox.closing import abandon
from irodsfs.sandbox.descriptors import Descriptors
from irodsfs.sandbox.error_numbers import IrodsError, ProtocolError, code_of
from irodsfs.sandbox.federation.relay import Relay
from irodsfs.sandbox.genquery1 import Statements
from irodsfs.sandbox.handshake import greet, say_goodbye
from irodsfs.sandbox.presented_tickets import Counted
from irodsfs.sandbox.wire import Message, Struct, decode, encode, read_message, send_message
from irodsfs.sandbox.zone_servers import OnAnotherServer

if TYPE_CHECKING:
    from irodsfs.sandbox.served_zone import Zone

logger = logging.getLogger(__name__)

NOBODY = User(0, "", "", "")
XML_PROTOCOL = 1
BEFORE_AUTHENTICATION = frozenset({700, 703, 704, 705, 725, 801, 1201, 110000})


class Agent:
    """Serves one connection with its own catalog connection; state that outlives a request lives here."""

    def __init__(self, zone: Zone, connection: socket.socket) -> None:
        self.zone = zone
        self.connection = connection
        self.client_address = str(connection.getpeername()[0])
        self.process_id = threading.get_native_id()
        self.started = clock.seconds()
        self.catalog = zone.connect()
        self.user = NOBODY
        self.proxy = NOBODY
        self.ticket: str | None = None
        self.ticket_counts = Counted()
        self.challenge = b""
        self.questions: list[dict[str, str]] = []
        self.question: dict[str, str] | None = None
        self.answers_well = False
        self.signature = ""
        self.startup = Struct("StartupPack_PI")
        self.negotiated = "CS_NEG_USE_TCP"
        self.descriptors = Descriptors()
        self.statements = Statements()
        self.relay = Relay(self)
        self.stream: BinaryIO = cast(BinaryIO, connection.makefile("rb", buffering=65536))
        zone.agents.add(self)

    @property
    def is_authenticated(self) -> bool:
        return self.user.id != 0

    def run(self) -> None:
        """Serves until the client disconnects, vanishes or sends what is no message."""
        try:
            if greet(self):
                while self.serve():
                    pass
        except (ProtocolError, IrodsError) as error:
            logger.warning("connection from %s ended: %s", self.client_address, error)
        except OSError as error:
            logger.info("connection from %s lost: %s", self.client_address, error)
        finally:
            self.close()

    def serve(self) -> bool:
        """Answers one request; False when there are no more."""
        message = self.receive()
        if message is None or message.type == "RODS_DISCONNECT":
            return False
        if message.type != "RODS_API_REQ":
            raise ProtocolError(f"unexpected message {message.type[:40]!r}")
        if self.startup.integer("irodsProt", XML_PROTOCOL) != XML_PROTOCOL:
            logger.warning("a client of the binary protocol: irodsProt=1 in its environment lets it speak XML")
            send_message(self.connection, refusal_of_binary())
            return False
        if message.int_info not in api_registry.handlers:
            raise ProtocolError(f"unknown API number {message.int_info}")
        self.pass_on(self.answer(message))
        return True

    def answer(self, message: Message) -> Message:
        """The reply to a request, failures included, of the zone that it belongs to."""
        try:
            if not self.is_authenticated and message.int_info not in BEFORE_AUTHENTICATION:
                raise IrodsError("SYS_NO_API_PRIV")
            body = decode(message.body) if message.body else None
            answer = self.relay.answer(message, body)
            if answer is not None:
                return answer
            request = api_registry.Request(message.int_info, body, message.bs)
            try:
                reply = api_registry.handlers[message.int_info](self, request)
            except OnAnotherServer as place:
                return self.relay.open_there(message, request.input, place)
        except IrodsError as error:
            reply = api_registry.Reply(error.code, errors=error.stack)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            logger.warning("catalog refused API %d: %s", message.int_info, error)
            reply = api_registry.Reply(code_of("CAT_SQL_ERR"))
        return reply_message(reply.struct, reply.status, reply.bs, reply.errors)

    def receive(self) -> Message | None:
        """The next message of the client, None when it hung up."""
        return read_message(self.stream)

    def pass_on(self, reply: Message) -> None:
        """Sends an API reply."""
        send_message(self.connection, reply)

    def converse(self, body: Struct, status: int) -> None:
        """Sends an interim status of a long operation and waits for the client's leave to go on (4 bytes)."""
        self.pass_on(reply_message(body, status))
        self.stream.read(4)

    def use_connection(self, connection: socket.socket) -> None:
        """Goes on over another socket, such as the TLS layer over the first one."""
        self.connection = connection
        self.stream = cast(BinaryIO, connection.makefile("rb", buffering=65536))

    def close(self) -> None:
        """Finalises what is open, as after a crash of the client, and ends the connection."""
        with ExitStack() as steps:
            steps.callback(self.connection.close)
            steps.callback(say_goodbye, self.connection)
            steps.callback(self.stream.close)
            steps.callback(self.catalog.close)
            steps.callback(self.relay.close)
            steps.callback(self.zone.agents.discard, self)
            for number in self.descriptors.numbers():
                steps.callback(abandon, self, number)


def refusal_of_binary() -> Message:
    """An answer that clients of the binary protocol can read, and show: an error stack in that protocol."""
    code = code_of("SYS_INVALID_PROTOCOL_TYPE")
    text = "This zone speaks the XML protocol only: set the environment variable irodsProt=1 and try again."
    stack = struct.pack(">ii", 1, code) + text.encode() + b"\0"
    return Message("RODS_API_REPLY", code, b"", stack)


def reply_message(
    body: Struct | None, status: int = 0, bs: bytes = b"", errors: tuple[tuple[int, str], ...] = ()
) -> Message:
    """An API reply."""
    return Message("RODS_API_REPLY", status, encode(body) if body else b"", error_stack(errors), bs)


def error_stack(errors: tuple[tuple[int, str], ...]) -> bytes:
    """An RError_PI of these (status, message) pairs, nothing when there are none."""
    if not errors:
        return b""
    entries = [("RErrMsg_PI", Struct("RErrMsg_PI", ("status", status), ("msg", text))) for status, text in errors]
    return encode(Struct("RError_PI", ("count", len(errors)), *entries))
