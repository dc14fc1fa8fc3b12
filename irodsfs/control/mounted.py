"""The control socket of a mount, served in the mount's event loop."""

from __future__ import annotations

import socket
from functools import partial

import trio

from irodsfs.config import MountConfig, ZoneAccount, with_current_password
from irodsfs.control.access import OwnersAccess
from irodsfs.control.application import Application
from irodsfs.control.changes import Changes
from irodsfs.control.http_server import Server
from irodsfs.control.process_status import Served
from irodsfs.control.routes import all_operations
from irodsfs.control.unix_socket import OwnersListener
from irodsfs.control.upload_spool import UploadSpool
from irodsfs.control.zone_sessions import Sessions
from irodsfs.private_files import socket_path
from irodsfs.user_errors import ConfigurationError

CONNECTIONS = 4
"""Connections to the zone of its own, so that no query or rule takes one from the file system."""

LIFETIME = 3600.0
"""Seconds until a session is replaced by a new one."""


async def serve(listening: socket.socket, config: MountConfig, changes: Changes, mounted_at: float) -> None:
    """Serve until cancelled; it was mounted at `mounted_at`, by the monotonic clock."""
    async with trio.open_nursery() as nursery:
        sessions = Sessions(nursery, connections=CONNECTIONS, timeout=config.timeout, lifetime=LIFETIME)
        try:
            resource, zone = config.storing_resource
            own = resource if zone == config.account.zone else config.account.default_resource
            account = config.account.model_copy(update={"default_resource": own})
            access = OwnersAccess(sessions, partial(_current, account), config.ticket)
            spool = UploadSpool(config.spool_directory)
            application = partial(Application, all_operations(), access, changes, _served(config, mounted_at), spool)
            # All its routes are made ready, for which the event loop would stand still for 20 ms.
            server = await trio.to_thread.run_sync(lambda: Server(application().asgi()))
            await server.serve([OwnersListener(listening)])
        finally:
            with trio.CancelScope(shield=True):
                await sessions.close()


def _current(account: ZoneAccount) -> ZoneAccount:
    """With the password that a login has kept since then."""
    try:
        return with_current_password(account)
    except ConfigurationError:
        return account  # the mount says so, too


def _served(config: MountConfig, mounted_at: float) -> Served:
    account = config.account
    return Served(
        host=account.host,
        port=account.port,
        zone=account.zone,
        user=account.user,
        mountpoint=str(config.mountpoint),
        collection=config.collection,
        read_only=config.read_only,
        socket=str(socket_path(config.name)),
        since=mounted_at,
    )
