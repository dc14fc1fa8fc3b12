"""Tickets beyond the guide's examples: what is wrong is named."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.zones import AnyZone


@pytest.fixture
def ticket(control: httpx.Client, shared: str) -> Iterator[str]:
    """The URL of a ticket."""
    name = control.post("/ticket", json={"mode": "read", "object_path": shared}).json()["ticket_string"]
    yield f"/ticket/{name}"
    control.delete(f"/ticket/{name}")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("add_user", "ghost"),
        ("remove_user", "{user}"),
        ("add_group", "ghosts"),
        ("remove_group", "rodsadmin"),
        ("add_host", "no.such.host.invalid"),
        ("remove_host", "127.0.0.9"),
        ("uses_limit", "-1"),
        ("byte_write_limit", "many"),
        ("file_write_limit", "99999999999"),
        ("file_write_limit", "9" * 5000),
        ("expiration", "tomorrow"),
        ("add_user", ""),
    ],
)
def test_a_restriction_that_can_not_be_is_refused_naming_its_value(
    control: httpx.Client, ticket: str, kind: str, value: str, zone_server: AnyZone
) -> None:
    before = control.get(ticket).json()
    value = value.format(user=zone_server.user)
    answer = control.put(ticket, json={"restriction_type": kind, "restriction_value": value})
    assert (answer.status_code, answer.json()["field"]) == (400, "restriction_value")
    assert control.get(ticket).json() == before


def test_a_restriction_that_is_there_already_conflicts(
    control: httpx.Client, ticket: str, zone_server: AnyZone
) -> None:
    restriction = {"restriction_type": "add_user", "restriction_value": zone_server.user}
    assert control.put(ticket, json=restriction).status_code == 204
    again = control.put(ticket, json=restriction)
    assert (again.status_code, again.json()["field"]) == (409, "restriction_value")


def test_a_ticket_that_can_not_be_made_names_the_field(control: httpx.Client, ticket: str, shared: str) -> None:
    taken = {"mode": "read", "object_path": shared, "ticket_string": ticket.rpartition("/")[2]}
    answer = control.post("/ticket", json=taken)
    assert (answer.status_code, answer.json()["field"]) == (409, "ticket_string")
    missing = control.post("/ticket", json={"mode": "read", "object_path": f"{shared}/missing"})
    assert (missing.status_code, missing.json()["field"]) == (404, "object_path")
