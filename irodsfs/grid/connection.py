"""One authenticated connection to a zone: python-irodsclient's, with flights on it."""

from __future__ import annotations

import copy
import logging
import math
import select
import socket
import ssl
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain

import irods.exception
import trio
from irods.api_number import api_number
from irods.auth import ClientAuthError
from irods.constants import SYS_CLI_TO_SVR_COLL_STAT_REPLY, SYS_SVR_TO_CLI_COLL_STAT
from irods.session import iRODSSession
from irods.ticket import Ticket

import irodsfs.library_settings  # noqa: F401 - changes what connections do
from irodsfs.grid.errors import (
    ZONE_FAILURES,
    LinkBroken,
    LoginNeedsTls,
    NotIrods,
    OneLoginOnly,
    TlsFailure,
    ZoneTimeout,
    ZoneUnreachable,
    describe,
    has_lost_link,
    has_silent_link,
)
from irodsfs.grid.flight import Reply, Request, fly, receive, send
from irodsfs.grid.greeting import GreetedConnection, choose_policy, requires_tls
from irodsfs.metrics import CONNECTIONS, HOST_BYTES
from irodsfs.user_errors import IrodsfsError

logger = logging.getLogger(__name__)

FIRST_DESCRIPTOR = 3

PAM = "pam"
"""How the names of the schemes begin whose passwords are sent as they are."""

PROVEN_SECONDS = 3.0
"""How long a line is trusted on which the zone has said something: firewalls forget those on which nothing moves."""

LEAVE_SECONDS = 1.0
"""How long a zone may take to take its leave."""

PROBE_SECONDS = 0.75
"""How long an older one has to show that it still works, before anything is sent on it that matters."""

SERVER_INFORMATION = Request(api_number["GET_MISC_SVR_INFO_AN"])
"""What every server answers at once, without its catalog."""

KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}
"""Seconds of silence after which the kernel asks whether the other end is there, between questions, and how many."""

THREADS = trio.CapacityLimiter(math.inf)
"""For threads that wait for a zone. Each connection has one user at a time, so connections are what bounds them."""


_AT_ONCE = struct.pack("ii", 1, 0)
"""The linger of a socket that drops what it has not sent when it is closed."""


