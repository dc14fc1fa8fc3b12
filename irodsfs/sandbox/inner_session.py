"""A session for what the server itself does as one of its users."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from irodsfs.sandbox.catalog.accounts import find_user
from irodsfs.sandbox.protocol.client_connection import ClientConnection
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.storage.closing import end_session


@contextmanager
def session_of(zone: Zone, name: str) -> Iterator[tuple[Session, socket.socket]]:
    """A session of a user of the zone, and its client: this server, which sends nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        session = Session(zone, ClientConnection(listener.accept()[0]))
        try:
            user = find_user(session.catalog, name, zone.name)
            if user:
                session.user = session.proxy = user
            yield session, client
        finally:
            end_session(session)
