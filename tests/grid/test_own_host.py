"""The server that a user has named, among the hosts that a catalog names."""

from __future__ import annotations

import socket

import pytest

from irodsfs.grid.logins import OURS
from irodsfs.grid.own_host import OwnHost


@pytest.mark.parametrize(
    ("name", "address", "location", "is_ours"),
    [
        ("irods-cat", "192.0.2.1", "irods-cat", True),
        ("irods-cat", "192.0.2.1", "IRODS-CAT.example.org.", True),
        ("irods-cat.example.org", "192.0.2.1", "irods-cat", True),
        ("irods-cat.example.org", "192.0.2.1", "irods-cat.example.net", False),
        ("irods-cat", "192.0.2.1", "irods-catalog.example.org", False),
        ("irods-cat", "192.0.2.1", "192.0.2.1", True),
        ("irods-cat", "192.0.2.1", "192.0.2.2", False),
        ("irods-cat", "192.0.2.1", "localhost", True),
        ("irods-cat", "192.0.2.1", "EMPTY_RESC_HOST", True),
        ("irods-cat", "192.0.2.1", "", True),
        ("localhost", "127.0.0.1", socket.gethostname(), True),
        ("localhost", "127.0.0.1", "127.0.0.2", False),
        ("zone.example.org", "2001:db8::1", "2001:db8::1", True),
        ("zone.example.org", "2001:db8::1", "no host.invalid", False),
    ],
)
async def test_our_own_server_is_known_by_each_of_its_names(
    name: str, address: str, location: str, is_ours: bool
) -> None:
    found = await OwnHost(name, address).host_at(location)
    assert found == (OURS if is_ours else location)