def now() -> float:
    """Seconds, those included in which the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Login(GreetedConnection):
    """One login of python-irodsclient, which another thread may give up: whoever sends a byte at times is never late.

    Blocking: `log_in` in a worker thread. Afterwards it is the connection.
    """

    def __init__(self, session: iRODSSession, host: str = "") -> None:
        """`host` is another server of the zone, whose certificate must be its own where that is asked for."""
        self._session = session
        self.host = host
        self.given_up = False
        self.socket: socket.socket | None = None

    def log_in(self) -> None:
        """Raises what python-irodsclient does, and `LoginNeedsTls`."""
        account = self._session.pool.account
        choose_policy(account, self._session.connection_timeout)
        if self.host:
            account = copy.copy(account)
            account.host = self.host
        if account.authentication_scheme.startswith(PAM) and not requires_tls(account):
            raise LoginNeedsTls("PAM passwords are sent over TLS only")
        try:
            super().__init__(self._session.pool, account)
            if self._session.ticket__:
                Ticket._lowlevel_api_request(self, "session", self._session.ticket__)
            if self.given_up:
                raise irods.exception.NetworkException("nobody waits for this login any more")
        except BaseException:
            # Otherwise it would say goodbye later, to whom it may concern, and keep what it can't say that to open.
            self.drop()
            self.require_fit()
            raise

    def give_up(self) -> None:
        """The login fails, now or with its next message."""
        self.given_up = True
        if (line := self.socket) is not None:
            with suppress(OSError):
                # Not SSLSocket's, which takes away what the other thread is using.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def disconnect(self) -> None:
        if self.given_up:
            line, self.socket = self.socket, None
            if line is not None:
                line.close()
        else:
            super().disconnect()

    def send(self, message: object) -> None:
        if self.given_up:
            raise irods.exception.NetworkException("nobody waits for this login any more")
        super().send(message)


class ZoneConnection:
    """A connection that is used by one thread at a time. Blocking: call it in a worker thread."""

    def __init__(self, login: Login, time_limit: float) -> None:
        """Connect and log in. Raises `ZoneUnreachable`, `LoginNeedsTls` or the zone's authentication error."""
        with logging_in():
            login.log_in()
            assert login.socket is not None
            self._connection = login
            self.host = login.host
            """That of the zone's other server where it leads to one, else empty."""
            self._name = str(login.account.host)
            self._socket: socket.socket = login.socket
            self.time_limit = time_limit
            """Seconds that what is done on it next may wait for the zone."""
            _keep_alive(self._socket, self.time_limit)
        CONNECTIONS.add()
        self.open_descriptors: set[int] = set()
        self.broken = False
        self.lost_at = -math.inf
        """Since when nothing moves on it, once that has been found out."""
        self.may_repeat = False
        """True while what is asked on it is asked again on another connection when it breaks."""
        self.first_answer = 0.0
        """Seconds that the first answer took to anything that was asked on it; 0 until then."""
        self.patience = 0.0
        self._unanswered = 0
        self._began = self._sent_at = 0.0
        self._waiting_since = math.inf
        self._has_come = False
        self._waits_for_slow = False
        self.heard_at = now()
        """When the zone has last said something on it, as far as that is known."""

    @property
    def peer(self) -> str:
        """The address that it leads to."""
        return str(self._socket.getpeername()[0])

    @property
    def server_version(self) -> tuple[int, ...]:
        version: tuple[int, ...] = self._connection.server_version
        return version

    @property
    def is_proven(self) -> bool:
        """True when the zone has said something on it a moment ago."""
        return self.silence < PROVEN_SECONDS

    @property
    def silence(self) -> float:
        """Seconds since the zone has said something on it."""
        return now() - self.heard_at

    def fly(self, requests: Iterable[Request]) -> list[Reply]:
        """Send a flight and return its replies, failed ones included. A broken line is never used again.

        Raises `LinkBroken` when one of them is that of a server which has lost another one.
        """
        pending = iter(requests)
        first = next(pending, None)
        if first is None:
            return []
        # Silence says nothing about a line on which a slow request is the first thing that is asked.
        leading = SERVER_INFORMATION if first.slow and self.may_repeat else None
        with self._in_use():
            self._prove()
            self._began = self._sent_at = now()
            replies = list(fly(self._socket, self._counted(chain([first], pending)), self, leading))
            HOST_BYTES.add(self._name, "read", amount=sum(len(reply.bs) for reply in replies))
            for reply in replies:
                self._require_link(reply)
            return replies

    def _counted(self, requests: Iterable[Request]) -> Iterator[Request]:
        for request in requests:
            HOST_BYTES.add(self._name, "written", amount=len(request.bs))
            yield request

    def send(self, *requests: Request, spent: float = 0.0) -> None:
        """Send requests whose replies are received later, one `receive` for each, in order.

        `spent` are the seconds that it has taken what would have to be done again with them.
        """
        with self._in_use():
            if not self._unanswered:
                self._prove()
            self._sent_at = now()
            self._began = self._sent_at - spent
            send(self._socket, *self._counted(requests))
            self._unanswered += len(requests)

    def receive(self) -> Reply:
        with self._in_use():
            reply = receive(self._socket, self)
            self._unanswered -= 1
            HOST_BYTES.add(self._name, "read", amount=len(reply.bs))
            self._require_link(reply)
            return reply

    def converse(self, request: Request) -> Reply:
        """Send a request on which the server reports its progress before it answers; each report wants a word back."""
        with self._in_use():
            self._prove()
            send(self._socket, request)
            reply = receive(self._socket, self)
            while reply.status == SYS_SVR_TO_CLI_COLL_STAT:
                self._connection.reply(SYS_CLI_TO_SVR_COLL_STAT_REPLY)
                reply = receive(self._socket, self)
            self._require_link(reply)
            return reply

    def _require_link(self, reply: Reply) -> None:
        if has_lost_link(reply.status):
            # Others in the pool have lost it, too, or may: none of them is asked again.
            self.lost_at = now()
            raise LinkBroken(f"the zone has lost the server behind it ({describe(reply.failure())})")
        self.broken = self.broken or has_silent_link(reply.status)

    def silent_for(self) -> float:
        """Seconds since something was asked that may be asked again and to which nothing has been heard."""
        is_watched = self.may_repeat and self.first_answer and not self._waits_for_slow
        return now() - self._waiting_since if is_watched else 0.0

    def is_silent(self, seconds: float) -> bool:
        """Whether it is for longer than that, and than it has taken to get as far as it has come."""
        return self.silent_for() > max(seconds, self.patience, self._waiting_since - self._began)

    def give_up(self) -> None:
        """End the line while another thread waits on it: what is asked there fails."""
        self.lost_at = self._waiting_since
        self.broken = True
        with suppress(OSError):
            # Not SSLSocket's, which takes away what the other thread is using.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def waits(self, request: Request | None = None) -> None:
        self._waits_for_slow = request is not None and request.slow
        self._has_come = self._is_readable()
        self._waiting_since = now()

    def hears(self) -> None:
        self.first_answer = self.first_answer or now() - self._waiting_since
        self.heard_at = max(self.heard_at, self._sent_at) if self._has_come else now()
        self._waiting_since = math.inf

    def prove(self) -> None:
        """Raise `ZoneUnreachable` unless the zone still answers. One request."""
        with self._in_use():
            self._ask()

    def _prove(self) -> None:
        """Free of cost where the zone has just said something."""
        if not self.is_proven:
            self._ask()

    def _ask(self) -> None:
        asked_at = now()
        self._socket.settimeout(min(PROBE_SECONDS, self.time_limit))
        try:
            send(self._socket, SERVER_INFORMATION)
            receive(self._socket)
        except ZoneUnreachable as error:
            self.lost_at = asked_at
            raise ZoneUnreachable("a connection does not carry anything any more") from error
        self.heard_at = now()
        self._socket.settimeout(self.time_limit)

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        try:
            self._socket.settimeout(self.time_limit)
            yield
        except BaseException:
            self.broken = True
            raise
        finally:
            self._waiting_since = math.inf

    def is_usable(self) -> bool:
        """False once the zone has closed the line (anything readable between flights is its end)."""
        return not (self.broken or self._is_readable())

    def _is_readable(self) -> bool:
        # Not select, which knows no more than 1,024 descriptors.
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(0))

    def close(self) -> None:
        """Leave. A line that broke is closed without a word, so that nothing waits for it."""
        CONNECTIONS.add(amount=-1)
        try:
            if self.broken:
                # What it still holds must not reach the zone when it has been sent again on another line.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                self._socket.close()
            else:
                self._socket.settimeout(LEAVE_SECONDS)
                self._connection.disconnect()
        except (irods.exception.NetworkException, OSError) as error:
            logger.debug("closing a connection: %s", error)


