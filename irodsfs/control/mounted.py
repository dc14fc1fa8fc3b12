"""The control socket of a mount, served in the mount's event loop."""

from __future__ import annotations

import socket

import trio

from irodsfs.config import MountConfig
from irodsfs.control.access import OwnersAccess
from irodsfs.control.application import Application
from irodsfs.control.changes import Changes
from irodsfs.control.routes import all_operations
from irodsfs.control.server import Server
from irodsfs.control.unix_socket import OwnersListener
from irodsfs.control.zones import Sessions

CONNECTIONS = 4
"""Connections to the zone of its own, so that no query or rule takes one from the file system."""

LIFETIME = 3600.0
"""Seconds until a session is replaced by a new one."""


async def serve(listening: socket.socket, config: MountConfig, changes: Changes) -> None:
    """Serve until cancelled."""
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=CONNECTIONS, timeout=config.timeout, lifetime=LIFETIME)
        try:
            application = Application(all_operations(), OwnersAccess(sessions, config.account, None), changes)
            await Server(application.asgi()).serve([OwnersListener(listening)])
        finally:
            with trio.CancelScope(shield=True):
                await sessions.close()
