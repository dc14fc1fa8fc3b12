"""Requests for what another server has, of another zone or of this one: they go there, and its replies to the client.

One at a time: as in the server, a session waits for each answer.

Descriptors are the exception: each server numbers its own.
"""

from __future__ import annotations

from dataclasses import replace

from irodsfs.sandbox.federation.link import Link, RemoteDescriptor
from irodsfs.sandbox.federation.routing import PLACES, zone_named
from irodsfs.sandbox.protocol.wire import Message, Struct, decode, encode, json_of, json_struct, key_values
from irodsfs.sandbox.session import Session
from irodsfs.sandbox.zone_servers import OnAnotherServer

OPENING = {601, 602, 20003}
PARALLEL = {606, 608}  # whose answer may name a descriptor
BY_NUMBER = {673: "l1descInx", 674: "l1descInx", 675: "l1descInx", 676: "l1descInx", 626: "myInt"}
BY_JSON = {20000, 20004}
CLOSING = {673, 626, 20004}


def answer(session: Session, message: Message, body: Struct | None) -> Message | None:
    """The reply of the zone that a request belongs to; None when it is our own. Raises IrodsError."""
    if body is None or not session.is_authenticated:
        return None
    number = message.int_info
    if number in BY_NUMBER or number in BY_JSON:
        return on_descriptor(session, message, body)
    place = PLACES.get(number)
    link = session.other_servers.of_zone(zone_named(place.hint(body)), place.unreachable) if place else None
    if link is None:
        return None
    reply = link.exchange(message, session.connection.converse)
    if number in OPENING and reply.int_info >= 0:
        return replace(reply, int_info=keep(session, link, reply.int_info))
    return with_portal(session, link, reply) if number in PARALLEL else reply


def open_there(session: Session, message: Message, asked: Struct, place: OnAnotherServer) -> Message:
    """The reply of another server of this zone, to which a replica is opened that it has. Raises IrodsError."""
    link = session.other_servers.of_location(place.location)
    keywords = asked.keywords() | {"resc_hier": place.hierarchy}
    members = [member for member in asked.members if member[0] != "KeyValPair_PI"]
    there = Struct(asked.name, *members, ("KeyValPair_PI", key_values(keywords)))
    reply = link.exchange(replace(message, body=encode(there)), session.connection.converse)
    return replace(reply, int_info=keep(session, link, reply.int_info)) if reply.int_info >= 0 else reply


def keep(session: Session, link: Link, number: int) -> int:
    """Our own number for a descriptor of another server."""
    own = session.descriptors.free_number()
    session.descriptors.elsewhere[own] = RemoteDescriptor(link, number)
    return own


def with_portal(session: Session, link: Link, reply: Message) -> Message:
    portal = decode(reply.body) if reply.int_info > 0 and reply.body else None
    if portal is None or not portal.integer("l1descInx"):
        return reply
    own = keep(session, link, portal.integer("l1descInx"))
    return replace(reply, int_info=own, body=encode(with_member(portal, "l1descInx", own)))


def on_descriptor(session: Session, message: Message, body: Struct) -> Message | None:
    """The reply to a request on a descriptor of another server; None for one of our own."""
    if message.int_info in BY_JSON:
        document = json_of(body)
        fd = document.get("fd") if isinstance(document, dict) else None
        own = fd if isinstance(fd, int) else 0
    else:
        own = body.integer(BY_NUMBER[message.int_info])
    elsewhere = session.descriptors.elsewhere
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