def _keep_alive(sock: socket.socket, time_limit: float) -> None:
    """Let the kernel notice that the other end is gone, and firewalls that it is not."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(time_limit * 1000))


@contextmanager
def logging_in() -> Iterator[None]:
    """What goes wrong in the block, as `ZoneUnreachable` or one of its kinds, or as the zone's authentication error."""
    try:
        yield
    except (irods.exception.NetworkException, OSError) as error:
        raise _failure_of_line(error) from error
    except (*ZONE_FAILURES, LoginNeedsTls, OneLoginOnly, IrodsfsError):
        raise
    except ClientAuthError as error:
        # What python-irodsclient raises when the zone ends its questions without success.
        raise irods.exception.CAT_INVALID_AUTHENTICATION(str(error)) from error
    except Exception as error:
        # python-irodsclient trips in many ways over what is not the protocol.
        raise NotIrods(f"it does not say what the protocol wants: {describe(error)}") from error


def _failure_of_line(error: Exception) -> ZoneUnreachable:
    """What happened to the line; a timeout is told by its kind: it is not tried again."""
    # python-irodsclient hides what happened to the socket behind an exception of its own.
    if any(isinstance(each, TimeoutError) for each in (error, error.__context__)):
        return ZoneTimeout("the zone did not answer in time to logging in")
    if isinstance(error, ssl.SSLError):
        return TlsFailure(str(error))
    return ZoneUnreachable(str(error))
