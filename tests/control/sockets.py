"""HTTP clients of Unix sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


@contextmanager
def connected(path: str | Path) -> Iterator[httpx.Client]:
    """A client of the socket at `path`, however long that is."""
    directory = os.open(Path(path).parent, os.O_PATH)
    transport = httpx.HTTPTransport(uds=f"/proc/self/fd/{directory}/{Path(path).name}")
    try:
        with httpx.Client(transport=transport, base_url="http://irods", timeout=60) as client:
            yield client
    finally:
        os.close(directory)
