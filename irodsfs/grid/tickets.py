"""Tickets: strings that open a collection or data object to whoever presents them."""

from __future__ import annotations

import posixpath
import secrets
import string
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from irods.api_number import api_number
from irods.message import TicketAdminRequest
from irods.models import TicketQuery

from irodsfs.grid.flight import Request
from irodsfs.grid.queries import Query, Row, equal
from irodsfs.grid.zone import Zone

GENERATED_LENGTH = 15
DATA = "data"

_Ticket = TicketQuery.Ticket
_COLUMNS = (
    _Ticket.id,
    _Ticket.string,
    _Ticket.type,
    _Ticket.object_type,
    TicketQuery.Owner.name,
    TicketQuery.Owner.zone,
    _Ticket.uses_count,
    _Ticket.uses_limit,
    _Ticket.write_file_count,
    _Ticket.write_file_limit,
    _Ticket.write_byte_count,
    _Ticket.write_byte_limit,
    _Ticket.expiry_ts,
)
_PATH_OF_DATA = (_Ticket.id, TicketQuery.DataObject.coll, TicketQuery.DataObject.name)
_PATH_OF_COLLECTION = (_Ticket.id, TicketQuery.Collection.name)
_HOSTS = (_Ticket.id, TicketQuery.AllowedHosts.host)
_USERS = (_Ticket.id, TicketQuery.AllowedUsers.user_name)
_GROUPS = (_Ticket.id, TicketQuery.AllowedGroups.group_name)


Names = defaultdict[str, list[str]]


@dataclass(frozen=True)
class Limited:
    """How often something was done, and how often it may be (0: no limit)."""

    count: int
    limit: int

    @classmethod
    def of(cls, count: str, limit: str) -> Limited:
        return cls(int(count or 0), int(limit or 0))


@dataclass(frozen=True)
class Ticket:
    """A ticket as the catalog holds it; `expires` in seconds since 1970 (None: never)."""

    id: str
    string: str
    type: str
    is_for_data: bool
    owner: str
    owner_zone: str
    uses: Limited
    written_files: Limited
    written_bytes: Limited
    expires: int | None
    path: str
    hosts: list[str]
    users: list[str]
    groups: list[str]


def generate() -> str:
    """A string for a new ticket, which the zone does not make itself."""
    # The server takes a string of digits for the number of a ticket.
    first = secrets.choice(string.ascii_letters)
    rest = (secrets.choice(string.ascii_letters + string.digits) for _ in range(GENERATED_LENGTH - 1))
    return first + "".join(rest)


def create(name: str, mode: str, path: str) -> Request:
    """Make a ticket (723); `mode` is read or write."""
    return _administer("create", name, mode, path)


def delete(name: str) -> Request:
    return _administer("delete", name)


def modify(name: str, *change: str) -> Request:
    """Change a limit or a restriction (723): `("uses", "12")`, `("add", "host", "10.0.0.1")`."""
    return _administer("mod", name, *change)


def _administer(*arguments: str) -> Request:
    return Request(api_number["TICKET_ADMIN_AN"], TicketAdminRequest(*arguments))


async def read_tickets(zone: Zone, name: str | None = None) -> list[Ticket]:
    """The tickets that the user may see, or the one of a name; in one flight."""
    conditions = ((_Ticket.string, equal(name)),) if name is not None else ()
    wanted = (_COLUMNS, _PATH_OF_DATA, _PATH_OF_COLLECTION, _HOSTS, _USERS, _GROUPS)
    rows, data, collections, *restrictions = await zone.query(*(Query(columns, conditions) for columns in wanted))
    paths = {row[0]: posixpath.join(*row[1:]) for row in [*data, *collections]}
    hosts, users, groups = map(_grouped, restrictions)
    tickets = [_ticket(row, paths, hosts, users, groups) for row in rows]
    return sorted(tickets, key=lambda ticket: int(ticket.id))


def _grouped(rows: Iterable[Row]) -> Names:
    groups: Names = defaultdict(list)
    for id_, value in sorted(rows):
        groups[id_].append(value)
    return groups


def _ticket(row: Row, paths: dict[str, str], hosts: Names, users: Names, groups: Names) -> Ticket:
    id_, name, kind, object_type, owner, owner_zone, uses, most_uses, files, most_files, size, most, expiry = row
    return Ticket(
        id=id_,
        string=name,
        type=kind,
        is_for_data=object_type.startswith(DATA),
        owner=owner,
        owner_zone=owner_zone,
        uses=Limited.of(uses, most_uses),
        written_files=Limited.of(files, most_files),
        written_bytes=Limited.of(size, most),
        expires=int(expiry) if expiry.strip() else None,
        path=paths.get(id_, ""),
        hosts=hosts[id_],
        users=users[id_],
        groups=groups[id_],
    )
