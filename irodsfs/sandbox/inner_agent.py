"""An agent for what the server itself does as one of its users."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from irodsfs.sandbox.accounts import find_user
from irodsfs.sandbox.agent import Agent

if TYPE_CHECKING:
    from irodsfs.sandbox.served_zone import Zone


@contextmanager
def agent_of(zone: Zone, name: str) -> Iterator[tuple[Agent, socket.socket]]:
    """An agent that works for a user of the zone, and its client: this server, which sends nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        agent = Agent(zone, listener.accept()[0])
        try:
            user = find_user(agent.catalog, name, zone.name)
            if user:
                agent.user = agent.proxy = user
            yield agent, client
        finally:
            agent.close()
