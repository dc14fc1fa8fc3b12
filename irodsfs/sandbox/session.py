"""What requests of one connection act through: their user, the catalog, and what earlier requests have left."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from irodsfs.sandbox.catalog.genquery1.open_statements import Statements
from irodsfs.sandbox.connected_client import ConnectedClient
from irodsfs.sandbox.federation.other_servers import OtherServers
from irodsfs.sandbox.protocol.client_connection import ClientConnection
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.storage.descriptors import Descriptors


@dataclass
class TicketCounts:
    """The objects that were counted last: several checks in one operation count once (0: none yet)."""

    used: int = 0
    written: int = 0


class Session(ConnectedClient):
    """A client of the zone, with a connection of its own to the catalog."""

    def __init__(self, zone: Zone, connection: ClientConnection) -> None:
        super().__init__(connection.address)
        self.zone = zone
        self.connection = connection
        self.catalog = zone.connect()
        self.ticket_counts = TicketCounts()
        self.challenge = b""
        self.questions: list[dict[str, str]] = []
        self.question: dict[str, str] | None = None
        self.answers_well = False
        self.signature = ""
        self.descriptors = Descriptors()
        self.statements = Statements()
        self.other_servers = OtherServers(zone, self.catalog, self)
        zone.clients.add(self)

    def close(self) -> None:
        """Ends all connections; ``closing.end_session`` finalises first what is open."""
        with ExitStack() as steps:
            steps.callback(self.connection.close)
            steps.callback(self.catalog.close)
            steps.callback(self.other_servers.close)
            steps.callback(self.zone.clients.discard, self)
