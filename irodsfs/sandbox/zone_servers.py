"""The servers of one zone: each is a process with an address of its own, and has the resources that lie there.

They share the directory of the zone, its catalog and its vaults; but what lies at another address is only touched when
the server there has answered, as if it had the only way to those disks.
"""

from __future__ import annotations

import fcntl
import re
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

from irodsfs.private_files import private, write_private
from irodsfs.sandbox.federation.server_address import Address
from irodsfs.sandbox.protocol.error_numbers import IrodsError

SERVERS = "servers"
"""The directory of a zone's where each server has a file, named after it, once there are several."""

LOCATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")


class OnAnotherServer(Exception):
    """What is to be opened lies at another location, in this hierarchy of resources."""

    def __init__(self, location: str, hierarchy: str) -> None:
        super().__init__(f"{hierarchy} lies at {location}")
        self.location = location
        self.hierarchy = hierarchy


class ZoneServers:
    """The servers that a zone has, as one of them sees them: `own` are the names of its own."""

    def __init__(self, directory: Path, own: str) -> None:
        self._directory = directory / SERVERS
        self.own = {own}
        self.links: set[socket.socket] = set()
        """Connections of sessions to other servers, and to those of other zones."""

    def address_of(self, location: str) -> Address | None:
        """Where the server is that has the resources at a location; None of what is here, or of no server's."""
        if location in self.own or not LOCATION.fullmatch(location):
            return None
        try:
            text = (self._directory / location).read_text("utf-8")
        except FileNotFoundError:
            return None
        return Address.of(text)

    def is_here(self, location: str) -> bool:
        return self.address_of(location) is None

    def add(self, location: str, port: int) -> None:
        """Make a server known to all, those included that are served already."""
        private(self._directory)
        write_private(self._directory / location, f"{location}:{port}".encode())


class WritersTurn:
    """Lets one thread of one process write at a time: several servers of a zone share its vaults."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / ".writing"
        self._several = directory / SERVERS
        self._threads = threading.RLock()
        self._locked: IO[bytes] | None = None
        self._depth = 0

    def __enter__(self) -> None:
        self._threads.acquire()
        self._depth += 1
        if self._depth == 1 and self._several.exists():
            self._locked = self._file.open("ab")
            fcntl.flock(self._locked, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._locked is not None:
            self._locked.close()
            self._locked = None
        self._threads.release()


def valid_location(text: str) -> str:
    """A name that a server can have; raises IrodsError for others."""
    if not LOCATION.fullmatch(text):
        raise IrodsError("SYS_INVALID_SERVER_HOST")
    return text
