"""Who gets in at the Unix socket of a mount: its owner."""

from __future__ import annotations

import logging
import os
import socket
import struct

import trio

logger = logging.getLogger(__name__)

_CREDENTIALS = struct.Struct("3i")


class OwnersListener(trio.abc.Listener[trio.SocketStream]):
    """Accepts connections of this process's own user only."""

    def __init__(self, listening: socket.socket) -> None:
        self._listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening))

    async def accept(self) -> trio.SocketStream:
        while True:
            stream = await self._listener.accept()
            user = peer_user(stream)
            if user == os.getuid():
                return stream
            logger.warning("a connection of local user %d to the control socket was refused", user)
            await trio.aclose_forcefully(stream)

    async def aclose(self) -> None:
        await self._listener.aclose()


def peer_user(stream: trio.SocketStream) -> int:
    """The number of the local user at the other end."""
    credentials = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(credentials)
    return int(user)
