"""The command line's side of the control socket."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from irodsfs.cli.places import Place, place_of
from irodsfs.user_errors import ControlFailure

SECONDS = 3600.0
"""A rule or a checksum may take its time."""

_CREDENTIALS = struct.Struct("3i")

REFUSED = 400
"""The HTTP status from which on an answer tells of a failure."""


class Control:
    """The control socket of a mount. Failures are `ControlFailure`."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def request(self, method: str, url: str, *, document: Any = None, **parameters: str) -> Any:
        """The answer's document; None where there is none."""
        target = f"{url}?{urlencode(parameters)}" if parameters else url
        body = None if document is None else json.dumps(document).encode()
        try:
            self._connection.request(method, target, body, {"Content-Type": "application/json"} if body else {})
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            raise ControlFailure(f"The mount does not answer on its control socket ({error}): is it up?") from error
        return _document(answer, content)

    def lines(self, url: str, document: Any) -> Iterator[Any]:
        """The records of an answer that comes line by line. Raises `ControlFailure`, also when it is cut off."""
        headers = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}
        try:
            self._connection.request("POST", url, json.dumps(document).encode(), headers)
            answer = self._connection.getresponse()
            if answer.status >= REFUSED:
                _document(answer, answer.read())
            for line in answer:
                yield json.loads(line)
        except (OSError, HTTPException, ValueError) as error:
            raise ControlFailure(f"The mount did not answer to the end ({error}): is it up?") from error


class ControlClient(Control):
    """The control socket of the mount that a local path, the `place`, lies on."""

    def __init__(self, place: Place, connection: HTTPConnection) -> None:
        super().__init__(connection)
        self.place = place


@contextmanager
def connected(path: Path) -> Iterator[ControlClient]:
    """A client of the mount that `path` lies on. Raises `ControlFailure`."""
    with place_of(path) as place, closing(_UnixConnection(place.socket())) as connection:
        yield ControlClient(place, connection)


@contextmanager
def control_at(socket: Path) -> Iterator[Control]:
    """A client of the mount that has this control socket."""
    with closing(_UnixConnection(socket)) as connection:
        yield Control(connection)


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("irods", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        # Addresses of sockets are short, names of directories may be long.
        directory = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(SECONDS)
            self.sock.connect(f"/proc/self/fd/{directory}/{self._path.name}")
        finally:
            os.close(directory)
        if _peer(self.sock) != os.getuid():
            raise ControlFailure(f"{self._path} is answered by another user: is the mount yours?")


def _peer(connected: socket.socket) -> int:
    """The number of the local user at the other end."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


def _document(answer: HTTPResponse, content: bytes) -> Any:
    told: Any = json.loads(content) if content else None
    if answer.status >= REFUSED:
        field = f"{told['field']}: " if told["field"] else ""
        raise ControlFailure(f"{field}{told['message']} {told['remedy']}".strip())
    return told
