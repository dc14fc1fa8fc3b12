"""The connections of one session to other servers, made when they are needed and kept until it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from irodsfs.sandbox.catalog.accounts import NEVER
from irodsfs.sandbox.catalog.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.catalog.database import Catalog
from irodsfs.sandbox.connected_client import ConnectedClient
from irodsfs.sandbox.federation.link import Link
from irodsfs.sandbox.federation.routing import zone_named
from irodsfs.sandbox.federation.server_address import Address
from irodsfs.sandbox.protocol.error_numbers import IrodsError
from irodsfs.sandbox.protocol.wire import Struct, decode
from irodsfs.sandbox.served_zone import Zone

STAT, SERVER_INFORMATION, TICKET_ADMINISTRATION = 633, 700, 723


class OtherServers:
    """Servers of other zones that the catalog knows, and those of this zone; all work there is the client's."""

    def __init__(self, zone: Zone, catalog: Catalog, client: ConnectedClient) -> None:
        self._zone = zone
        self._catalog = catalog
        self._client = client
        self._links: dict[str, Link] = {}
        self.reached: frozenset[str] = frozenset()
        """The locations of this zone whose servers have answered for the present request."""

    def address_of(self, zone: str) -> Address | None:
        """Where another zone's server is; None of our own zone, and of those whose server is not known."""
        if zone in ("", self._zone.name):
            return None
        connection = "SELECT zone_conn_string FROM R_ZONE_MAIN WHERE zone_name = ? AND zone_type_name = 'remote'"
        text = self._catalog.value(connection, zone)
        return Address.of(text) if text else None

    def of_zone(self, zone: str, unreachable: str) -> Link | None:
        """The connection to another zone, None where ``address_of`` knows none.

        Raises IrodsError, of the name ``unreachable`` when no server answers there.
        """
        address = self.address_of(zone)
        return self._link(zone, address, unreachable) if address else None

    def of_location(self, location: str) -> Link:
        """The connection to the server of this zone that has what lies at a location; raises IrodsError."""
        address = self._zone.servers.address_of(location)
        assert address is not None
        link = self._link(f"{address.host}:{address.port}", address, "USER_SOCK_CONNECT_ERR")
        if self._client.ticket:
            presented = Struct("ticketAdminInp_PI", ("arg1", "session"), ("arg2", self._client.ticket))
            link.call(TICKET_ADMINISTRATION, presented)
        return link

    @contextmanager
    def reaching(self, *locations: str) -> Iterator[None]:
        """What lies there may be used in the block, as the servers there answer. Raises IrodsError when one doesn't."""
        for location in locations:
            self.reach(location)
        before, self.reached = self.reached, self.reached | set(locations)
        try:
            yield
        finally:
            self.reached = before

    def reach(self, location: str) -> None:
        """Returns once the server has answered that has what lies there; raises IrodsError."""
        if not self._zone.servers.is_here(location):
            self.of_location(location).call(SERVER_INFORMATION)

    def why_not(self, location: str) -> int:
        """0, or why the server that has what lies there can't be reached."""
        try:
            self.reach(location)
        except IrodsError as error:
            return error.code
        return 0

    def object_id(self, path: str, kind: str) -> int | None:
        """The id of a collection or data object in the zone that the path lies in; None when it is missing there."""
        link = self.of_zone(zone_named(path), "CROSS_ZONE_SOCK_CONNECT_ERR")
        if link is None:
            return None
        pairs = Struct("KeyValPair_PI", ("ssLen", 1), ("keyWord", "selObjType"), ("svalue", kind))
        asked = Struct(
            "DataObjInp_PI", ("objPath", path), ("KeyValPair_PI", pairs if kind else Struct("KeyValPair_PI"))
        )
        try:
            return decode(link.call(STAT, asked).body).integer("dataId")
        except IrodsError as error:
            if error.code == IrodsError("USER_FILE_DOES_NOT_EXIST").code:
                return None
            raise

    def close(self) -> None:
        """Ends all connections; what is open there is finalised there, as after a crash of the client."""
        for link in self._links.values():
            link.close()

    def _link(self, name: str, address: Address, unreachable: str) -> Link:
        if name not in self._links:
            link = Link(self._zone, address, self._client.user, unreachable)
            try:
                link.log_in(self._own_password())
            except BaseException:
                link.close()
                raise
            self._links[name] = link
        return self._links[name]

    def _own_password(self) -> str:
        password: str = self._catalog.value(
            "SELECT p.rcat_password FROM R_USER_PASSWORD p JOIN R_USER_MAIN u ON u.user_id = p.user_id"
            " WHERE u.user_name = ? AND u.zone_name = ? AND p.pass_expiry_ts = ?",
            ADMINISTRATOR,
            self._zone.name,
            NEVER,
        )
        return password
