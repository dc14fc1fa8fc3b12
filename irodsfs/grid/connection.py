"""One authenticated connection to a zone: python-irodsclient's, with flights on it."""

from __future__ import annotations

import logging
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import irods.exception
from irods.connection import Connection
from irods.constants import SYS_CLI_TO_SVR_COLL_STAT_REPLY, SYS_SVR_TO_CLI_COLL_STAT
from irods.message import set_default_XML_by_name
from irods.session import iRODSSession
from irods.ticket import Ticket

from irodsfs.grid.errors import LoginNeedsTls, ZoneUnreachable
from irodsfs.grid.flight import Reply, Request, fly, receive, send
from irodsfs.metrics import CONNECTIONS

logger = logging.getLogger(__name__)

# Names with control characters make replies that are not XML 1.0; only this parser of python-irodsclient reads them.
set_default_XML_by_name("QUASI_XML")
# What python-irodsclient logs of a failure it also raises, and at debug level it logs credentials as they go out.
logging.getLogger("irods").setLevel(logging.CRITICAL + 1)

FIRST_DESCRIPTOR = 3


class ZoneConnection:
    """A connection that is used by one thread at a time. Blocking: call it in a worker thread."""

    def __init__(self, session: iRODSSession) -> None:
        """Connect and log in. Raises `ZoneUnreachable`, `LoginNeedsTls` or the zone's authentication error."""
        try:
            self._connection = Connection(session.pool, session.pool.account)
            self._socket: socket.socket = self._connection.socket
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if session.ticket__:
                Ticket._lowlevel_api_request(self._connection, "session", session.ticket__)
        except (irods.exception.NetworkException, OSError) as error:
            raise ZoneUnreachable(str(error)) from error
        except RuntimeError as error:
            # What python-irodsclient raises when it is to send a PAM password without TLS.
            raise LoginNeedsTls(str(error).rstrip(".")) from error
        CONNECTIONS.add()
        self.open_descriptors: set[int] = set()
        self.broken = False

    @property
    def server_version(self) -> tuple[int, ...]:
        version: tuple[int, ...] = self._connection.server_version
        return version

    def fly(self, requests: Iterable[Request]) -> list[Reply]:
        """Send a flight and return its replies, failed ones included. A broken line is never used again."""
        with self._in_use():
            return list(fly(self._socket, requests))

    def send(self, *requests: Request) -> None:
        """Send requests whose replies are received later, one `receive` for each, in order."""
        with self._in_use():
            send(self._socket, *requests)

    def receive(self) -> Reply:
        with self._in_use():
            return receive(self._socket)

    def converse(self, request: Request) -> Reply:
        """Send a request on which the server reports its progress before it answers; each report wants a word back."""
        with self._in_use():
            send(self._socket, request)
            reply = receive(self._socket)
            while reply.status == SYS_SVR_TO_CLI_COLL_STAT:
                self._connection.reply(SYS_CLI_TO_SVR_COLL_STAT_REPLY)
                reply = receive(self._socket)
            return reply

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.broken = True
            raise

    def is_usable(self) -> bool:
        """False once the zone has closed the line (anything readable between flights is its end)."""
        if self.broken:
            return False
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def close(self) -> None:
        """Leave. A line that broke is closed without a word, so that nothing waits for it."""
        CONNECTIONS.add(amount=-1)
        try:
            if self.broken:
                self._socket.close()
            else:
                self._connection.disconnect()
        except (irods.exception.NetworkException, OSError) as error:
            logger.debug("closing a connection: %s", error)
