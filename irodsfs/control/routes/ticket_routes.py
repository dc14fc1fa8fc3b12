"""Guide, chapter 13: tickets."""

from __future__ import annotations

import re
from datetime import datetime

from irods.exception import (
    CAT_NO_ACCESS_PERMISSION,
    CAT_UNKNOWN_COLLECTION,
    CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME,
    iRODSException,
)

from irodsfs.control.call import Call
from irodsfs.control.documents.ticket_documents import (
    DATE,
    Restriction,
    TicketChange,
    TicketDocument,
    TicketListing,
    TicketRequest,
    TicketString,
)
from irodsfs.control.http_errors import BadRequest, NotFound, about
from irodsfs.control.http_operations import Operations
from irodsfs.control.url_paths import logical_path
from irodsfs.grid import tickets
from irodsfs.grid.catalog_entries import find
from irodsfs.grid.tickets import read_tickets

operations = Operations("Tickets")

LARGEST_NUMBER = 2**31 - 1
LIMIT = re.compile("[0-9]{1,10}")

_LIMITS = {
    Restriction.USES_LIMIT: "uses",
    Restriction.FILE_WRITE_LIMIT: "write-file",
    Restriction.BYTE_WRITE_LIMIT: "write-bytes",
}
_NAMES = {
    Restriction.ADD_HOST: ("add", "host"),
    Restriction.OFFSET: ("add", "host"),
    Restriction.REMOVE_HOST: ("remove", "host"),
    Restriction.ADD_USER: ("add", "user"),
    Restriction.REMOVE_USER: ("remove", "user"),
    Restriction.ADD_GROUP: ("add", "group"),
    Restriction.REMOVE_GROUP: ("remove", "group"),
}


@operations.operation("POST", "/ticket", body=TicketRequest, answer=TicketString)
async def post_ticket(call: Call) -> TicketString:
    """Make a ticket for a collection or data object that the user owns."""
    given: TicketRequest = call.body
    name = given.ticket_string or tickets.generate()
    if name.isdecimal():
        # The guide's own example is one: servers of today refuse it (CAT_TICKET_INVALID), as it could be a ticket's id.
        told = f"{name} is a number: servers refuse it, as it could be the id of a ticket."
        raise BadRequest("ticket_string", told, "Put a letter into it, or leave it out.")
    path = logical_path(given.object_path, "object_path")
    if await find(call.session.zone, path) is None:
        # Servers make one for a path that is nothing, as long as it has one part only.
        raise NotFound("object_path", f"There is no {path}.")
    if not call.session.zone.holds(path):
        # Servers keep tickets for what is in their own catalogs only, and take others' paths for what they are not.
        raise BadRequest("object_path", f"{path} lies in another zone.", "Make the ticket on a server of that zone.")
    with about("object_path", iRODSException), about("ticket_string", CATALOG_ALREADY_HAS_ITEM_BY_THAT_NAME):
        await _create(call, name, given.mode, path)
    return TicketString(ticket_string=name)


@operations.operation("GET", "/ticket/{ticketString}", answer=TicketDocument)
async def get_ticket(call: Call) -> TicketDocument:
    """A ticket, with its limits and restrictions."""
    name = call.text("ticketString")
    found = await read_tickets(call.session.zone, name)
    if not found:
        raise _no_ticket(name)
    return TicketDocument.of(found[0])


@operations.operation("PUT", "/ticket/{ticketString}", body=TicketChange)
async def put_ticket(call: Call) -> None:
    """Set or take away one restriction of a ticket."""
    name = call.text("ticketString")
    await _require(call, name)
    with about("restriction_value", iRODSException):
        await call.session.zone.perform(tickets.modify(name, *_change(call.body)))


@operations.operation("DELETE", "/ticket/{ticketString}")
async def delete_ticket(call: Call) -> None:
    """Delete a ticket."""
    name = call.text("ticketString")
    await _require(call, name)
    await call.session.zone.perform(tickets.delete(name))


@operations.operation("GET", "/listAllTickets", answer=TicketListing)
async def list_all_tickets(call: Call) -> TicketListing:
    """All tickets that the user may see."""
    return TicketListing(ticket=[TicketDocument.of(each) for each in await read_tickets(call.session.zone)])


async def _create(call: Call, name: str, mode: str, path: str) -> None:
    try:
        await call.session.zone.perform(tickets.create(name, mode, path))
    except CAT_UNKNOWN_COLLECTION as error:
        # Of a data object that is there, servers say so to those who do not own it.
        raise CAT_NO_ACCESS_PERMISSION(f"tickets for {path} are made by those who own it") from error


async def _require(call: Call, name: str) -> None:
    if not await read_tickets(call.session.zone, name):
        raise _no_ticket(name)


def _no_ticket(name: str) -> NotFound:
    return NotFound("ticketString", f"There is no ticket {name}.")


def _change(change: TicketChange) -> tuple[str, ...]:
    kind, value = change.restriction_type, change.restriction_value
    if kind in _LIMITS:
        return _LIMITS[kind], _limit(value)
    if kind == Restriction.EXPIRATION:
        return "expire", _expiry(value)
    if not value:
        raise BadRequest("restriction_value", f"{kind} needs a name.", "Name a host, user or group.")
    return *_NAMES[kind], value


def _limit(value: str) -> str:
    if not (LIMIT.fullmatch(value) and int(value) <= LARGEST_NUMBER):
        raise BadRequest("restriction_value", f"{value!r} is no limit.", f"Give a number from 0 to {LARGEST_NUMBER}.")
    return value


def _expiry(value: str) -> str:
    if not value:
        return ""
    try:
        return str(int(datetime.strptime(value, DATE).timestamp()))
    except (ValueError, OverflowError) as error:
        raise BadRequest("restriction_value", f"{value!r} is no date.", "Write yyyy-MM-dd HH:mm:ss.") from error
