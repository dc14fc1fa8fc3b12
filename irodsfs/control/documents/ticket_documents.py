"""Guide, chapter 13: tickets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from irodsfs.control.documents.base import Document
from irodsfs.grid.tickets import Ticket

DATE = "%Y-%m-%d %H:%M:%S"


class TicketRequest(Document):
    """A ticket to make; without `ticket_string` it gets one."""

    xml_name: ClassVar[str] = "ticket"
    xml_keeps_order: ClassVar[bool] = True

    mode: Literal["read", "write"]
    object_path: str = Field(pattern="^/.")
    ticket_string: str | None = Field(None, min_length=1, max_length=250, pattern=r"^[^/\s]+$")


class TicketString(Document):
    xml_name: ClassVar[str] = "ticket"

    ticket_string: str


class Restriction(StrEnum):
    """Table 13.1; `offset` is what the guide prints for `add_host`."""

    ADD_HOST = "add_host"
    OFFSET = "offset"
    REMOVE_HOST = "remove_host"
    ADD_GROUP = "add_group"
    REMOVE_GROUP = "remove_group"
    ADD_USER = "add_user"
    REMOVE_USER = "remove_user"
    BYTE_WRITE_LIMIT = "byte_write_limit"
    FILE_WRITE_LIMIT = "file_write_limit"
    USES_LIMIT = "uses_limit"
    EXPIRATION = "expiration"


class TicketChange(Document):
    """A restriction to set: a name, a number (0: no limit), or a date as yyyy-MM-dd HH:mm:ss (empty: none)."""

    xml_name: ClassVar[str] = "ticket"

    restriction_type: Restriction
    restriction_value: str


class TicketDocument(Document):
    """A ticket; limits of 0 are none, and without an end `expire_time` is empty."""

    xml_name: ClassVar[str] = "ticket"
    xml_keeps_order: ClassVar[bool] = True

    ticket_id: str
    ticket_string: str
    ticket_type: str
    object_type: Literal["data_object", "collection"]
    owner_name: str
    owner_zone: str
    uses_count: int
    uses_limit: int
    write_file_count: int
    write_file_limit: int
    write_byte_count: int
    write_byte_limit: int
    expire_time: str
    irods_path: str
    host_restrictions: list[str]
    user_restrictions: list[str]
    group_restrictions: list[str]

    @classmethod
    def of(cls, ticket: Ticket) -> TicketDocument:
        return cls(
            ticket_id=ticket.id,
            ticket_string=ticket.string,
            ticket_type=ticket.type,
            object_type="data_object" if ticket.is_for_data else "collection",
            owner_name=ticket.owner,
            owner_zone=ticket.owner_zone,
            uses_count=ticket.uses.count,
            uses_limit=ticket.uses.limit,
            write_file_count=ticket.written_files.count,
            write_file_limit=ticket.written_files.limit,
            write_byte_count=ticket.written_bytes.count,
            write_byte_limit=ticket.written_bytes.limit,
            expire_time="" if ticket.expires is None else datetime.fromtimestamp(ticket.expires).strftime(DATE),
            irods_path=ticket.path,
            host_restrictions=ticket.hosts,
            user_restrictions=ticket.users,
            group_restrictions=ticket.groups,
        )


class TicketListing(Document):
    """All tickets that the user may see."""

    xml_name: ClassVar[str] = "tickets"

    ticket: list[TicketDocument]
