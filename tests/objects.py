"""Data objects as another client of the zone, plain python-irodsclient, writes and reads them."""

from __future__ import annotations

from irods.session import iRODSSession


def put(session: iRODSSession, path: str, content: bytes) -> None:
    with session.data_objects.open(path, "w") as stream:
        stream.write(content)


def get(session: iRODSSession, path: str) -> bytes:
    with session.data_objects.open(path, "r") as stream:
        content: bytes = stream.read()
    return content
