"""One client's connection: its handshake, and its requests one after the other."""

from __future__ import annotations

import logging
import socket
import struct

from irodsfs.sandbox.api import api_registry
from irodsfs.sandbox.api.dispatch import answer
from irodsfs.sandbox.protocol.client_connection import ClientConnection
from irodsfs.sandbox.protocol.error_numbers import IrodsError, ProtocolError, code_of
from irodsfs.sandbox.protocol.handshake import greet
from irodsfs.sandbox.protocol.wire import Message
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.closing import end_session

logger = logging.getLogger(__name__)

XML_PROTOCOL = 1


def serve(zone: Zone, connection: socket.socket) -> None:
    """Serves until the client disconnects, vanishes or sends what is no message."""
    session = Session(zone, ClientConnection(connection))
    try:
        if greet(session):
            while serve_request(session):
                pass
    except (ProtocolError, IrodsError) as error:
        logger.warning("connection from %s ended: %s", session.address, error)
    except OSError as error:
        logger.info("connection from %s lost: %s", session.address, error)
    finally:
        end_session(session)


def serve_request(session: Session) -> bool:
    """Answers one request; False when there are no more."""
    message = session.connection.receive()
    if message is None or message.type == "RODS_DISCONNECT":
        return False
    if message.type != "RODS_API_REQ":
        raise ProtocolError(f"unexpected message {message.type[:40]!r}")
    if session.startup.integer("irodsProt", XML_PROTOCOL) != XML_PROTOCOL:
        logger.warning("a client of the binary protocol: irodsProt=1 in its environment lets it speak XML")
        session.connection.send(refusal_of_binary())
        return False
    if message.int_info not in api_registry.handlers:
        raise ProtocolError(f"unknown API number {message.int_info}")
    session.connection.send(answer(session, message))
    return True


def refusal_of_binary() -> Message:
    """An answer that clients of the binary protocol can read, and show: an error stack in that protocol."""
    code = code_of("SYS_INVALID_PROTOCOL_TYPE")
    text = "This zone speaks the XML protocol only: set the environment variable irodsProt=1 and try again."
    stack = struct.pack(">ii", 1, code) + text.encode() + b"\0"
    return Message("RODS_API_REPLY", code, b"", stack)
