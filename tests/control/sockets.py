"""Clients of Unix sockets, however long their paths are."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

SECONDS = 60


@contextmanager
def connected(path: str | Path) -> Iterator[httpx.Client]:
    """An HTTP client of the socket at `path`."""
    with _short(path) as address:
        transport = httpx.HTTPTransport(uds=address)
        with httpx.Client(transport=transport, base_url="http://irods", timeout=SECONDS) as client:
            yield client


@contextmanager
def plainly_connected(path: str | Path) -> Iterator[socket.socket]:
    """A connection to the socket at `path`, for requests byte by byte."""
    with _short(path) as address, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        client.connect(address)
        yield client


@contextmanager
def _short(path: str | Path) -> Iterator[str]:
    directory = os.open(Path(path).parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{directory}/{Path(path).name}"
    finally:
        os.close(directory)
