from __future__ import annotations

import pytest
from irods.session import iRODSSession

from irodsfs.grid import tickets
from irodsfs.grid.tickets import Limited, generate, read_tickets
from irodsfs.grid.zone import Zone
from tests.objects import put


def test_a_new_string_is_no_number_and_no_other() -> None:
    made = {generate() for _ in range(100)}
    assert len(made) == 100
    assert all(each.isascii() and each.isalnum() and each[0].isalpha() for each in made)


async def test_a_ticket_is_made_changed_read_and_deleted(entered: Zone, session: iRODSSession, home: str) -> None:
    put(session, f"{home}/file", b"")
    name = generate()
    await entered.perform(tickets.create(name, "write", f"{home}/file"))
    await entered.perform(
        tickets.modify(name, "uses", "12"),
        tickets.modify(name, "write-bytes", "100"),
        tickets.modify(name, "expire", "1893456000"),
        tickets.modify(name, "add", "user", session.username),
    )
    (ticket,) = await read_tickets(entered, name)
    assert (ticket.string, ticket.type, ticket.is_for_data) == (name, "write", True)
    assert (ticket.owner, ticket.owner_zone, ticket.path) == (session.username, session.zone, f"{home}/file")
    assert (ticket.uses, ticket.written_bytes.limit) == (Limited(0, 12), 100)
    assert (ticket.expires, ticket.users, ticket.hosts, ticket.groups) == (1893456000, [session.username], [], [])
    assert ticket in await read_tickets(entered)
    await entered.perform(tickets.delete(name))
    assert await read_tickets(entered, name) == []


async def test_a_ticket_for_a_collection_never_expires_by_itself(entered: Zone, home: str) -> None:
    name = generate()
    await entered.perform(tickets.create(name, "read", home))
    (ticket,) = await read_tickets(entered, name)
    assert (ticket.type, ticket.is_for_data, ticket.path, ticket.expires) == ("read", False, home, None)
    await entered.perform(tickets.delete(name))


@pytest.mark.parametrize(("count", "limit", "expected"), [("", "", Limited(0, 0)), ("3", "10", Limited(3, 10))])
def test_what_the_catalog_leaves_empty_is_nothing(count: str, limit: str, expected: Limited) -> None:
    assert Limited.of(count, limit) == expected
