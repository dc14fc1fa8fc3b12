"""A zone as all parts of a mount reach it, which no kernel has to do with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from irods.session import iRODSSession

from irodsfs.grid.zone import Zone


@asynccontextmanager
async def entered_with(session: iRODSSession, connections: int = 4) -> AsyncIterator[Zone]:
    """Logged in as a session of python-irodsclient would be; what goes on in the background ends with the block."""
    async with trio.open_nursery() as background:
        zone = await Zone.enter(session, connections, background)
        try:
            yield zone
        finally:
            with trio.CancelScope(shield=True):
                await zone.leave()
        background.cancel_scope.cancel()
