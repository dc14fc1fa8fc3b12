"""Requests for what another server has, of another zone or of this one: they go there, and its replies to the client.

One at a time: as in the server, an agent waits for each answer.

Descriptors are the exception: each server numbers its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from irodsfs.sandbox.accounts import NEVER
from irodsfs.sandbox.bootstrap import ADMINISTRATOR
from irodsfs.sandbox.error_numbers import IrodsError
from irodsfs.sandbox.federation.link import Address, Link
from irodsfs.sandbox.federation.routing import PLACES, zone_named
from irodsfs.sandbox.wire import Message, Struct, decode, encode, json_of, json_struct, key_values
from irodsfs.sandbox.zone_servers import OnAnotherServer

if TYPE_CHECKING:
    from irodsfs.sandbox.agent import Agent

OPENING = {601, 602, 20003}
PARALLEL = {606, 608}  # whose answer may name a descriptor
BY_NUMBER = {673: "l1descInx", 674: "l1descInx", 675: "l1descInx", 676: "l1descInx", 626: "myInt"}
BY_JSON = {20000, 20004}
CLOSING = {673, 626, 20004}
SERVER_INFORMATION, TICKET_ADMINISTRATION = 700, 723


@dataclass(frozen=True)
class RemoteDescriptor:
    """A descriptor of another server."""

    link: Link
    number: int


class Relay:
    """The connections of one agent to other servers, made when they are needed and kept until it ends."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._links: dict[str, Link] = {}
        self.reached: frozenset[str] = frozenset()
        """The locations of this zone whose servers have answered for the present request."""

    def answer(self, message: Message, body: Struct | None) -> Message | None:
        """The reply of the zone that a request belongs to; None when it is our own. Raises IrodsError."""
        if body is None or not self._agent.is_authenticated:
            return None
        number = message.int_info
        if number in BY_NUMBER or number in BY_JSON:
            return self._on_descriptor(message, body)
        place = PLACES.get(number)
        zone = zone_named(place.hint(body)) if place else ""
        address = self.address_of(zone)
        if place is None or address is None:
            return None
        link = self._link(zone, address, place.unreachable)
        reply = link.exchange(message, self._converse)
        if number in OPENING and reply.int_info >= 0:
            return replace(reply, int_info=self._keep(link, reply.int_info))
        return self._with_portal(link, reply) if number in PARALLEL else reply

    def open_there(self, message: Message, asked: Struct, place: OnAnotherServer) -> Message:
        """The reply of another server of this zone, to which a replica is opened that it has. Raises IrodsError."""
        link = self._to_server(place.location)
        keywords = asked.keywords() | {"resc_hier": place.hierarchy}
        members = [member for member in asked.members if member[0] != "KeyValPair_PI"]
        there = Struct(asked.name, *members, ("KeyValPair_PI", key_values(keywords)))
        reply = link.exchange(replace(message, body=encode(there)), self._converse)
        return replace(reply, int_info=self._keep(link, reply.int_info)) if reply.int_info >= 0 else reply

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
        if not self._agent.zone.servers.is_here(location):
            self._to_server(location).call(SERVER_INFORMATION)

    def why_not(self, location: str) -> int:
        """0, or why the server that has what lies there can't be reached."""
        try:
            self.reach(location)
        except IrodsError as error:
            return error.code
        return 0

    def _to_server(self, location: str) -> Link:
        address = self._agent.zone.servers.address_of(location)
        assert address is not None
        link = self._link(f"{address.host}:{address.port}", address, "USER_SOCK_CONNECT_ERR")
        if self._agent.ticket:
            presented = Struct("ticketAdminInp_PI", ("arg1", "session"), ("arg2", self._agent.ticket))
            link.call(TICKET_ADMINISTRATION, presented)
        return link

    def address_of(self, zone: str) -> Address | None:
        """Where another zone's server is; None of our own zone, and of those whose server is not known."""
        if zone in ("", self._agent.zone.name):
            return None
        connection = "SELECT zone_conn_string FROM R_ZONE_MAIN WHERE zone_name = ? AND zone_type_name = 'remote'"
        text = self._agent.catalog.value(connection, zone)
        return Address.of(text) if text else None

    def object_id(self, path: str, kind: str) -> int | None:
        """The id of a collection or data object in the zone that the path lies in; None when it is missing there."""
        address = self.address_of(zone_named(path))
        if address is None:
            return None
        link = self._link(zone_named(path), address, "CROSS_ZONE_SOCK_CONNECT_ERR")
        pairs = Struct("KeyValPair_PI", ("ssLen", 1), ("keyWord", "selObjType"), ("svalue", kind))
        asked = Struct(
            "DataObjInp_PI", ("objPath", path), ("KeyValPair_PI", pairs if kind else Struct("KeyValPair_PI"))
        )
        try:
            return decode(link.call(633, asked).body).integer("dataId")
        except IrodsError as error:
            if error.code == IrodsError("USER_FILE_DOES_NOT_EXIST").code:
                return None
            raise

    def close(self) -> None:
        """Ends all connections; what is open there is finalised there, as after a crash of the client."""
        for link in self._links.values():
            link.close()

    def _link(self, zone: str, address: Address, unreachable: str) -> Link:
        if zone not in self._links:
            link = Link(self._agent.zone, address, self._agent.user, unreachable)
            try:
                link.log_in(self._own_password())
            except BaseException:
                link.close()
                raise
            self._links[zone] = link
        return self._links[zone]

    def _own_password(self) -> str:
        password: str = self._agent.catalog.value(
            "SELECT p.rcat_password FROM R_USER_PASSWORD p JOIN R_USER_MAIN u ON u.user_id = p.user_id"
            " WHERE u.user_name = ? AND u.zone_name = ? AND p.pass_expiry_ts = ?",
            ADMINISTRATOR,
            self._agent.zone.name,
            NEVER,
        )
        return password

    def _converse(self, interim: Message) -> bytes:
        self._agent.pass_on(interim)
        return self._agent.stream.read(4)

    def _keep(self, link: Link, number: int) -> int:
        descriptors = self._agent.descriptors
        own = descriptors.free_number()
        descriptors.elsewhere[own] = RemoteDescriptor(link, number)
        return own

    def _with_portal(self, link: Link, reply: Message) -> Message:
        portal = decode(reply.body) if reply.int_info > 0 and reply.body else None
        if portal is None or not portal.integer("l1descInx"):
            return reply
        own = self._keep(link, portal.integer("l1descInx"))
        return replace(reply, int_info=own, body=encode(with_member(portal, "l1descInx", own)))

    def _on_descriptor(self, message: Message, body: Struct) -> Message | None:
        if message.int_info in BY_JSON:
            document = json_of(body)
            fd = document.get("fd") if isinstance(document, dict) else None
            own = fd if isinstance(fd, int) else 0
        else:
            own = body.integer(BY_NUMBER[message.int_info])
        elsewhere = self._agent.descriptors.elsewhere
        remote = elsewhere.get(own)
        if remote is None:
            return None
        if message.int_info in CLOSING:
            del elsewhere[own]
        if message.int_info in BY_JSON:
            there = json_struct(document | {"fd": remote.number})
        else:
            there = with_member(body, BY_NUMBER[message.int_info], remote.number)
        return remote.link.exchange(replace(message, body=encode(there)))


def with_member(struct: Struct, name: str, value: int) -> Struct:
    """The struct with another number in one of its members."""
    changed = [(key, str(value) if key == name else member) for key, member in struct.members]
    return Struct(struct.name, *changed)
