"""The command line's side of the control socket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from irodsfs.control.places import socket_of
from irodsfs.errors import ControlFailure

SECONDS = 3600.0
"""A rule or a checksum may take its time."""


class ControlClient:
    """Asks the mount that a local path lies on. Failures are `ControlFailure`."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def request(self, method: str, url: str, *, json: Any = None, **parameters: str) -> Any:
        """The answer's document; None where there is none."""
        try:
            answer = self._client.request(method, url, json=json, params=parameters)
        except httpx.TransportError as error:
            raise ControlFailure(f"The mount does not answer on its control socket ({error}): is it up?") from error
        if answer.is_error:
            raise _failure(answer)
        return answer.json() if answer.content else None


@contextmanager
def control_of(path: Path) -> Iterator[ControlClient]:
    """A client of the mount that `path` lies on. Raises `ControlFailure`."""
    socket = socket_of(path)
    try:
        # Addresses of sockets are short, names of directories may be long.
        directory = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise ControlFailure(f"{socket} can't be reached: {error.strerror}.") from error
    try:
        transport = httpx.HTTPTransport(uds=f"/proc/self/fd/{directory}/{socket.name}")
        with httpx.Client(transport=transport, base_url="http://irods", timeout=SECONDS) as client:
            yield ControlClient(client)
    finally:
        os.close(directory)


def _failure(answer: httpx.Response) -> ControlFailure:
    told = answer.json()
    field = f"{told['field']}: " if told["field"] else ""
    return ControlFailure(f"{field}{told['message']} {told['remedy']}".strip())
